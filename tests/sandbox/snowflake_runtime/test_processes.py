"""Processes of apps: when they begin, change and end."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.places import REPOSITORY, SandboxError
from sandbox.snowflake_runtime import packages, probe
from sandbox.snowflake_runtime.launch import sleeping_time
from sandbox.snowflake_runtime.output import Output
from sandbox.snowflake_runtime.runtimes import Runtimes

from .account import HOST
from .served import World, is_alive, needs_environment, world_in
from .world import FakeApps, generic

PID = "import os\nreport(pid=os.getpid())\n"


def eventually(holds: Callable[[], bool], within: float = 10) -> None:
    until = time.monotonic() + within
    while not holds():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.02)


@needs_environment
def test_changed_files_count_at_the_next_visit_in_the_same_process(world: World) -> None:
    read = "import module, os\nreport(module=module.VALUE, text=open('data.txt').read(), pid=os.getpid())"
    app = world.create("Files", read, files={"module.py": "VALUE = 1", "data.txt": "one"})
    before = world.reported(app)
    world.apps.write(app, "module.py", "VALUE = 2")
    world.apps.write(app, "data.txt", "two")
    after = world.reported(app)
    assert (before["module"], before["text"]) == (1, "one")
    assert after == {"module": 2, "text": "two", "pid": before["pid"]}
    world.rewrite(app, "import os\nreport(script='new', pid=os.getpid())")
    assert world.reported(app) == {"script": "new", "pid": before["pid"]}


@needs_environment
def test_a_live_folder_that_was_swapped_counts_too(world: World) -> None:
    app = world.create("Swapped", "report(text=open('data.txt').read())", files={"data.txt": "one"})
    assert world.reported(app) == {"text": "one"}
    live = app.live
    assert live is not None
    live.rename(live.with_name("old"))
    world.create("Swapped", "report(text=open('data.txt').read())", files={"data.txt": "two"})
    assert world.reported(app) == {"text": "two"}


@needs_environment
@pytest.mark.parametrize(
    "change",
    [
        lambda world, app: world.apps.attached[app.url_id].update(key=generic("second")),
        lambda world, app: world.apps.change(app, query_warehouse="OTHER"),
        lambda world, app: world.apps.write(app, ".streamlit/config.toml", '[theme]\nbase = "dark"'),
    ],
    ids=["secret", "property", "settings"],
)
def test_what_a_process_starts_with_takes_a_new_one(world: World, change: Callable[[World, object], None]) -> None:
    app = world.create("Started", PID, secrets={"key": generic("first")})
    before = world.reported(app)["pid"]
    change(world, app)
    world.apps.change(app)
    assert world.reported(app)["pid"] != before
    assert not is_alive(before)


@needs_environment
def test_a_new_value_of_a_secret_is_what_the_app_gets(world: World) -> None:
    script = "import os\nreport(key=os.environ['key'])"
    app = world.create("Rotated", script, secrets={"key": generic("first-value")})
    assert world.reported(app) == {"key": "first-value"}
    world.apps.attached[app.url_id]["key"] = generic("second-value")
    world.apps.change(app)
    assert world.reported(app) == {"key": "second-value"}


@needs_environment
def test_a_container_is_shared_and_a_warehouse_process_is_of_one_viewer(world: World) -> None:
    shared, own = world.create("Shared", PID), world.create("Own", PID, runtime="warehouse")
    assert world.wake(shared, "MIKA").pid == world.wake(shared, "SAM").pid
    assert world.wake(own, "MIKA").pid != world.wake(own, "SAM").pid
    assert world.wake(own, "MIKA").pid == world.wake(own, "MIKA").pid
    assert probe.now(world.runtimes, own) == probe.now(world.runtimes, shared) == "serving"


@needs_environment
def test_many_visitors_at_once_start_one_process(world: World) -> None:
    app = world.create("Rush", PID)

    async def rush() -> set[int]:
        return {one.pid for one in await asyncio.gather(*(world.runtimes.wake(app, "X") for _ in range(5)))}

    assert len(world.run(rush())) == 1


@needs_environment
def test_from_the_warehouse_to_a_container(world: World) -> None:
    app = world.create("Moved", "import os\nreport(host=os.getenv('SNOWFLAKE_HOST'))", runtime="warehouse")
    assert world.reported(app) == {"host": None}
    viewers = world.wake(app, "MIKA")
    world.apps.change(app, runtime="container", compute_pool="POOL")
    assert world.reported(app) == {"host": HOST}
    eventually(lambda: not is_alive(viewers.pid))


@needs_environment
def test_a_dropped_app_ends(world: World) -> None:
    app = world.create("Dropped", PID)
    running = world.wake(app)
    del world.apps.apps[app.url_id]
    eventually(lambda: not is_alive(running.pid))
    eventually(lambda: not running.socket.parent.exists())


@needs_environment
def test_an_app_that_is_dropped_while_somebody_waits_is_not_started(world: World) -> None:
    app = world.create("Gone", PID)
    del world.apps.apps[app.url_id]
    with pytest.raises(SandboxError, match="no live version any more"):
        world.run(world.runtimes.wake(app))


@needs_environment
def test_the_sleep_timer_ends_a_viewers_process_once_nobody_is_there(tmp_path: Path) -> None:
    files = {".streamlit/config.toml": "[snowflake.sleep]\nstreamlitSleepTimeoutMinutes = 5"}
    with world_in(tmp_path, minute=0.6, look_every=0.05) as world:
        app = world.create("Sleepy", PID, runtime="warehouse", files=files)
        default = world.create("Default", PID, runtime="warehouse")
        shared = world.wake(world.create("Awake", PID, files=files))
        with world.visiting("MIKA") as client, world.stream(client, app):
            running = world.wake(app, "MIKA")
            time.sleep(1.5)
            assert is_alive(running.pid)
            longer = world.wake(default, "MIKA")
            left = time.monotonic()
        eventually(lambda: not is_alive(running.pid))
        assert time.monotonic() - left > 0.9
        assert is_alive(longer.pid)
        eventually(lambda: not is_alive(longer.pid))
        assert is_alive(shared.pid)
        assert world.wake(app, "MIKA").pid != running.pid


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("[snowflake.sleep]\nstreamlitSleepTimeoutMinutes = 8", 8),
        ("[snowflake.sleep]\nstreamlitSleepTimeoutMinutes = 4", 15),
        ("[snowflake.sleep]\nstreamlitSleepTimeoutMinutes = 241", 15),
        ('[snowflake.sleep]\nstreamlitSleepTimeoutMinutes = "8"', 15),
        ("[snowflake]\nsleep = 8", 15),
        ("[snowflake", 15),
        ("", 15),
    ],
)
def test_minutes_of_the_sleep_timer(tmp_path: Path, text: str, minutes: int) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text)
    assert sleeping_time(file) == minutes
    assert sleeping_time(tmp_path / "missing.toml") == 15


@needs_environment
def test_one_that_ends_by_itself_keeps_its_last_words_and_waits_for_a_change(world: World) -> None:
    app = world.create(
        "Crashing", "import os, sys\nprint('last words', file=sys.stderr)\nsys.stderr.flush()\nos._exit(3)"
    )
    assert world.reach(app) == "its process has ended: last words"
    running = world.runtimes.found(app)
    assert running is not None
    assert (running.code, list(running.output.last)) == (3, ["last words"])
    assert world.run(world.runtimes.wake(app)) is running
    world.rewrite(app, PID)
    assert world.reported(app)["pid"] != running.pid


@needs_environment
def test_the_probe_says_why_not(world: World) -> None:
    app = world.create("Failing", "import nowhere_to_be_found")
    assert probe.now(world.runtimes, app) == "not started"
    assert world.reach(app) == "its script fails: ModuleNotFoundError: No module named 'nowhere_to_be_found'"
    assert probe.now(world.runtimes, app) == "serving"
    assert world.reach(world.create("Unborn", None)) == "no live version"
    missing = world.create("Missing", PID, main_file="streamlit_app.py")
    world.apps.change(missing, main_file="elsewhere.py")
    assert world.reach(missing) != "serving"


@needs_environment
def test_the_probe_leaves_no_process_of_the_warehouse_runtime(world: World) -> None:
    app = world.create("Probed", PID, runtime="warehouse")
    pid = world.reported(app)["pid"]
    assert not is_alive(pid)
    assert world.runtimes.found(app, "") is None


@needs_environment
def test_the_end_of_the_runtimes_is_the_end_of_all_processes(tmp_path: Path) -> None:
    script = "import subprocess\nreport(child=subprocess.Popen(['sleep', '1000']).pid)"
    with world_in(tmp_path) as world:
        app = world.create("Parent", script)
        child = world.reported(app)["child"]
        running = world.runtimes.found(app)
        assert running is not None
        assert is_alive(child)
    eventually(lambda: not is_alive(child))
    assert not is_alive(running.pid)
    assert not (tmp_path / "processes").exists()


KILLED = """
import asyncio, sys
from pathlib import Path
import sandbox.cloudflare_api
from sandbox.snowflake_runtime import probe
from sandbox.snowflake_runtime.launch import AccountAddress
from sandbox.snowflake_runtime.runtimes import Runtimes
from tests.sandbox.snowflake_runtime.world import FakeApps

async def main(directory):
    apps = FakeApps(directory / "live")
    child = "import subprocess, os, pathlib, json\\n"
    child += f"pid = subprocess.Popen(['sleep', '1000']).pid\\n"
    child += f"pathlib.Path({str(directory / 'pids')!r}).write_text(json.dumps([os.getpid(), pid]))"
    app = apps.create("Orphan", child)
    async with Runtimes(apps, directory, AccountAddress("h.test", "A", 1, directory / "authority.pem")) as runtimes:
        print(await probe.reach(runtimes, app), flush=True)
        await asyncio.sleep(1000)

asyncio.run(main(Path(sys.argv[1])))
"""


@needs_environment
def test_nothing_is_left_when_the_program_is_killed(tmp_path: Path) -> None:
    (tmp_path / "authority.pem").touch()
    words = [sys.executable, "-c", KILLED, str(tmp_path)]
    with subprocess.Popen(words, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as program:
        try:
            assert program.stdout is not None
            assert program.stdout.readline() == "serving\n"
            pids = json.loads((tmp_path / "pids").read_text())
            assert all(map(is_alive, pids))
        finally:
            program.send_signal(signal.SIGKILL)
    eventually(lambda: not any(map(is_alive, pids)))


def test_what_is_not_installed_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "find", lambda: None)
    with world_in(tmp_path) as world:
        app = world.create("Nowhere", PID)
        assert world.reach(app) == "what Streamlit in Snowflake runs with is not installed: run `sandbox up`"
        with pytest.raises(SandboxError):
            world.run(world.runtimes.wake(app))


def test_homes_of_a_long_path_are_elsewhere_and_nobody_elses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = tmp_path / ("x" * 90)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    async def opened() -> Path:
        async with Runtimes(FakeApps(tmp_path), long, None) as runtimes:  # type: ignore[arg-type] # no app is started
            assert runtimes._homes.stat().st_mode & 0o777 == 0o700
            return runtimes._homes

    homes = asyncio.run(opened())
    assert (homes.parent, homes.exists()) == (tmp_path, False)
    homes.symlink_to(tmp_path)
    with pytest.raises(SandboxError, match="belongs to somebody else"):
        asyncio.run(opened())


def test_output_hides_secrets_of_several_lines_and_cuts_long_lines(tmp_path: Path) -> None:
    async def kept(*chunks: bytes) -> Output:
        output = Output(tmp_path / "app.log", ("first line\nsecond line", "abc", "first line and more"))
        reader = asyncio.StreamReader()
        for chunk in chunks:
            reader.feed_data(chunk)
        reader.feed_eof()
        await output.keep(reader)
        return output

    output = asyncio.run(kept(b"x first li", b"ne y\nsecond line\nabc\n\nfirst line and more\n", b"z" * 200_000))
    lines = (tmp_path / "app.log").read_text().splitlines()
    assert lines[:5] == ["x [secret] y", "[secret]", "abc", "", "[secret]"]
    assert len(lines[5]) == 1 << 16
    assert list(output.last) == [line for line in lines if line]
