"""The part of requirements.lock that a few packages need, for an image in which only they are installed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def locked(lock: Path, wanted: Iterable[str]) -> str:
    """The entries, with their hashes, of these packages and of all that they need."""
    entries = re.split(r"\n(?=[a-z0-9])", lock.read_text(encoding="utf-8"))
    named = {_normal(entry): "\n".join(line for line in entry.splitlines() if "#" not in line) for entry in entries}
    return "\n".join(named[name] for name in sorted(_closure(wanted)) if name in named) + "\n"


def _closure(wanted: Iterable[str]) -> set[str]:
    found: set[str] = set()
    left = [_normal(name) for name in wanted]
    while left:
        name = left.pop()
        if name in found:
            continue
        try:
            needed = requires(name) or []
        except PackageNotFoundError:
            # Needed on another system or by another Python only.
            continue
        found.add(name)
        left += [_normal(line) for line in needed if "extra ==" not in line]
    return found


def _normal(text: str) -> str:
    match = _NAME.match(text)
    return re.sub(r"[-_.]+", "-", match[0]).lower() if match else ""
