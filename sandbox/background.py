"""Programs that outlive the command that started them, and are only ever ended when they are surely ours."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx
import psutil

from sandbox.invocation import command
from sandbox.places import REPOSITORY, Places, SandboxError
from sandbox.turns import in_turn

API = "cloudflare-api"
_HOST = "127.0.0.1"
_PORT = 8787
_START_WITHIN = 15.0
_STOP_WITHIN = 5.0


@dataclass(frozen=True)
class Running:
    """A program in the background: its id, the time it started (ids are used again), and its port."""

    pid: int
    started: float
    port: int

    @property
    def origin(self) -> str:
        """Where it listens."""
        return f"http://{_HOST}:{self.port}"

    @property
    def base_url(self) -> str:
        """Where the API is below it."""
        return f"{self.origin}/client/v4"


def running(place: Places, name: str = API) -> Running | None:
    """The program that a record names, if that very program still runs."""
    recorded = _recorded(place.record(name))
    return recorded if recorded and _is_alive(recorded) else None


def ensure_api(place: Places) -> tuple[Running, bool]:
    """The local API, started if it does not run; and whether it was started now."""
    with in_turn(place, "start"):
        return _ensure_api(place)


def _ensure_api(place: Places) -> tuple[Running, bool]:
    found = running(place)
    if found and _answers(found):
        return found, False
    if found:
        stop(place)
    _refuse_damaged(place.cloudflare / "state.json")
    before = _recorded(place.record(API))
    # The port of last time keeps addresses valid that somebody has exported into a shell.
    for wanted in (before.port if before else _PORT, _PORT, 0):
        started = _start_api(place, wanted)
        if started:
            return started, True
    raise SandboxError("the local Cloudflare API found no free port")


def _refuse_damaged(state: Path) -> None:
    """The API writes this file whole or not at all, so what cannot be read was changed by somebody else."""
    try:
        sound = not state.exists() or "objects" in json.loads(state.read_text(encoding="utf-8"))
    except (ValueError, TypeError):
        sound = False
    if not sound:
        raise SandboxError(
            f"{state} is damaged, so the local Cloudflare API cannot start. Start again from nothing:\n"
            f"  {command()} reset\n  {command()} up"
        )


def _start_api(place: Places, wanted: int) -> Running | None:
    port = _free_port(wanted)
    if port is None:
        return None
    program_line = [sys.executable, "-m", "sandbox.cloudflare_api", "--dir", str(place.cloudflare), "--port", str(port)]
    log = place.log(API)
    with log.open("ab") as out:
        program = subprocess.Popen(
            program_line, cwd=REPOSITORY, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )
    started = Running(program.pid, psutil.Process(program.pid).create_time(), port)
    place.record(API).write_text(json.dumps(asdict(started)) + "\n")
    return started if _answers_soon(program, started, log) else None


def stop(place: Places, name: str = API) -> Running | None:
    """End the program, if it runs and is ours; the record stays, for its port."""
    found = running(place, name)
    if found is None:
        return None
    with contextlib.suppress(psutil.NoSuchProcess):
        program = psutil.Process(found.pid)
        for end in (program.terminate, program.kill):
            end()
            if _ends_within(found, _STOP_WITHIN):
                break
    return found


def _ends_within(recorded: Running, seconds: float) -> bool:
    # Not psutil's own wait: an ended program stays a zombie for as long as its adoptive parent likes.
    deadline = time.monotonic() + seconds
    while _is_alive(recorded):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def list_objects(api: Running) -> list[tuple[str, str, str]] | None:
    """Collection, id and name of everything that a program has created and not destroyed; None without an answer."""
    try:
        listed = httpx.get(f"{api.origin}/__sandbox/objects", timeout=5, trust_env=False).json()
    except (httpx.HTTPError, ValueError):
        return None
    return [
        (
            collection,
            str(item.get("id") or item.get("tunnel_id") or item.get("name") or ""),
            str(item.get("name") or ""),
        )
        for collection, objects in listed.items()
        for item in objects
    ]


def forget(api: Running) -> bool:
    """Put the API back to its first day; False where it does not answer."""
    try:
        return httpx.post(f"{api.origin}/__sandbox/reset", timeout=10, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def _recorded(file: Path) -> Running | None:
    try:
        document = json.loads(file.read_text())
        return Running(int(document["pid"]), float(document["started"]), int(document["port"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _is_alive(recorded: Running) -> bool:
    try:
        program = psutil.Process(recorded.pid)
        same = abs(program.create_time() - recorded.started) < 0.1
        return same and program.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _answers(api: Running) -> bool:
    try:
        return httpx.get(f"{api.origin}/__sandbox/health", timeout=5, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def _free_port(wanted: int) -> int | None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, wanted))
        except OSError:
            return None
        return int(probe.getsockname()[1])


def _answers_soon(program: subprocess.Popen[bytes], api: Running, log: Path) -> bool:
    """Whether it came up; False where somebody else took the port in between."""
    deadline = time.monotonic() + _START_WITHIN
    while time.monotonic() < deadline:
        if program.poll() is not None:
            lines = log.read_text(errors="replace").strip().splitlines()
            last = lines[-1] if lines else "no output"
            if "cannot listen" in last:
                return False
            raise SandboxError(f"the local Cloudflare API did not start: {last} (see {log})")
        if _listens(api) and _answers(api):
            # It outlives us: without a code Python would complain that nobody waited for it.
            program.returncode = 0
            return True
        time.sleep(0.05)
    program.terminate()
    program.wait()
    raise SandboxError(f"the local Cloudflare API did not answer within {_START_WITHIN:.0f} s (see {log})")


def _listens(api: Running) -> bool:
    # Another sandbox may answer on the same port; what counts is that the socket is this program's.
    try:
        sockets = psutil.Process(api.pid).net_connections(kind="tcp4")
    except psutil.Error:
        return False
    return any(item.status == psutil.CONN_LISTEN and item.laddr.port == api.port for item in sockets)
