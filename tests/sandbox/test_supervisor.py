"""What the supervisor may touch, and what it hands to the engine."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from importlib.metadata import version as installed_version
from pathlib import Path

import psutil
import pytest

from sandbox import background, launchers
from sandbox.background import Running
from sandbox.cli import main
from sandbox.engine import Engine
from sandbox.environment import exports, for_engine, settings
from sandbox.launchers import Plugins
from sandbox.pending import pending_creations
from sandbox.places import Places, SandboxError, places
from sandbox.update import _explanation, _summary


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "Pulumi.yaml").write_text("name: tiny\nruntime: python\n")
    monkeypatch.setenv("GATEHOUSE_SANDBOX_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("HOME", str(tmp_path))
    return places(tmp_path / "project")


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return Engine(tmp_path / "pulumi", tmp_path / "exec file", "v3.259.0", "on PATH", None)


def test_a_directory_with_other_files_is_refused(place: Places, capsys: pytest.CaptureFixture[str]) -> None:
    place.state.mkdir()
    (place.state / "thesis.tex").touch()
    assert main(["--cwd", str(place.project), "reset"]) == 1
    assert "not the sandbox's" in capsys.readouterr().err
    assert (place.state / "thesis.tex").is_file()


def test_reset_keeps_plugins_and_forgets_the_rest(place: Places) -> None:
    place.prepare()
    plugin = place.pulumi_home / "plugins" / "x"
    plugin.mkdir(parents=True)
    (place.cloudflare / "state.json").touch()
    (place.backend / ".pulumi").mkdir()
    assert main(["--cwd", str(place.project), "reset"]) == 0
    assert plugin.is_dir()
    assert list(place.cloudflare.iterdir()) == list(place.backend.iterdir()) == []


def test_a_directory_without_a_project_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--cwd", str(tmp_path), "status"]) == 1
    assert "has no Pulumi.yaml" in capsys.readouterr().err


def test_only_our_own_program_is_ended(place: Places) -> None:
    place.prepare()
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        started = psutil.Process(other.pid).create_time()
        place.record(background.API).write_text(json.dumps({"pid": other.pid, "started": started - 5, "port": 1}))
        assert background.stop(place) is None
        assert other.poll() is None
        place.record(background.API).write_text(json.dumps({"pid": other.pid, "started": started, "port": 1}))
        assert background.stop(place) == Running(other.pid, started, 1)
        assert other.wait(5) is not None
    finally:
        other.kill()
        other.wait()


def test_the_api_is_started_once_and_keeps_its_port(place: Places) -> None:
    place.prepare()
    try:
        first, started = background.ensure_api(place)
        again, started_again = background.ensure_api(place)
        assert (started, started_again, first) == (True, False, again)
        assert background.list_objects(first) == []
        background.stop(place)
        assert background.running(place) is None
        later, _ = background.ensure_api(place)
        assert later.port == first.port
    finally:
        background.stop(place)


def test_a_port_taken_by_somebody_else_is_left_to_them(place: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    place.prepare()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setattr(background, "_PORT", taken.getsockname()[1])
        # As if the port had been taken between the look and the start.
        looks = iter([taken.getsockname()[1]])
        free = background._free_port
        monkeypatch.setattr(background, "_free_port", lambda wanted: next(looks, None) or free(wanted))
        try:
            api, started = background.ensure_api(place)
            assert started
            assert api.port != taken.getsockname()[1]
        finally:
            background.stop(place)


def test_an_api_that_cannot_start_says_why(place: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    place.prepare()
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(SandboxError, match="did not start"):
        background.ensure_api(place)


def test_nothing_of_a_real_account_reaches_the_engine(
    place: Places, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("API_TOKEN", "API_KEY", "EMAIL", "ACCOUNT_ID", "BASE_URL", "API_USER_SERVICE_KEY"):
        monkeypatch.setenv(f"CLOUDFLARE_{name}", "real")
    monkeypatch.setenv("PULUMI_ACCESS_TOKEN", "real")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:1")
    place.prepare()
    found = for_engine(place, engine, "http://127.0.0.1:1/client/v4")
    assert "real" not in found.values()
    assert found["CLOUDFLARE_BASE_URL"] == "http://127.0.0.1:1/client/v4"
    assert "127.0.0.1" in found["NO_PROXY"]
    assert found["PULUMI_STACK"] == "sandbox"


def test_launchers_stand_in_only_for_what_is_missing(place: Places, engine: Engine) -> None:
    place.prepare()
    launchers.write(engine, Plugins(language_host=False, cloudflare=False), place)
    assert sorted(path.name for path in place.launchers.iterdir()) == [
        "pulumi-language-python",
        "pulumi-resource-cloudflare",
    ]
    assert all(os.access(path, os.X_OK) for path in place.launchers.iterdir())
    assert "'" + str(engine.exec_file) + "'" in (place.launchers / "pulumi-language-python").read_text()
    assert str(place.launchers) in settings(place, engine, "")["PATH"]
    launchers.write(engine, Plugins(language_host=True, cloudflare=True), place)
    assert list(place.launchers.iterdir()) == []
    assert str(place.launchers) not in settings(place, engine, "")["PATH"].split(os.pathsep)


def test_an_official_plugin_of_the_right_version_is_taken(place: Places, engine: Engine) -> None:
    assert not launchers.choose(engine, place).cloudflare
    version = installed_version("pulumi-cloudflare")
    plugin = Path.home() / ".pulumi" / "plugins" / f"resource-cloudflare-v{version}"
    plugin.mkdir(parents=True)
    (plugin / "pulumi-resource-cloudflare").touch()
    chosen = launchers.choose(engine, place)
    assert chosen == Plugins(language_host=False, cloudflare=True)
    assert (place.pulumi_home / "plugins" / plugin.name / "pulumi-resource-cloudflare").is_file()


def test_exports_survive_a_shell() -> None:
    lines = exports({"A": "it's", "B": "$HOME `x`"})
    done = subprocess.run(
        ["sh", "-c", f'{lines}\nprintf "%s|%s" "$A" "$B"'], capture_output=True, text=True, check=True
    )
    assert done.stdout == "it's|$HOME `x`"


def test_plugins_leave_with_a_killed_engine(place: Places, engine: Engine) -> None:
    place.prepare()
    launchers.write(engine, Plugins(language_host=False, cloudflare=False), place)
    for launcher in place.launchers.iterdir():
        script = (
            "import subprocess, sys, time; p = subprocess.Popen(sys.argv[1:]); print(p.pid, flush=True); time.sleep(60)"
        )
        parent = subprocess.Popen(
            [sys.executable, "-c", script, str(launcher), "127.0.0.1:1"], stdout=subprocess.PIPE, text=True
        )
        assert parent.stdout is not None
        plugin = psutil.Process(int(parent.stdout.readline()))
        assert parent.stdout.readline().strip().isdigit()
        parent.kill()
        parent.wait()
        parent.stdout.close()
        plugin.wait(10)


def test_the_end_of_an_update_in_few_words() -> None:
    lines = [
        "Outputs:",
        "    a: 1",
        "",
        "Resources:",
        "    + 2 created",
        "    ~ 1 updated",
        "    3 unchanged",
        "",
        "Duration: 1s",
    ]
    assert _summary(lines) == "2 created, 1 updated, 3 unchanged"
    assert _summary([]) == "done"


def test_of_a_failure_only_the_explanation_is_shown() -> None:
    lines = [
        "Updating (sandbox):",
        "Diagnostics:",
        "  pulumi:pulumi:Stack (x):",
        "    warning: using pulumi-language-python from $PATH at /x",
        "    error: apps.yaml is wrong",
        "Resources:",
        "    1 errored",
    ]
    assert _explanation(lines) == "  pulumi:pulumi:Stack (x):\n    error: apps.yaml is wrong"
    assert _explanation(["error: the stack is currently locked"]) == "error: the stack is currently locked"


def test_pending_creations_are_read_from_the_checkpoint(place: Places) -> None:
    place.prepare()
    assert pending_creations(place, "sandbox") == ()
    file = place.checkpoint("sandbox")
    file.parent.mkdir(parents=True)
    operations = [
        {"type": "creating", "resource": {"type": "t", "urn": "u", "inputs": {"name": "n"}}},
        {"type": "updating", "resource": {"type": "t", "urn": "v"}},
    ]
    file.write_text(json.dumps({"checkpoint": {"latest": {"pending_operations": operations}}}))
    assert [(item.kind, item.inputs) for item in pending_creations(place, "sandbox")] == [("t", {"name": "n"})]


def test_the_commands_import_neither_engine_sdk_nor_vendor_client() -> None:
    heavy = {"pulumi", "cloudflare", "grpc"}
    script = f"import sys, sandbox.cli; sys.exit(len({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
