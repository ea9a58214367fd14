"""The life of the sample estate on the real engine: up, nothing left to do, a change, and nothing left behind."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import psutil

from tests.end_to_end.world import World

ONE_MORE = """
  forecast:
    title: Forecast
    owner: sales
    service: http://forecast.internal:8501
    path: /streamlit/forecast
    access: [sales]

tests:
"""

CHECK = (sys.executable, "-m", "infra.cli", "check")


def written(path: Path) -> str:
    """A file as text; the engine compresses its logs."""
    content = path.read_bytes()
    return (gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content).decode(errors="replace")


def test_up_shows_the_apps_and_who_may_enter(world: World) -> None:
    text = world.ok("up")
    for url, who in (
        ("https://apps.example.com/streamlit/marketing/", "marketing"),
        ("https://apps.example.com/streamlit/sales/", "sales"),
        ("https://apps.example.com/streamlit/finance/", "finance (on company-laptop)"),
        ("https://wiki.example.com/", "marketing, sales, finance"),
    ):
        line = next((line for line in text.splitlines() if url in line), "")
        assert who in line, text
        assert line.rstrip().endswith("serving"), text


def test_a_second_up_writes_nothing(world: World) -> None:
    world.forget_requests()
    world.ok("up")
    assert world.writes() == []


def test_preview_and_refresh_find_no_change(world: World) -> None:
    world.forget_requests()
    assert "unchanged" in world.ok("pulumi", "preview", "--expect-no-changes")
    world.ok("pulumi", "refresh", "--yes", "--expect-no-changes")
    assert world.writes() == []


def test_the_account_holds_what_the_file_says(world: World) -> None:
    objects = world.objects()
    (config,) = objects["configurations"]
    ingress = config["config"]["ingress"]
    assert [rule.get("path") for rule in ingress] == [
        "^/streamlit/marketing(/|$)",
        "^/streamlit/finance(/|$)",
        "^/streamlit/sales(/|$)",
        None,
        None,
    ]
    assert ingress[-1] == {"service": "http_status:404"}
    auds = {app["domain"]: app["aud"] for app in objects["applications"]}
    for rule in ingress[:3]:
        domain = rule["hostname"] + rule["path"].removeprefix("^").removesuffix("(/|$)")
        assert rule["originRequest"]["access"] == {"audTag": [auds[domain]], "required": True, "teamName": "example"}
    assert {record["name"] for record in objects["dns_records"]} == {"apps.example.com", "wiki.example.com"}


def test_no_secret_is_printed_or_kept_in_plain_text(world: World) -> None:
    """The canaries are the secrets that exist: client secrets of providers and tokens, and the tunnel's token."""
    shown = world.ok("pulumi", "stack", "output") + world.ok("pulumi", "preview", "--diff")
    secret = world.ok("pulumi", "stack", "output", "--json", "--show-secrets")
    outputs = json.loads(secret[secret.index("{") :])
    canaries = [outputs["tunnel_token"], outputs["machines"]["nightly-export"]["client_secret"]]
    canaries += ["sandbox-workspace-secret", "sandbox-partners-secret"]
    # The stores of the API and of the engine of containers know them, as Cloudflare and Docker do; nothing else may.
    stores = ("state.json", "container.json")
    files = [path for path in world.state.rglob("*") if path.is_file() and path.name not in stores]
    assert {"journal.jsonl", "update.log", "sandbox.json"} <= {path.name for path in files}
    for canary in canaries:
        assert len(canary) > 10
        assert canary not in shown
        assert [path for path in files if canary in written(path)] == []


def test_one_more_app_touches_its_own_objects_and_the_ingress_map(world: World) -> None:
    world.edit("apps.yaml", "\ntests:\n", ONE_MORE)
    world.forget_requests()
    world.ok("up")
    account = "/accounts/0a1b2c3d4e5f60718293a4b5c6d7e8f9"
    writes = [(method, path.split(account)[-1].split("/cfd_tunnel/")[0]) for method, path in world.writes()]
    # `allow sales` exists already and is shared, so the new app brings its application and nothing else.
    assert writes == [("POST", "/access/apps"), ("PUT", "")], world.writes()


def test_removing_it_takes_it_out_of_the_map_before_its_guard(world: World) -> None:
    world.edit("apps.yaml", ONE_MORE, "\ntests:\n")
    world.forget_requests()
    world.ok("up")
    assert [method for method, _ in world.writes()] == ["PUT", "DELETE"], world.writes()


def test_a_broken_file_changes_nothing_and_says_the_same_as_check(world: World) -> None:
    world.edit("apps.yaml", "owner: sales\n    source: apps/pipeline", "owner: slaes\n    source: apps/pipeline")
    world.forget_requests()
    ended, up = world.pulumi("up", "--yes", "--skip-preview"), world.sandbox("up")
    checked = subprocess.run(CHECK, cwd=world.project, capture_output=True, text=True, check=False)
    world.edit("apps.yaml", "owner: slaes", "owner: sales")
    assert (up.code, checked.returncode) == (1, 1)
    assert up.text.endswith(checked.stderr)
    assert "pulumi:pulumi:Stack" not in up.text
    assert ended.code != 0
    assert "error[unknown-department]: department `slaes` is not declared" in ended.text
    assert "did you mean `sales`?" in ended.text
    assert "Traceback" not in ended.text
    assert world.writes() == []


def test_a_zone_of_somebody_else_is_refused_before_anything_is_made(world: World) -> None:
    ours, theirs = "9f8e7d6c5b4a39281706f5e4d3c2b1a0", "dddddddddddddddddddddddddddddddd"
    world.edit("stacks/Pulumi.sandbox.yaml", ours, theirs)
    world.forget_requests()
    ended = world.pulumi("up", "--yes", "--skip-preview")
    world.edit("stacks/Pulumi.sandbox.yaml", theirs, ours)
    assert ended.code != 0
    assert "error[wrong-zone]" in ended.text
    assert "stacks/Pulumi.sandbox.yaml:" in ended.text
    assert "Traceback" not in ended.text
    assert world.writes() == []


def test_the_sandbox_keeps_everything_over_a_restart(world: World) -> None:
    before = world.names()
    world.ok("down")
    assert world.ok("status")
    world.ok("up")
    assert world.names() == before


def test_destroy_leaves_nothing_and_down_leaves_no_process(world: World) -> None:
    world.ok("pulumi", "destroy", "--yes")
    assert world.objects() == {}
    world.ok("down")
    left = [
        process.info["cmdline"]
        for process in psutil.process_iter(["cmdline"])
        if any(str(world.state) in argument for argument in process.info["cmdline"] or [])
    ]
    assert left == []
