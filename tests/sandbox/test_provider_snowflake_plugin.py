"""The Snowflake stand-in as the program that the engine starts: where it is put, what it imports, what it prints."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version as installed_version
from pathlib import Path

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from sandbox import launchers
from sandbox.bring_up import plugin_line
from sandbox.engine import Engine as PulumiEngine
from sandbox.places import Places
from sandbox.plugins.values import Secret, encode
from tests.sandbox.provider_harness import Engine, urn
from tests.sandbox.snowflake_local import DEPLOYER, Local, local_snowflake
from tests.sandbox.snowflake_replay import DONE, LOST, Replay, Reply, refused, replay

NAME = f"resource-snowflake-v{installed_version('pulumi-snowflake')}"
SECRET = urn("snowflake:index/secretWithGenericString:SecretWithGenericString", "s")
EXECUTE = urn("snowflake:index/execute:Execute", "e")
ROLE = urn("snowflake:index/accountRole:AccountRole", "r")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    monkeypatch.setenv("HOME", str(tmp_path))
    made = Places(tmp_path, tmp_path / "state")
    made.prepare()
    return made


@pytest.fixture
def pulumi(tmp_path: Path) -> PulumiEngine:
    program = tmp_path / "pulumi"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return PulumiEngine(program, tmp_path / "exec", "v3.259.0", "on PATH", None)


@pytest.fixture
def launcher(place: Places, pulumi: PulumiEngine) -> Path:
    launchers.write(pulumi, launchers.choose(pulumi, place), place)
    return place.pulumi_home / "plugins" / NAME / "pulumi-resource-snowflake"


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    with local_snowflake(tmp_path / "account") as served:
        yield served


@pytest.fixture
def server() -> Iterator[Replay]:
    with replay() as served:
        yield served


class Plugin:
    """A running plugin, and what it has printed once it is over."""

    def __init__(self, launcher: Path) -> None:
        self._process = subprocess.Popen(
            [launcher, "127.0.0.1:1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.port = self._process.stdout.readline().strip()
        self.printed = ""

    def stop(self) -> int:
        self._process.terminate()
        out, err = self._process.communicate(timeout=10)
        self.printed = out + err
        return self._process.returncode

    @contextmanager
    def engine(self, config: object) -> Iterator[Engine]:
        with grpc.insecure_channel(f"127.0.0.1:{self.port}") as channel:
            stub = provider_pb2_grpc.ResourceProviderStub(channel)
            stub.Configure(provider_pb2.ConfigureRequest(args=encode(config)))
            yield Engine(stub)


@pytest.fixture
def plugin(launcher: Path) -> Iterator[Plugin]:
    running = Plugin(launcher)
    yield running
    running.stop()


def test_an_official_one_is_taken_and_ours_makes_room(place: Places, pulumi: PulumiEngine, launcher: Path) -> None:
    assert "start.py" in launcher.read_text()
    assert not launchers.choose(pulumi, place).snowflake
    theirs = Path.home() / ".pulumi" / "plugins" / NAME / "pulumi-resource-snowflake"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("official")
    chosen = launchers.choose(pulumi, place)
    assert chosen.snowflake
    launchers.write(pulumi, chosen, place)
    assert launcher.samefile(theirs)
    assert theirs.read_text() == "official"
    assert "Snowflake provider official" in plugin_line(chosen)


def test_it_starts_and_stops_as_plugins_do(plugin: Plugin) -> None:
    assert plugin.port.isdigit()
    assert plugin.stop() == 0
    assert plugin.printed == ""


def test_what_is_slow_to_import_is_imported_by_nobody_who_does_not_need_it() -> None:
    script = """
        import sys
        from sandbox.plugins.snowflake import provider
        assert "snowflake.connector" not in sys.modules
        provider._without_tables()
        import snowflake.connector
        assert not any(sys.modules.get(name) for name in ("numpy", "pandas", "pyarrow", "sqlalchemy", "boto3"))
    """
    lines = "\n".join(line.strip() for line in script.splitlines())
    done = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr


def test_it_works_and_prints_no_secret_and_nothing_else(plugin: Plugin, local: Local, tmp_path: Path) -> None:
    file = tmp_path / "app.py"
    file.write_text("the app")
    with plugin.engine(local.config()) as engine:
        place = {"database": "APPS", "schema": "PUBLIC", "name": "FX"}
        inputs, failures = engine.check(SECRET, {**place, "secretString": Secret("hunter2")})
        assert failures == []
        ident, outputs = engine.create(SECRET, inputs)
        assert outputs["secretString"] == Secret("hunter2")
        with pytest.raises(grpc.RpcError, match="already exists"):
            engine.create(SECRET, inputs)
        engine.create(EXECUTE, {"execute": "CREATE STAGE APPS.PUBLIC.S", "revert": "SELECT 1"})
        put = f"PUT 'file://{file}' '@APPS.PUBLIC.S/x/' AUTO_COMPRESS=FALSE OVERWRITE=TRUE"
        engine.create(EXECUTE, {"execute": put, "revert": "SELECT 1"})
        assert [row["name"] for row in local.by_hand("LIST @APPS.PUBLIC.S", DEPLOYER)] == ["s/x/app.py"]
        engine.delete(SECRET, ident, outputs)
    assert plugin.stop() == 0
    assert plugin.printed == ""
    assert "CREATE SECRET" in local.log()
    assert "hunter2" not in local.log()


@pytest.mark.parametrize("reply", [refused("unexpected 'hunter2'"), LOST])
def test_errors_print_nothing_either(plugin: Plugin, server: Replay, reply: Reply) -> None:
    server.answer = lambda text: reply if text.startswith("CREATE") else DONE
    with plugin.engine(server.config()) as engine, pytest.raises(grpc.RpcError) as error:
        engine.create(SECRET, {"database": "A", "schema": "B", "name": "C", "secretString": Secret("hunter2")})
    assert "hunter2" not in str(error.value.details())
    assert plugin.stop() == 0
    assert plugin.printed == ""


def test_it_logs_out_when_it_is_stopped(plugin: Plugin, server: Replay) -> None:
    with plugin.engine(server.config()) as engine:
        engine.delete(ROLE, "R", {"id": "R"})
    assert server.closed == 0
    assert plugin.stop() == 0
    assert server.closed == len(server.logins) == 1
