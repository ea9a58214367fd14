"""Choosing what runs containers, what every container gets, and the images that are made here."""

from __future__ import annotations

import json
import os
import re
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import docker
import pytest

from sandbox.containers import Daemon, Extras, choose, forget, images, labels, remembered, start, stop
from sandbox.containers import package_settings as settings_module
from sandbox.containers.extras import LABEL
from sandbox.containers.locked import locked
from sandbox.containers.package_settings import package_settings, proxies
from sandbox.places import REPOSITORY, Places, SandboxError
from tests.sandbox.docker_daemons import daemon

PLAIN = {"version": {"ApiVersion": "1.41", "Os": "linux", "Version": "20"}, "gateway": "127.0.0.1", "held": []}

pytestmark = pytest.mark.network


@pytest.fixture
def place(tmp_path: Path) -> Places:
    return Places(REPOSITORY, tmp_path / "state")


@contextmanager
def pretended(**more: object) -> Iterator[str]:
    """A daemon on loopback that says of itself what it is told to."""
    said = {**PLAIN, **more}

    class Endpoint(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            document: object = said["held"] if path.endswith(("/containers/json", "/networks")) else said["version"]
            if path.endswith("/networks/bridge"):
                document = {"IPAM": {"Config": [{"Gateway": said["gateway"]}] if said["gateway"] else None}}
            body = json.dumps(document).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"tcp://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def chosen(place: Places, host: str, monkeypatch: pytest.MonkeyPatch) -> Daemon:
    monkeypatch.setenv("DOCKER_HOST", host)
    return choose(place)


def test_a_daemon_that_answers_is_used(place: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    with pretended() as host:
        found = chosen(place, host, monkeypatch)
    assert (found.kind, found.host, found.gateway) == ("docker", host, "127.0.0.1")
    assert found.reason == f"Docker 20 answers at {host}"


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"version": {**PLAIN["version"], "Os": "windows"}}, "runs windows containers"),  # type: ignore[dict-item]
        ({"version": {**PLAIN["version"], "ApiVersion": "1.39"}}, "speaks API 1.39 and not 1.40"),  # type: ignore[dict-item]
        ({"gateway": "192.0.2.1"}, "ends on another machine"),
        ({"gateway": ""}, "ends on another machine"),
    ],
)
def test_a_daemon_that_does_not_fit_is_left_alone(
    place: Places, monkeypatch: pytest.MonkeyPatch, more: dict[str, object], says: str
) -> None:
    with pretended(**more) as host:
        found = chosen(place, host, monkeypatch)
    assert (found.kind, found.gateway) == ("processes", "127.0.0.1")
    assert says in found.reason


@pytest.mark.parametrize(
    ("host", "says"),
    [
        ("unix:///nowhere/docker.sock", "no Docker daemon answers at unix:///nowhere/docker.sock (no such socket)"),
        ("tcp://127.0.0.1:1", "(connection refused)"),
        ("tcp://192.0.2.1:2375", "is not on this machine"),
        ("ssh://root@docker.example.com", "is not on this machine"),
    ],
)
def test_without_a_daemon_processes_stand_in(
    place: Places, monkeypatch: pytest.MonkeyPatch, host: str, says: str
) -> None:
    found = chosen(place, host, monkeypatch)
    assert found.kind == "processes"
    assert says in found.reason
    assert found.host == f"unix://{place.state}/running/docker.sock"


def test_a_daemon_that_is_silent_is_not_waited_for(place: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        found = chosen(place, f"tcp://127.0.0.1:{silent.getsockname()[1]}", monkeypatch)
    assert "(no answer in time)" in found.reason


def test_a_deep_folder_still_has_a_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = chosen(Places(REPOSITORY, tmp_path / ("x" * 100)), "unix:///nowhere", monkeypatch)
    assert len(found.host.removeprefix("unix://")) < 100
    assert str(os.getuid()) in found.host


def test_the_choice_is_kept_while_it_holds_anything(place: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    with pretended(held=[{"Id": "c"}]) as first, pretended() as second:
        before = chosen(place, first, monkeypatch)
        assert chosen(place, second, monkeypatch) == before == remembered(place)
    with pytest.raises(SandboxError, match=r"does not answer \(connection refused\)") as caught:
        chosen(place, "unix:///nowhere", monkeypatch)
    assert "Start it and run this again" in str(caught.value) and "reset" in str(caught.value)


def test_a_daemon_that_is_gone_for_good_can_be_forgotten(place: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """`reset` is what the refusal names as the way out."""
    with pretended(held=[{"Id": "c"}]) as host:
        before = chosen(place, host, monkeypatch)
    left = forget(before, place)
    assert f"the Docker daemon at {host} does not answer" in left
    assert f"docker ps --all --quiet --filter label={LABEL}={place.state}" in left
    assert chosen(place, "unix:///nowhere", monkeypatch).kind == "processes"


def test_an_empty_daemon_is_left_for_another(place: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    with pretended() as first, pretended() as second:
        chosen(place, first, monkeypatch)
        assert chosen(place, second, monkeypatch).host == second


def test_a_damaged_choice_is_made_again(place: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen(place, "unix:///nowhere", monkeypatch)
    file = place.state / "containers" / "daemon.json"
    file.write_text("{")
    assert remembered(place) is None
    assert chosen(place, "unix:///nowhere", monkeypatch).kind == "processes"


def test_extras_survive_their_file(tmp_path: Path) -> None:
    extras = Extras({"A": "1"}, {"h": "192.0.2.1"}, {"/a": "/b"}, {"gatehouse.sandbox": "x"})
    extras.write(tmp_path / "extras.json")
    assert Extras.read(tmp_path / "extras.json") == extras
    assert (tmp_path / "extras.json").stat().st_mode & 0o077 == 0
    assert extras.digest == Extras.read(tmp_path / "extras.json").digest != Extras({"A": "2"}).digest
    assert (Extras().digest, bool(Extras())) == ("", False)


def test_the_program_is_right_where_both_speak() -> None:
    assert Extras({"A": "extras", "B": "2"}).with_environment(["A=own", "C"]) == ["A=own", "C", "B=2"]


@pytest.fixture(scope="module", params=["stand-in", "real"])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with daemon(request.param, tmp_path_factory.mktemp("daemon")) as host:
        yield Daemon("docker", host, "", "")


def test_what_bears_the_label_is_stopped_started_and_forgotten(running: Daemon, place: Places) -> None:
    api = docker.DockerClient(base_url=running.host, timeout=30)
    name = f"gatehouse-test-{uuid.uuid4().hex[:8]}"
    sleeper = {"image": images.PYTHON, "command": ["python3", "-c", "import time; time.sleep(600)"], "init": True}
    api.networks.create(name, labels=labels(place))
    mine = api.containers.run(**sleeper, detach=True, name=name, labels=labels(place), network=name)
    other = api.containers.run(**sleeper, detach=True, name=f"{name}-other", labels={LABEL: "/x"})
    try:
        assert stop(running, place) == 1
        mine.reload()
        other.reload()
        assert (mine.status, other.status) == ("exited", "running")
        assert start(running, place) == 1
        assert start(running, place) == 0
        assert forget(running, place) == ""
        assert [one.id for one in api.containers.list(all=True, filters={"name": name})] == [other.id]
        assert api.networks.list(names=[name]) == []
        assert remembered(place) is None
    finally:
        other.remove(force=True)
        forget(running, place)
        api.close()


def test_a_silent_engine_is_named(place: Places) -> None:
    with pytest.raises(SandboxError, match="stand-in engine at unix:///nowhere does not answer"):
        stop(Daemon("processes", "unix:///nowhere", "", ""), place)


def test_the_lock_is_cut_to_what_is_needed() -> None:
    text = locked(REPOSITORY / "requirements.lock", ["PyJWT", "h2"])
    names = [line.partition("==")[0] for line in text.splitlines() if "==" in line]
    assert {"h2", "hpack", "hyperframe", "pyjwt"} <= set(names)
    assert "streamlit" not in names
    entries = text.count("==")
    assert text.count("--hash=sha256:") >= entries and "#" not in text


def test_the_connectors_packages_are_all_that_it_imports() -> None:
    """The image installs nothing else, so a forgotten one would only be noticed in a container."""
    recipe = images._stand_in()
    sources = "\n".join(content.decode() for name, content in recipe.files.items() if name.endswith(".py"))
    modules = {"h2": "h2", "h11": "h11", "pycapnp": "capnp", "pyjwt": "jwt", "websockets": "websockets"}
    for package, module in modules.items():
        assert package in images._PACKAGES
        assert re.search(rf"^\s*(import|from) {module}\b", sources, re.MULTILINE), f"{package} is not needed any more"
    for absent in ("httpx", "starlette", "uvicorn", "psutil", "yaml", "docker", "rich"):
        assert not re.search(rf"^\s*(import|from) {absent}\b", sources, re.MULTILINE), absent
    inside = {name.removeprefix("connector/").removesuffix(".py").replace("/", ".") for name in recipe.files}
    imported = {line.split()[1] for line in sources.splitlines() if line.startswith("from sandbox.")}
    assert imported <= {name.removesuffix(".__init__") for name in inside}, "the code is whole"


def test_pip_inside_does_as_pip_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_text("certificates")
    said = {
        "index-url": "https://mirror.example/simple",
        "extra-index-url": "https://u:p@other.example/",
        "cert": str(bundle),
        "find-links": "/wheels",
    }
    monkeypatch.setattr(settings_module, "_configured", lambda: said)
    found = package_settings()
    lines = ["[global]", "index-url = https://mirror.example/simple", "cert = /etc/ssl/certs/ca-certificates.crt"]
    assert found.pip_conf.splitlines() == lines
    assert (found.bundle, found.left_out) == (b"certificates", ("extra-index-url",))


def test_pip_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://mirror.example/simple")
    assert "index-url = https://mirror.example/simple\n" in package_settings().pip_conf


def test_proxies_have_the_names_that_dockerfiles_know() -> None:
    assert proxies({"https_proxy": "http://127.0.0.1:3128", "NO_PROXY": "x", "HOME": "/"}) == {
        "https_proxy": "http://127.0.0.1:3128",
        "NO_PROXY": "x",
    }


def test_the_stand_in_engine_needs_no_images() -> None:
    images.ensure(Daemon("processes", "unix:///nowhere", "", ""), pytest.fail, real_cloudflared=True)


@pytest.mark.parametrize("registry", ["a registry", None])
def test_a_real_cloudflared_is_taken_only_where_it_can_verify_tokens(
    monkeypatch: pytest.MonkeyPatch, registry: object
) -> None:
    """Without the team domain at port 443 it would answer every request with a 502."""
    built: list[str] = []
    monkeypatch.setattr(images, "_own_binary", lambda: b"\x7fELF")
    monkeypatch.setattr(images, "_made_by", lambda *_: "")
    monkeypatch.setattr(images, "_build", lambda *words: built.append(words[2].dockerfile))
    images._ensure_cloudflared(None, registry, pytest.fail)  # type: ignore[arg-type] # neither is asked
    assert ("FROM scratch" in built[0]) == (registry is not None)
    assert ("SSL_CERT_FILE" in built[0]) == (registry is not None)
