"""The engine's own locks: an update that runs is waited for, one that was killed leaves its lock behind."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from pathlib import Path

import psutil

from sandbox.places import Places, SandboxError


@dataclass(frozen=True)
class Lock:
    """Who holds a stack: the engine's id, and whether it still runs."""

    stack: str
    pid: int
    alive: bool


def locks(place: Places, stack: str = "*") -> tuple[Lock, ...]:
    """The locks of a stack, or of all."""
    found = []
    for file in _files(place, stack):
        try:
            document = json.loads(file.read_text())
            pid = int(document["pid"])
            found.append(Lock(file.parent.name, pid, document["hostname"] == socket.gethostname() and _is_engine(pid)))
        except FileNotFoundError:
            continue
        except (ValueError, LookupError, TypeError):
            found.append(Lock(file.parent.name, 0, False))
    return tuple(found)


def clear(place: Places, stack: str) -> None:
    """Take away what dead engines have left of a stack."""
    if not any(lock.alive for lock in locks(place, stack)):
        for file in _files(place, stack):
            file.unlink(missing_ok=True)


def _files(place: Places, stack: str) -> list[Path]:
    directory = place.backend / ".pulumi" / "locks" / "organization" / place.project_name()
    return sorted(directory.glob(f"{stack}/*.json"))


def refuse_running(found: tuple[Lock, ...]) -> None:
    """Stop where an update still runs."""
    for lock in found:
        if lock.alive:
            raise SandboxError(
                f"an update of the stack `{lock.stack}` is running (pid {lock.pid}); try again when it has ended"
            )


def _is_engine(pid: int) -> bool:
    # Ids are used again: what bears another name is not the engine that took the lock.
    try:
        program = psutil.Process(pid)
        return program.name().startswith("pulumi") and program.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
