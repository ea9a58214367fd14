"""Two commands on one sandbox: the kernel holds the turn, and gives it back however a command ends."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from sandbox.places import Places, SandboxError


@contextmanager
def in_turn(place: Places, name: str) -> Iterator[None]:
    """Wait until nobody else does this."""
    with place.turn(name).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def alone(place: Places, name: str, refusal: str) -> Iterator[None]:
    """Refuse where somebody else does this."""
    with place.turn(name).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise SandboxError(refusal) from error
        yield
