"""What `sandbox up` serves on one machine: front door, edge and connector, how they heal, and how they end."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import psutil
import pytest

from sandbox.local_cloudflare import Cloudflare
from tests.end_to_end.world import ROOT, World

WIKI = "https://wiki.example.com/"
TEAM = "example.cloudflareaccess.com"
CAMPAIGNS = "https://apps.example.com/streamlit/marketing/"


def serving(text: str) -> list[str]:
    """What `up` says of each app."""
    return [line.split()[-1] for line in text.splitlines() if "  https://" in line]


def recorded(world: World, name: str) -> psutil.Process:
    document = json.loads((world.state / "running" / f"{name}.json").read_text())
    return psutil.Process(document["pid"])


def left(world: World) -> list[list[str]]:
    """The programs of this sandbox that run: started with its state directory, or with a container's environment."""
    marks = (str(world.state), str(world.project))
    found = []
    for program in psutil.process_iter(["cmdline", "environ"]):
        words = [*(program.info["cmdline"] or []), (program.info["environ"] or {}).get("TUNNEL_CACERT", "")]
        if any(mark in word for word in words for mark in marks):
            found.append(words)
    return found


class Browser:
    """A browser as far as HTTP goes: cookies, redirects, every host at the front door, TLS verified for each."""

    def __init__(self, running: Cloudflare) -> None:
        self._running = running
        self._cookies = httpx.Cookies()

    def get(self, url: str) -> httpx.Response:
        for _ in range(12):
            answer = self._ask(httpx.URL(url))
            if not answer.is_redirect:
                return answer
            url = str(httpx.URL(url).join(answer.headers["location"]))
        raise AssertionError(f"redirects without an end, the last to {url}")

    def _ask(self, url: httpx.URL) -> httpx.Response:
        request = httpx.Request("GET", url)
        self._cookies.set_cookie_header(request)
        path = url.raw_path.decode()
        answer = self._running.at_front_door(
            "GET", url.host, path, headers={"cookie": request.headers.get("cookie", "")}
        )
        answer.request = request
        self._cookies.extract_cookies(answer)
        return answer


def test_every_app_serves_and_nobody_enters_without_a_login(world: World) -> None:
    assert serving(world.ok("up")) == ["serving"] * 4
    running = world.running
    for url in (WIKI, CAMPAIGNS):
        asked = httpx.URL(url)
        answer = running.at_front_door("GET", asked.host, asked.path)
        assert answer.status_code == 302
        assert answer.headers["location"].startswith(f"https://{TEAM}/cdn-cgi/access/login/{asked.host}?")


def test_plain_http_leads_to_https(world: World) -> None:
    port = world.running.program.ports["http"]
    answer = httpx.get(f"http://127.0.0.1:{port}/page?x=1", headers={"host": "wiki.example.com"}, trust_env=False)
    assert (answer.status_code, answer.headers["location"]) == (301, "https://wiki.example.com/page?x=1")


def test_the_keys_of_a_team_are_at_the_address_of_the_front_door_too(world: World) -> None:
    running = world.running
    by_name = running.at_front_door("GET", TEAM, "/cdn-cgi/access/certs").json()
    assert running.at_front_door("GET", "127.0.0.1", "/teams/example/certs").json()["keys"] == by_name["keys"]
    assert running.at_front_door("GET", "127.0.0.1", "/teams/nobody/certs").status_code != 200
    assert running.at_front_door("GET", "wiki.example.com", "/teams/example/certs").status_code == 302


def test_a_link_logs_one_browser_in_as_one_person(world: World) -> None:
    running = world.running
    link = running.invitation("mika@example.com", WIKI)
    page = Browser(running).get(link)
    assert page.status_code == 200
    assert "Handbook" in page.text
    assert "mika@example.com" in page.text
    assert "already" in Browser(running).get(link).text, "a link is good once"
    refused = Browser(running).get(running.invitation("sam", CAMPAIGNS))
    assert refused.status_code == 403
    assert "sam@example.com" in refused.text


def test_open_starts_a_browser_that_finds_the_sandbox_alone(world: World, tmp_path: Path) -> None:
    browser = tmp_path / "chromium"
    browser.write_text(
        f'#!{sys.executable}\nimport sys\nopen("{tmp_path}/words", "w").write("\\n".join(sys.argv[1:]))\n'
    )
    browser.chmod(0o755)
    environment = {**world.environment, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "DISPLAY": ":9"}
    done = subprocess.run(world.command("open", "wiki"), cwd=ROOT, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, f"opened chromium at {WIKI}\n"), done
    words = (tmp_path / "words").read_text().split("\n")
    https = world.running.program.ports["https"]
    (rules,) = (word for word in words if word.startswith("--host-resolver-rules="))
    assert f"MAP wiki.example.com:443 127.0.0.1:{https}" in rules
    assert "*" not in rules, "no other host is led here"
    assert f"--ignore-certificate-errors-spki-list={world.running.whereabouts().key}" in words
    assert words[-1] == WIKI


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (("wiki",), "302"),
        (("campaigns", "--as", "mika"), "200"),
        (("ledger",), "401"),
        (("ledger", "--as", "fiona"), "200"),
    ],
)
def test_open_without_a_display_says_what_to_type(world: World, asked: tuple[str, ...], status: str) -> None:
    environment = {
        name: value for name, value in world.environment.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")
    }
    done = subprocess.run(world.command("open", *asked), cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    (curl,) = (line for line in done.stderr.splitlines() if line.startswith("  curl "))
    answer = subprocess.run(shlex.split(curl), capture_output=True, text=True)
    last = [line for line in answer.stdout.splitlines() if line.startswith("HTTP/1.1 ")][-1]
    assert last.split()[1] == status, answer


@pytest.mark.parametrize("name", ["cloudflare", "docker-engine"])
def test_what_is_killed_is_there_again_after_the_next_up(world: World, name: str) -> None:
    victim = recorded(world, name)
    victim.kill()
    victim.wait(5)
    text = world.ok("up")
    assert serving(text) == ["serving"] * 4
    assert "unchanged" in text
    assert "created" not in text
    assert "gatehouse-sandbox: 1 connection" in world.ok("status")


def test_status_names_what_is_missing(world: World) -> None:
    engine = recorded(world, "docker-engine")
    engine.send_signal(signal.SIGTERM)
    engine.wait(15)
    text = world.ok("status")
    assert "gatehouse-sandbox: none" in text
    assert "stopped: " in next(line for line in text.splitlines() if "Containers" in line)


def test_a_script_that_fails_is_told_as_its_page_tells_it(world: World) -> None:
    file = "apps/pipeline/streamlit_app.py"
    text = (world.project / file).read_text()
    (world.project / file).write_text('raise ValueError("no rates today")\n')
    why = "its script fails: ValueError: no rates today"
    assert why in next(line for line in world.ok("up").splitlines() if "Sales pipeline" in line)
    assert f"3 of 4 behind the tunnel serving, Sales pipeline: {why}" in world.ok("status")
    (world.project / file).write_text(text)
    assert serving(world.ok("up")) == ["serving"] * 4
    assert "4 of 4 behind the tunnel serving" in world.ok("status")


def test_reset_forgets_logins_containers_and_objects_and_keeps_the_key(world: World) -> None:
    world.ok("up")
    running = world.running
    key, browser = running.whereabouts().key, Browser(running)
    assert "mika@example.com" in browser.get(running.invitation("mika", WIKI)).text
    world.ok("reset")
    assert world.running.objects() == {}
    assert not (world.state / "docker").exists()
    assert world.running.whereabouts().key == key
    assert serving(world.ok("up")) == ["serving"] * 4
    assert browser.get(WIKI).url.host == "idp.sandbox.test", "the session from before the reset is over"


def test_down_leaves_nothing_running_even_of_an_engine_that_was_killed(world: World) -> None:
    assert left(world)
    recorded(world, "docker-engine").kill()
    world.ok("down")
    assert left(world) == []
