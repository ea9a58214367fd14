"""How the stand-in engine keeps containers running: health, crashes, and its own end."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from docker.errors import APIError
from docker.models.containers import Container

from sandbox.docker_engine.engine import Engine
from sandbox.docker_engine.health import Check, check_of, judged, watch
from sandbox.docker_engine.launch import Launch
from sandbox.docker_engine.output import Output
from sandbox.docker_engine.program import Program
from sandbox.docker_engine.records import Health, Probe
from tests.sandbox.engine_world import EngineProgram, engine_program, programs_of, until

PYTHON = "localhost/gatehouse/python:sandbox"
STAYS = {"Name": "unless-stopped"}


@pytest.fixture(scope="module")
def module_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineProgram]:
    with engine_program(tmp_path_factory.mktemp("life")) as engine:
        yield engine


@pytest.fixture
def engine(module_engine: EngineProgram) -> Iterator[EngineProgram]:
    yield module_engine
    if module_engine.program.poll() is not None:
        module_engine.start()
    module_engine.clear()


def state(container: Container) -> dict[str, object]:
    container.reload()
    found: dict[str, object] = container.attrs["State"]
    return found


def health(container: Container) -> object:
    return dict(state(container)["Health"])["Status"]  # type: ignore[call-overload]


def pid(container: Container) -> int:
    return int(str(state(container)["Pid"]))


def test_healthy_soon_though_it_is_rarely_asked(engine: EngineProgram) -> None:
    check = {"test": ["CMD", "true"], "interval": 3600 * 10**9}
    container = engine.run(healthcheck=check)
    until(lambda: health(container) == "healthy", 30)


def test_one_that_breaks_becomes_unhealthy_and_says_why(engine: EngineProgram) -> None:
    container = engine.run()
    until(lambda: health(container) == "healthy")
    engine.ask(container, "/break")
    until(lambda: health(container) == "unhealthy")
    shown = container.attrs["State"]["Health"]
    assert shown["FailingStreak"] >= 2
    assert "HTTP Error 500" in shown["Log"][-1]["Output"]
    assert "(unhealthy)" in engine.client.api.containers()[0]["Status"]
    assert state(container)["Running"] is True


def test_no_check_no_health(engine: EngineProgram) -> None:
    container = engine.run(healthcheck={"test": ["NONE"]})
    assert "Health" not in state(container)


def test_a_check_that_hangs_is_ended_and_counts_as_a_failure(engine: EngineProgram) -> None:
    check = {"test": ["CMD-SHELL", "sleep 100"], "interval": 10**8, "timeout": 2 * 10**8, "retries": 2}
    container = engine.run(healthcheck=check)
    until(lambda: health(container) == "unhealthy")
    assert "exceeded timeout" in container.attrs["State"]["Health"]["Log"][-1]["Output"]
    container.stop()
    until(lambda: not programs_of(str(container.id)))


def test_a_check_that_cannot_be_run(engine: EngineProgram) -> None:
    container = engine.run(healthcheck={"test": ["CMD", "no-such-program"], "interval": 10**8, "retries": 1})
    until(lambda: health(container) == "unhealthy")
    assert "no-such-program: No such file" in container.attrs["State"]["Health"]["Log"][-1]["Output"]


def test_failures_count_once_per_interval_and_not_while_it_starts() -> None:
    check = check_of({"Healthcheck": {"Test": ["CMD", "x"], "Retries": 2}})
    assert check == Check(("x",), 30.0, 30.0, 2, 0.0)
    bad, good = Probe("", "", 1, ""), Probe("", "", 0, "")
    now = Health("starting")
    for _ in range(10):
        now = judged(check, now, bad, counts=False)
    assert (now.status, now.streak, len(now.log)) == ("starting", 0, 5)
    now = judged(check, now, bad, counts=True)
    assert (now.status, now.streak) == ("starting", 1)
    assert judged(check, now, good, counts=True).status == "healthy"
    now = judged(check, now, bad, counts=True)
    assert (now.status, now.streak) == ("unhealthy", 2)
    assert judged(check, now, good, counts=True) == Health("healthy", 0, (*now.log, good)[-5:])


def test_a_crashed_one_comes_back_on_its_port(engine: EngineProgram) -> None:
    container = engine.run(restart_policy=STAYS)
    engine.ask(container)
    port, before = engine.port(container), pid(container)
    os.kill(before, signal.SIGKILL)
    until(lambda: pid(container) not in (0, before))
    assert engine.ask(container)["env"]["PORT"] == str(port)
    assert container.attrs["RestartCount"] == 1


def test_one_that_always_crashes_is_given_more_and_more_time(engine: EngineProgram) -> None:
    words = ["python", "-c", "import time; print(time.time()); raise SystemExit(3)"]
    container = engine.client.containers.run(PYTHON, words, detach=True, name="crash", restart_policy=STAYS)
    until(lambda: len(container.logs().splitlines()) >= 4, 20)
    times = [float(line) for line in container.logs().splitlines()]
    assert times[3] - times[0] >= 0.2 + 0.4 + 0.8
    assert state(container)["Status"] in ("restarting", "running")
    container.stop()
    assert (state(container)["Status"], state(container)["ExitCode"]) == ("exited", 3)


def test_on_failure_counts_and_gives_up_and_no_policy_never_tries(engine: EngineProgram) -> None:
    failing = ["python", "-c", "raise SystemExit(3)"]
    policy = {"Name": "on-failure", "MaximumRetryCount": 2}
    container = engine.client.containers.run(PYTHON, failing, detach=True, name="some", restart_policy=policy)
    assert container.wait(timeout=20)["StatusCode"] == 3
    assert (state(container)["Status"], container.attrs["RestartCount"]) == ("exited", 2)
    well = engine.client.containers.run(PYTHON, ["true"], detach=True, name="well", restart_policy=policy)
    assert (well.wait()["StatusCode"], well.attrs["RestartCount"]) == (0, 0)
    never = engine.client.containers.run(PYTHON, failing, detach=True, name="never")
    assert never.wait()["StatusCode"] == 3
    assert state(never)["Status"] == "exited"


def test_what_a_program_leaves_behind_ends_with_it(engine: EngineProgram) -> None:
    words = ["python", "-c", "import subprocess; print(subprocess.Popen(['sleep', '100']).pid, flush=True)"]
    container = engine.client.containers.run(PYTHON, words, detach=True, name="parent")
    container.wait()
    until(lambda: not programs_of(str(container.id)))
    assert int(container.logs()) > 0


def test_a_stopped_engine_leaves_nothing_and_the_next_one_revives_what_ran(engine: EngineProgram) -> None:
    stays = engine.run("stays", restart_policy=STAYS)
    by_hand = engine.run("by-hand", restart_policy=STAYS)
    by_hand.stop()
    once = engine.run("once")
    engine.ask(stays)
    port, before = engine.port(stays), pid(stays)
    assert programs_of(str(once.id))
    engine.stop()
    assert engine.program.returncode == 0
    assert not engine.socket.exists()
    assert [programs_of(str(one.id)) for one in (stays, by_hand, once)] == [[], [], []]
    engine.start()
    stays, by_hand, once = (engine.client.containers.get(str(one.id)) for one in (stays, by_hand, once))
    until(lambda: state(stays)["Status"] == "running")
    assert pid(stays) != before
    assert engine.ask(stays)["env"]["PORT"] == str(port)
    assert [state(by_hand)["Status"], state(once)["Status"]] == ["exited", "exited"]


def test_a_deaf_container_does_not_hold_the_engines_end_up(engine: EngineProgram) -> None:
    deaf = "import signal,time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    container = engine.client.containers.run(PYTHON, ["python", "-c", deaf], detach=True, name="deaf")
    until(lambda: container.logs() == b"deaf\n")
    began = time.monotonic()
    engine.stop()
    assert time.monotonic() - began < 9  # `docker stop` would give it ten
    assert programs_of(str(container.id)) == []


def test_a_killed_engines_containers_are_ended_by_the_next_and_nobody_elses(engine: EngineProgram) -> None:
    container = engine.run(restart_policy=STAYS)
    deeper = ["python", "-c", "import subprocess; subprocess.run(['setsid', 'sleep', '100'])"]
    other = engine.client.containers.run(PYTHON, deeper, detach=True, name="deeper")
    until(lambda: len(programs_of(str(other.id))) >= 2)
    before = pid(container)
    stranger = psutil.Popen(["sleep", "100"], env={"GATEHOUSE_CONTAINER": "0" * 64})
    try:
        engine.stop(kill=True)
        assert psutil.pid_exists(before)
        engine.start()
        container = engine.client.containers.get(str(container.id))
        until(lambda: state(container)["Status"] == "running")
        assert pid(container) != before
        assert before not in [one.pid for one in programs_of(str(container.id))]
        assert programs_of(str(other.id)) == []
        shown = engine.client.containers.get(str(other.id)).attrs["State"]
        assert (shown["Status"], shown["ExitCode"]) == ("exited", 255)
        assert stranger.is_running()
    finally:
        stranger.kill()
        stranger.wait()


def test_two_engines_do_not_share_a_socket(engine: EngineProgram, tmp_path: Path) -> None:
    words = ["--dir", str(tmp_path), "--socket", str(engine.socket), "--extras", str(engine.extras)]
    second = subprocess.run([sys.executable, "-m", "sandbox.docker_engine", *words], capture_output=True, timeout=20)
    assert second.returncode == 1
    assert b"another engine answers on" in second.stderr
    assert engine.client.ping()


def test_extras_are_read_at_every_start(engine: EngineProgram) -> None:
    container = engine.run(environment={"OWN": "1"})
    assert engine.ask(container)["env"]["FROM_EXTRAS"] == "1"
    before = engine.extras.read_text()
    try:
        engine.extras.write_text(json.dumps({"environment": {"FROM_EXTRAS": "127.0.0.1:8501", "OWN": "2"}}))
        container.restart()
        said = engine.ask(container)["env"]
        assert (said["FROM_EXTRAS"], said["OWN"]) == ("127.0.0.1:8501", "1")
        engine.extras.write_text("not JSON")
        with pytest.raises(APIError, match="cannot be read"):
            container.restart()
    finally:
        engine.extras.write_text(before)


def test_a_probe_does_not_outlive_its_cancelling(tmp_path: Path) -> None:
    mark = "f" * 64
    launch = Launch(("/bin/sh", "-c", "sleep 100"), {"GATEHOUSE_CONTAINER": mark, "PATH": os.defpath}, tmp_path)

    async def cancelled() -> None:
        async def said(_: Health) -> None: ...

        watching = asyncio.create_task(watch(Check((), 0.01, 60, 3, 0), launch, said))
        while not programs_of(mark):
            await asyncio.sleep(0.05)
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)

    asyncio.run(cancelled())
    assert programs_of(mark) == []


def test_the_image_of_cloudflared_runs_the_connector(engine: EngineProgram) -> None:
    container = engine.client.containers.run("localhost/gatehouse/cloudflared:sandbox", detach=True, name="version")
    assert container.wait()["StatusCode"] == 0
    assert container.logs().startswith(b"cloudflared version gatehouse-sandbox")
    refused = engine.client.containers.run(
        "localhost/gatehouse/cloudflared:sandbox", ["tunnel", "run"], detach=True, name="run"
    )
    assert refused.wait()["StatusCode"] == 1
    assert b"TUNNEL_EDGE is not set" in refused.logs()


def test_what_is_removed_while_it_starts_leaves_no_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    starting, may_start = asyncio.Event(), asyncio.Event()
    start = Program.start

    async def slowly(launch: Launch, output: Output) -> Program:
        starting.set()
        await may_start.wait()
        return await start(launch, output)

    async def removed() -> str:
        engine = Engine(tmp_path, tmp_path / "extras.json")
        container = engine.create("slow", {"Image": PYTHON, "Cmd": ["sleep", "60"]})
        begun = asyncio.create_task(engine.start(container))
        await starting.wait()
        removals = [asyncio.create_task(engine.remove(container, force=True)) for _ in range(2)]
        await asyncio.sleep(0)
        may_start.set()
        assert await begun
        first, second = await asyncio.gather(*removals, return_exceptions=True)
        assert first is None
        assert str(second) == f"No such container: {container.id}"
        return container.id

    monkeypatch.setattr(Program, "start", slowly)
    assert programs_of(asyncio.run(removed())) == []
