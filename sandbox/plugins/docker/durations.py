"""Durations as Go reads and prints them: `90s` in a program is `1m30s` after a refresh."""

from __future__ import annotations

import re

_NANOSECONDS = {"h": 3_600_000_000_000, "m": 60_000_000_000, "s": 1_000_000_000, "ms": 1_000_000, "us": 1000, "ns": 1}
_PART = re.compile(r"([0-9]*\.?[0-9]+)(ms|us|ns|h|m|s)")


def nanoseconds(text: str) -> int:
    """What a text such as `1m30s` or `0.5s` amounts to; nothing, where it cannot be read."""
    return sum(round(float(number) * _NANOSECONDS[unit]) for number, unit in _PART.findall(text))


def spelled(amount: int) -> str:
    """The one spelling that Go prints."""
    for unit in ("ns", "us", "ms"):
        following = {"ns": 1000, "us": 1_000_000, "ms": 1_000_000_000}[unit]
        if 0 < amount < following:
            return f"{amount / _NANOSECONDS[unit]:.9g}{unit.replace('us', 'µs')}"
    minutes, rest = divmod(amount, _NANOSECONDS["m"])
    hours, minutes = divmod(minutes, 60)
    seconds = f"{rest / _NANOSECONDS['s']:.11g}s"
    if hours:
        return f"{hours}h{minutes}m{seconds}"
    return f"{minutes}m{seconds}" if minutes else seconds
