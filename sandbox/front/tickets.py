"""Things that may happen once: a login in progress, a code, a way back to an application."""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from typing import Generic, TypeVar

T = TypeVar("T")


class Tickets(Generic[T]):
    """Values under names that nobody can guess, each taken at most once and only for a while."""

    def __init__(self, lifetime: float, most: int = 10_000) -> None:
        self._lifetime = lifetime
        self._most = most
        self._open: OrderedDict[str, tuple[float, T]] = OrderedDict()

    def issue(self, value: T) -> str:
        """A new ticket. When too many are open, the oldest goes."""
        name = secrets.token_urlsafe(24)
        self._open[name] = (time.monotonic() + self._lifetime, value)
        while len(self._open) > self._most:
            self._open.popitem(last=False)
        return name

    def take(self, name: str) -> T | None:
        """What a ticket stands for; nothing when it was taken before, is too old or was never issued."""
        ends, value = self._open.pop(name, (0.0, None))
        return value if time.monotonic() < ends else None
