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

from sandbox import background, launchers, local_cloudflare, local_snowflake
from sandbox.accounts import Accounts
from sandbox.background import Running
from sandbox.cli import main
from sandbox.engine import Engine
from sandbox.environment import for_engine, settings
from sandbox.invocation import VARIABLE
from sandbox.launchers import Plugins
from sandbox.local_cloudflare import Cloudflare
from sandbox.local_snowflake import Snowflake
from sandbox.locks import Lock, clear
from sandbox.pending import pending_creations, refuse_pending
from sandbox.places import Places, SandboxError, places
from sandbox.singletons import refuse_second_owner
from sandbox.turns import alone


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "Pulumi.yaml").write_text("name: tiny\nruntime: python\n")
    monkeypatch.setenv("GATEHOUSE_SANDBOX_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("HOME", str(tmp_path))
    # The commands overwrite it; named here, it is put back.
    monkeypatch.setenv(VARIABLE, "sandbox")
    return places(tmp_path / "project")


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    program = tmp_path / "engine" / "pulumi"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return Engine(program, tmp_path / "exec file", "v3.259.0", "on PATH", None)


def remember(place: Places, pid: int, started: float) -> None:
    """Record a program as the local Cloudflare."""
    record = {"pid": pid, "started": started, "ports": {"api": 1}, "arguments": [], "source": 0}
    place.record(local_cloudflare.NAME).write_text(json.dumps(record))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        number: int = probe.getsockname()[1]
    return number


def provider_of(place: Places) -> Path:
    version = installed_version("pulumi-cloudflare")
    return place.pulumi_home / "plugins" / f"resource-cloudflare-v{version}" / "pulumi-resource-cloudflare"


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


def test_reset_needs_no_daemon_that_is_gone(place: Places, capsys: pytest.CaptureFixture[str]) -> None:
    place.prepare()
    place.containers.mkdir()
    gone = {"kind": "docker", "host": "unix:///nowhere/docker.sock", "gateway": "172.17.0.1", "reason": ""}
    (place.containers / "daemon.json").write_text(json.dumps(gone))
    assert main(["--cwd", str(place.project), "reset"]) == 0
    assert "but the Docker daemon at unix:///nowhere/docker.sock does not answer" in capsys.readouterr().out
    assert not (place.containers / "daemon.json").exists()


@pytest.mark.usefixtures("place")
def test_a_directory_without_a_project_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--cwd", str(tmp_path), "status"]) == 1
    assert "has no Pulumi.yaml" in capsys.readouterr().err


def test_only_our_own_program_is_ended(place: Places) -> None:
    place.prepare()
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        started = psutil.Process(other.pid).create_time()
        remember(place, other.pid, started - 5)
        assert local_cloudflare.stop(place) is None
        assert other.poll() is None
        remember(place, other.pid, started)
        assert local_cloudflare.stop(place) == Running(other.pid, started, {"api": 1})
        assert other.wait(5) is not None
    finally:
        other.kill()
        other.wait()


def test_the_api_is_started_once_and_keeps_its_port(place: Places) -> None:
    place.prepare()
    try:
        first, started = local_cloudflare.ensure(place)
        again, started_again = local_cloudflare.ensure(place)
        assert (started, started_again, first) == (True, False, again)
        assert first.objects() == {}
        local_cloudflare.stop(place)
        assert local_cloudflare.found(place) is None
        later, _ = local_cloudflare.ensure(place)
        assert later.program.ports == first.program.ports
    finally:
        local_cloudflare.stop(place)


def test_a_port_taken_by_somebody_else_is_left_to_them(place: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    place.prepare()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        monkeypatch.setattr(local_cloudflare, "PREFERRED", {**local_cloudflare.PREFERRED, "https": (number,)})
        # As if the port had been taken between the look and the start.
        looks = iter([{"api": free_port(), "edge": free_port(), "https": number, "http": free_port()}])
        choose = background.choose
        monkeypatch.setattr(background, "choose", lambda *asked: next(looks, None) or choose(*asked))
        try:
            cloudflare, started = local_cloudflare.ensure(place)
            assert started
            assert cloudflare.program.ports["https"] != number
        finally:
            local_cloudflare.stop(place)


def test_an_api_that_cannot_start_says_why(place: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    place.prepare()
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(SandboxError, match="did not start"):
        local_cloudflare.ensure(place)


def test_nothing_of_a_real_account_reaches_the_engine(
    place: Places, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("API_TOKEN", "API_KEY", "EMAIL", "ACCOUNT_ID", "BASE_URL", "API_USER_SERVICE_KEY"):
        monkeypatch.setenv(f"CLOUDFLARE_{name}", "real")
    for name in ("ACCOUNT", "USER", "PASSWORD", "PRIVATE_KEY", "TOKEN", "ROLE", "PROFILE", "HOST"):
        monkeypatch.setenv(f"SNOWFLAKE_{name}", "real")
    monkeypatch.setenv("PULUMI_ENABLE_LEGACY_REFRESH_DIFF", "true")
    monkeypatch.setenv("PULUMI_ACCESS_TOKEN", "real")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:1")
    place.prepare()
    program = Running(1, 0.0, {"api": 1})
    found = for_engine(
        place, engine, Accounts(Cloudflare(program, place.cloudflare), Snowflake(program, place.snowflake))
    )
    assert "real" not in found.values()
    assert found["CLOUDFLARE_BASE_URL"] == "http://127.0.0.1:1/client/v4"
    assert (found["SNOWFLAKE_HOST"], found["SNOWFLAKE_PORT"], found["SNOWFLAKE_PROTOCOL"]) == ("127.0.0.1", "1", "http")
    assert found["PULUMI_ENABLE_LEGACY_REFRESH_DIFF"] == "true"
    assert "127.0.0.1" in found["NO_PROXY"]
    assert found["PULUMI_STACK"] == "sandbox"


def test_launchers_stand_in_only_for_what_is_missing(place: Places, engine: Engine) -> None:
    place.prepare()
    used = launchers.write(engine, Plugins(language_host=False, cloudflare=False, snowflake=False), place)
    assert sorted(path.name for path in place.launchers.iterdir()) == ["pulumi", "pulumi-language-python"]
    assert used.pulumi == place.launchers / "pulumi"
    assert used.pulumi.samefile(engine.pulumi)
    assert os.access(provider_of(place), os.X_OK)
    assert all(os.access(path, os.X_OK) for path in place.launchers.iterdir())
    assert "'" + str(engine.exec_file) + "'" in (place.launchers / "pulumi-language-python").read_text()
    assert str(place.launchers) in settings(place, engine, None)["PATH"]
    assert launchers.write(engine, Plugins(language_host=True, cloudflare=True, snowflake=True), place) == engine
    assert list(place.launchers.iterdir()) == []
    assert str(place.launchers) not in settings(place, engine, None)["PATH"].split(os.pathsep)


def test_an_official_plugin_of_the_right_version_is_taken(place: Places, engine: Engine) -> None:
    place.prepare()
    launchers.write(engine, launchers.choose(engine, place), place)
    assert not launchers.choose(engine, place).cloudflare, "what stands in is not taken for the official one"
    version = installed_version("pulumi-cloudflare")
    plugin = Path.home() / ".pulumi" / "plugins" / f"resource-cloudflare-v{version}"
    plugin.mkdir(parents=True)
    (plugin / "pulumi-resource-cloudflare").touch()
    assert launchers.choose(engine, place) == Plugins(language_host=False, cloudflare=True, snowflake=False)
    assert provider_of(place).samefile(plugin / "pulumi-resource-cloudflare")
    assert launchers.choose(engine, place) == Plugins(language_host=False, cloudflare=True, snowflake=False)


def test_plugins_leave_with_a_killed_engine(place: Places, engine: Engine) -> None:
    place.prepare()
    launchers.write(engine, Plugins(language_host=False, cloudflare=False, snowflake=False), place)
    for launcher in (place.launchers / "pulumi-language-python", provider_of(place)):
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


def test_the_engines_help_starts_nothing(place: Places, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    became: list[list[str]] = []

    def execve(_program: Path, arguments: list[str], environment: dict[str, str]) -> None:
        assert "CLOUDFLARE_BASE_URL" not in environment
        became.append(arguments)
        raise SystemExit(0)

    monkeypatch.setattr("sandbox.verbs.obtain", lambda _say: engine)
    monkeypatch.setattr("os.execve", execve)
    monkeypatch.chdir(place.project)
    for words in (["--help"], ["--version"], ["-C", ".", "up", "--help"], ["version"], []):
        with pytest.raises(SystemExit):
            main(["--cwd", str(place.project), "pulumi", *words])
        assert became.pop() == ["pulumi", *words]
    assert local_cloudflare.found(place) is None


def test_a_stand_in_that_cannot_stand_beside_the_engine_is_found_on_path(
    place: Places, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_self: Path, _target: Path) -> None:
        raise OSError(18, "Invalid cross-device link")

    place.prepare()
    monkeypatch.setattr(Path, "hardlink_to", refused)
    assert launchers.write(engine, Plugins(language_host=False, cloudflare=False, snowflake=False), place) == engine
    assert [path.name for path in place.launchers.iterdir()] == ["pulumi-language-python"]
    first, second, *_ = settings(place, engine, None)["PATH"].split(os.pathsep)
    assert (first, second) == (str(place.launchers), str(engine.pulumi.parent))


def test_a_stand_in_makes_room_for_the_official_plugin_and_older_ones_follow_the_program(
    place: Places, engine: Engine
) -> None:
    place.prepare()
    plugins = launchers.choose(engine, place)
    launchers.write(engine, plugins, place)
    older = provider_of(place).parent.with_name("resource-cloudflare-v6.0.0")
    older.mkdir()
    (older / "gatehouse-stand-in").touch()
    launchers.write(engine, plugins, place)
    assert (older / "pulumi-resource-cloudflare").is_file()
    launchers.withdraw(place)
    assert list((place.pulumi_home / "plugins").iterdir()) == []


def test_what_is_damaged_is_named_and_reset_heals_it(place: Places, capsys: pytest.CaptureFixture[str]) -> None:
    place.prepare()
    state, checkpoint = place.cloudflare / "state.json", place.checkpoint("sandbox")
    checkpoint.parent.mkdir(parents=True)
    for text in ("{", "[]", "3", ""):
        state.write_text(text)
        with pytest.raises(SandboxError, match=r"state\.json is damaged(.|\n)*sandbox reset"):
            local_cloudflare.ensure(place)
    state.unlink()
    (place.cloudflare / "people.json").write_text("[")
    with pytest.raises(SandboxError, match=r"people\.json is damaged(.|\n)*sandbox reset"):
        local_cloudflare.ensure(place)
    for text in ("{", "[]", '{"checkpoint": 3}', '{"checkpoint": {"latest": {"pending_operations": [3]}}}', ""):
        checkpoint.write_text(text)
        with pytest.raises(SandboxError, match=r"`sandbox` is damaged(.|\n)*sandbox reset"):
            pending_creations(place, "sandbox")
    assert main(["--cwd", str(place.project), "reset"]) == 0
    try:
        assert local_cloudflare.ensure(place)[1]
        assert pending_creations(place, "sandbox") == ()
    finally:
        local_cloudflare.stop(place)
    assert "empty" in capsys.readouterr().out


def test_the_local_snowflake_is_started_once_and_keeps_its_ports(place: Places) -> None:
    place.prepare()
    try:
        first, started = local_snowflake.ensure(place)
        again, started_again = local_snowflake.ensure(place)
        assert (started, started_again, first) == (True, False, again)
        assert (first.objects(), first.apps()) == ({}, ())
        local_snowflake.stop(place)
        assert local_snowflake.found(place) is None
        (place.snowflake / "state.json").write_text("{}")
        with pytest.raises(SandboxError, match=r"state\.json is damaged(.|\n)*sandbox reset"):
            local_snowflake.ensure(place)
        local_snowflake.forget(place)
        later, _ = local_snowflake.ensure(place)
        assert later.program.ports == first.program.ports
    finally:
        local_snowflake.stop(place)


def test_a_folder_that_cannot_be_written_is_named(
    place: Places, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GATEHOUSE_SANDBOX_DIR", str(place.project / "Pulumi.yaml" / "state"))
    assert main(["--cwd", str(place.project), "env"]) == 1
    assert "cannot be written (Not a directory)" in capsys.readouterr().err


def test_a_second_up_is_refused(place: Places, capsys: pytest.CaptureFixture[str]) -> None:
    place.prepare()
    with alone(place, "up", "busy"):
        for verb in ("up", "down", "reset"):
            assert main(["--cwd", str(place.project), verb]) == 1
            assert "running here; wait until it has ended" in capsys.readouterr().err
    assert main(["--cwd", str(place.project), "reset"]) == 0


def test_two_stacks_cannot_own_what_an_account_has_once(place: Places) -> None:
    """Whichever came first; stacks that only look it up are nobody's rivals."""
    for stack, account in (("sandbox", "self"), ("account", "only"), ("dev", "account")):
        (place.project / f"Pulumi.{stack}.yaml").write_text(f"config:\n  tiny:account: {account}\n")
    kind = "cloudflare:index/zeroTrustAccessTag:ZeroTrustAccessTag"
    for first, second in (("sandbox", "account"), ("account", "sandbox")):
        held = {"type": kind, "protect": first == "account"}
        file = place.checkpoint(first)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"checkpoint": {"latest": {"resources": [{"type": "pulumi:pulumi:Stack"}, held]}}}))
        refuse_second_owner(place, first)
        refuse_second_owner(place, "dev")
        with pytest.raises(SandboxError, match=f"the stack `{first}` holds what the account has once") as refused:
            refuse_second_owner(place, second)
        assert ("unprotect" in str(refused.value)) == held["protect"]
        file.write_text(json.dumps({"checkpoint": {"latest": {"resources": []}}}))
        refuse_second_owner(place, second)


def test_down_leaves_an_update_alone(
    place: Places, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place.prepare()
    monkeypatch.setattr("sandbox.verbs.locks", lambda _: (Lock("dev", 4711, True),))
    assert main(["--cwd", str(place.project), "down"]) == 1
    assert "an update of the stack `dev` is running (pid 4711)" in capsys.readouterr().err


def test_two_commands_start_one_api(place: Places) -> None:
    place.prepare()
    script = (
        "import sys; from pathlib import Path; from sandbox import local_cloudflare; "
        "from sandbox.places import places\n"
        "print(local_cloudflare.ensure(places(Path(sys.argv[1])))[0].program.pid)"
    )
    both = [
        subprocess.Popen([sys.executable, "-c", script, str(place.project)], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    try:
        first, second = (program.communicate(timeout=60)[0] for program in both)
        assert first == second
        assert first.strip().isdigit()
    finally:
        local_cloudflare.stop(place)


def test_a_killed_api_comes_back_on_its_port(place: Places) -> None:
    place.prepare()
    try:
        first, _ = local_cloudflare.ensure(place)
        psutil.Process(first.program.pid).kill()
        later, started = local_cloudflare.ensure(place)
        assert (started, later.program.ports) == (True, first.program.ports)
    finally:
        local_cloudflare.stop(place)


def test_a_program_of_older_code_is_known(place: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    place.prepare()
    assert not background.is_outdated(place, local_cloudflare.NAME)
    try:
        now = background._source()
        monkeypatch.setattr(background, "_source", lambda: now)
        local_cloudflare.ensure(place)
        assert not background.is_outdated(place, local_cloudflare.NAME)
        monkeypatch.setattr(background, "_source", lambda: now + 1)
        assert background.is_outdated(place, local_cloudflare.NAME)
    finally:
        local_cloudflare.stop(place)


def test_other_arguments_are_another_program(place: Places) -> None:
    place.prepare()
    try:
        first, _ = local_cloudflare.ensure(place)
        second, started = local_cloudflare.ensure(place, ("127.0.0.2",))
        assert started
        assert second.program.pid != first.program.pid
        assert second.program.ports == first.program.ports
        assert not background._is_alive(first.program)
    finally:
        local_cloudflare.stop(place)


def test_a_lock_is_waited_for_or_taken_away(place: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    place.prepare()
    folder = place.backend / ".pulumi" / "locks" / "organization" / "tiny" / "sandbox"
    folder.mkdir(parents=True)
    place.checkpoint("sandbox").parent.mkdir(parents=True)
    place.checkpoint("sandbox").write_text('{"checkpoint": {"latest": null}}')
    program = Running(1, 0.0, {"api": 1})
    local = Accounts(Cloudflare(program, place.cloudflare), Snowflake(program, place.snowflake))
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as holder:
        monkeypatch.setattr(psutil.Process, "name", lambda _self: "pulumi")
        lock = {"pid": holder.pid, "username": "x", "hostname": socket.gethostname(), "timestamp": "now"}
        (folder / "a.json").write_text(json.dumps(lock))
        with pytest.raises(SandboxError, match=rf"is running \(pid {holder.pid}\)"):
            refuse_pending(place, "sandbox", local)
        holder.kill()
    for text in (json.dumps(lock), json.dumps({**lock, "pid": os.getpid(), "hostname": "elsewhere"}), "{"):
        (folder / "a.json").write_text(text)
        with pytest.raises(SandboxError, match=r"was killed and has left its lock(.|\n)*sandbox pulumi cancel --yes$"):
            refuse_pending(place, "sandbox", local)
    # Of a stack that was never made, the lock is no obstacle.
    place.checkpoint("sandbox").unlink()
    refuse_pending(place, "sandbox", local)
    clear(place, "sandbox")
    assert list(folder.iterdir()) == []


def test_an_api_that_does_not_answer_is_said_to(place: Places, capsys: pytest.CaptureFixture[str]) -> None:
    place.prepare()
    silent = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        started = psutil.Process(silent.pid).create_time()
        remember(place, silent.pid, started)
        assert main(["--cwd", str(place.project), "status", "--objects"]) == 0
        assert "does not answer" in capsys.readouterr().out
        assert main(["--cwd", str(place.project), "reset"]) == 0
        assert silent.wait(5) is not None
    finally:
        silent.kill()
        silent.wait()
