"""cloudflared's command line at the stand-in connector, and how soon it is back."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from sandbox.connector.command_line import Command, UsageError, read_command
from sandbox.connector.settings import SettingsError, settings
from tests.sandbox.tunnel_world import APP, TunnelWorld, free_port, tunnel_world, until

TOKEN = "eyJhIjogImEiLCAidCI6ICI2ZmYyYTI2Yi0wZmFjLTRkNmUtYmFmNC0zYmI2NGM3MjM0YzUiLCAicyI6ICJjMlZqY21WMCJ9"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TunnelWorld]:
    with tunnel_world(tmp_path_factory.mktemp("command")) as world:
        yield world


def asked(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sandbox.connector", *words]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TUNNEL_", "SANDBOX_"))}
    return subprocess.run(command, env={**kept, **environment}, capture_output=True, text=True, timeout=20)


def test_options_stand_for_the_environment_wherever_they_are_written() -> None:
    before = {"TUNNEL_METRICS": "127.0.0.1:1", "TUNNEL_TOKEN": "one"}
    words = ["--no-autoupdate", "tunnel", "--metrics", "127.0.0.1:2", "--protocol=http2", "run", "--token", "two"]
    assert read_command(words, before) == Command(
        "run",
        {
            "TUNNEL_METRICS": "127.0.0.1:2",
            "TUNNEL_TOKEN": "two",
            "NO_AUTOUPDATE": "true",
            "TUNNEL_TRANSPORT_PROTOCOL": "http2",
        },
    )
    assert read_command([], before) == Command("run", before)
    assert read_command(["--version"], {}).verb == read_command(["version"], {}).verb == "version"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["tunnel", "--metrics"], "flag needs an argument: --metrics"),
        (["tunnel", "--colour", "run"], "flag provided but not defined: --colour"),
        (["tunnel", "create", "x"], "not `tunnel create x`"),
        (["tunnel"], "not `tunnel`"),
    ],
)
def test_what_the_command_line_refuses(words: list[str], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        read_command(words, {})
    done = asked(*words)
    assert done.returncode == 1
    assert done.stderr.startswith("Incorrect Usage. ")


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("SANDBOX_SERVICES", "wiki=1", "SANDBOX_SERVICES: wiki=1 is not host:port"),
        ("SANDBOX_SERVICES", "wiki:80=x", "SANDBOX_SERVICES: wiki:80=x is not host:port"),
        ("TUNNEL_TRANSPORT_PROTOCOL", "quic", "speaks http2 only"),
        ("TUNNEL_GRACE_PERIOD", "soon", "is not a duration: soon"),
        ("TUNNEL_EDGE", "edge", "TUNNEL_EDGE is not host:port: edge"),
        ("TUNNEL_TOKEN_FILE", "/nowhere/token", "TUNNEL_TOKEN_FILE cannot be read"),
    ],
)
def test_settings_that_are_wrong_are_named(name: str, value: str, sentence: str) -> None:
    environment = {"TUNNEL_TOKEN": TOKEN, "TUNNEL_EDGE": "127.0.0.1:1", name: value}
    if name == "TUNNEL_TOKEN_FILE":
        del environment["TUNNEL_TOKEN"]
    with pytest.raises(SettingsError, match=sentence):
        settings(environment)


def test_settings_that_are_right() -> None:
    found = settings(
        {
            "TUNNEL_TOKEN": TOKEN,
            "TUNNEL_EDGE": "127.0.0.1:1",
            "TUNNEL_GRACE_PERIOD": "1.5s",
            "SANDBOX_SERVICES": "wiki.internal:8080=127.0.0.1:40001,git:22=127.0.0.1:40002",
        }
    )
    assert (found.grace, found.hosts) == (1.5, None)
    assert {name: address.port for name, address in found.services.items()} == {
        "wiki.internal:8080": 40001,
        "git:22": 40002,
    }


def test_version() -> None:
    done = asked("version")
    assert (done.returncode, done.stdout.split()[:3]) == (0, ["cloudflared", "version", "gatehouse-sandbox"])


def test_ready_is_the_health_check_of_a_container(world: TunnelWorld) -> None:
    connector = world.connector(world.tunnel("ready").token).wait()
    metrics = f"127.0.0.1:{connector.metrics}"
    assert asked("--no-autoupdate", "tunnel", "--metrics", metrics, "ready").returncode == 0
    assert asked("tunnel", "ready", TUNNEL_METRICS=metrics).returncode == 0
    world.stop_edge()
    try:
        until(lambda: asked("tunnel", "--metrics", metrics, "ready").returncode == 1)
        assert "status code 503" in asked("tunnel", "--metrics", metrics, "ready").stderr
    finally:
        world.start_edge()
    connector.stop()
    down = asked("tunnel", "--metrics", metrics, "ready")
    assert (down.returncode, "does not answer" in down.stderr) == (1, True)
    assert "--metrics has to be provided" in asked("tunnel", "ready").stderr


def test_run_by_words_and_a_token_in_a_file(world: TunnelWorld) -> None:
    file = world.directory / "token"
    file.write_text(world.tunnel("file").token + "\n")
    metrics = f"127.0.0.1:{free_port()}"
    words = ["--no-autoupdate", "tunnel", "--edge", f"127.0.0.1:{world.edge_port}", "--metrics", metrics, "run"]
    command = [sys.executable, "-m", "sandbox.connector", *words, "--token-file", str(file)]
    environment = {**os.environ, "TUNNEL_CACERT": str(world.certificates.authority)}
    program = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        until(lambda: asked("tunnel", "--metrics", metrics, "ready").returncode == 0)
    finally:
        program.terminate()
        assert program.wait(10) == 0


def test_back_soon_after_an_edge_that_was_long_away(world: TunnelWorld) -> None:
    tunnel = world.tunnel("away")
    world.configure(tunnel, {"hostname": APP, "service": f"http://{world.origin}"})
    connector = world.connector(tunnel.token).wait()
    until(lambda: "updated to configuration" in connector.said())
    world.stop_edge()
    # Doubled each time without a limit, the pause that begins now would last for more than six seconds.
    until(lambda: connector.said().count("unable to dial the edge") >= 5, 30)
    world.start_edge()
    began = time.monotonic()
    connector.wait()
    assert time.monotonic() - began < 6  # under two, and what a busy machine adds
    assert world.fetch(tunnel).status == 200
