"""Programs that outlive the command that started them, and are only ever ended when they are surely ours."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

from sandbox.places import REPOSITORY, Places, SandboxError
from sandbox.ports import CANNOT_LISTEN, Preferred, choose
from sandbox.turns import in_turn

_START_WITHIN = 15.0
_STOP_WITHIN = 5.0
_TRIES = 5
_SOURCES = frozenset({".py", ".yaml", ".css", ".js", ".capnp"})


@dataclass(frozen=True)
class Running:
    """A program in the background: its id, the time it started (ids are used again), its ports and arguments.

    `source` is the state of the sandbox's own code at its start, in nanoseconds since 1970.
    """

    pid: int
    started: float
    ports: Mapping[str, int] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    source: int = 0


@dataclass(frozen=True)
class Program:
    """How a program is started, and how to know that it is up.

    `ports` names each port with those that are tried first; `--<name>-port` hands the chosen one over. They have to be
    free at all of `hosts`. `title` is what sentences call the program.
    """

    name: str
    title: str
    module: str
    arguments: tuple[str, ...]
    answers: Callable[[Running], bool]
    ports: Preferred = field(default_factory=dict)
    hosts: tuple[str, ...] = ("127.0.0.1",)
    stop_within: float = _STOP_WITHIN


def running(place: Places, name: str) -> Running | None:
    """The program that a record names, if that very program still runs."""
    recorded = _recorded(place.record(name))
    return recorded if recorded and _is_alive(recorded) else None


def ensure(place: Places, program: Program) -> tuple[Running, bool]:
    """The program, started if it does not run as wanted and answer; and whether it was started now."""
    with in_turn(place, f"start-{program.name}"):
        found = running(place, program.name)
        if found and found.arguments == program.arguments and program.answers(found):
            return found, False
        if found:
            stop(place, program.name, program.stop_within)
        before = _recorded(place.record(program.name))
        for _ in range(_TRIES):
            # The ports of last time keep addresses valid that somebody has exported or bookmarked.
            ports = choose(before.ports if before else {}, program.ports, program.hosts)
            started = None if ports is None else _start(place, program, ports)
            if started:
                return started, True
        raise SandboxError(f"{program.title} found no free port")


def stop(place: Places, name: str, within: float = _STOP_WITHIN) -> Running | None:
    """End the program, if it runs and is ours; the record stays, for its ports."""
    found = running(place, name)
    if found is None:
        return None
    with contextlib.suppress(psutil.NoSuchProcess):
        program = psutil.Process(found.pid)
        for end in (program.terminate, program.kill):
            end()
            if _ends_within(found, within):
                break
    return found


def is_outdated(place: Places, name: str) -> bool:
    """Whether it runs code that has been changed since, as after `git pull`."""
    found = running(place, name)
    return found is not None and found.source != _source()


def _source() -> int:
    return max(file.stat().st_mtime_ns for file in (REPOSITORY / "sandbox").rglob("*.*") if file.suffix in _SOURCES)


def _start(place: Places, program: Program, ports: Mapping[str, int]) -> Running | None:
    named = [word for name, port in ports.items() for word in (f"--{name}-port", str(port))]
    log = place.log(program.name)
    with log.open("ab") as out:
        child = subprocess.Popen(
            [sys.executable, "-m", program.module, *program.arguments, *named],
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    started = Running(child.pid, psutil.Process(child.pid).create_time(), dict(ports), program.arguments, _source())
    place.record(program.name).write_text(json.dumps(asdict(started)) + "\n")
    return started if _answers_soon(child, program, started, log) else None


def _answers_soon(child: subprocess.Popen[bytes], program: Program, started: Running, log: Path) -> bool:
    """Whether it came up; False where somebody else took a port in between."""
    deadline = time.monotonic() + _START_WITHIN
    while time.monotonic() < deadline:
        if child.poll() is not None:
            lines = log.read_text(errors="replace").strip().splitlines()
            last = lines[-1] if lines else "no output"
            if last.startswith(CANNOT_LISTEN):
                return False
            raise SandboxError(f"{program.title} did not start: {last} (see {log})")
        if _listens(started) and program.answers(started):
            # It outlives us: without a code Python would complain that nobody waited for it.
            child.returncode = 0
            return True
        time.sleep(0.05)
    child.terminate()
    child.wait()
    raise SandboxError(f"{program.title} did not answer within {_START_WITHIN:.0f} s (see {log})")


def _ends_within(recorded: Running, seconds: float) -> bool:
    # Not psutil's own wait: an ended program stays a zombie for as long as its adoptive parent likes.
    deadline = time.monotonic() + seconds
    while _is_alive(recorded):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _recorded(file: Path) -> Running | None:
    try:
        document = json.loads(file.read_text())
        ports = {str(name): int(port) for name, port in document["ports"].items()}
        arguments, source = tuple(document["arguments"]), int(document.get("source", 0))
        return Running(int(document["pid"]), float(document["started"]), ports, arguments, source)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _is_alive(recorded: Running) -> bool:
    try:
        program = psutil.Process(recorded.pid)
        same = abs(program.create_time() - recorded.started) < 0.1
        return same and program.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _listens(started: Running) -> bool:
    # Another sandbox may answer on the same port; what counts is that the sockets are this program's.
    try:
        sockets = psutil.Process(started.pid).net_connections(kind="tcp4")
    except psutil.Error:
        return False
    return set(started.ports.values()) <= {one.laddr.port for one in sockets if one.status == psutil.CONN_LISTEN}
