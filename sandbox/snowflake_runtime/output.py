"""What an app's process says: kept in the app's log without the values of its secrets, and the last lines at hand."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from pathlib import Path

from sandbox.bounded import append

_SHORTEST = 4  # characters; what is shorter is in too many words to be hidden
_LONGEST = 1 << 16  # bytes of a line; what is beyond is cut off
_AT_HAND = 25


class Output:
    """The output of one process. An app's processes share its log."""

    def __init__(self, file: Path, hidden: Iterable[str]) -> None:
        self.file = file
        self.last: deque[str] = deque(maxlen=_AT_HAND)
        pieces = {piece.strip() for value in hidden for piece in (value, *value.splitlines())}
        # The longest first: one may be a part of another.
        self._hidden = sorted((one for one in pieces if len(one) >= _SHORTEST), key=len, reverse=True)

    async def keep(self, reader: asyncio.StreamReader) -> None:
        """Write down what the process says until it says no more."""
        rest = b""
        while chunk := await reader.read(_LONGEST):
            *lines, rest = (rest + chunk).split(b"\n")
            rest = rest[:_LONGEST]
            self._write(lines)
        if rest:
            self._write([rest])

    def _write(self, lines: list[bytes]) -> None:
        shown = [self._without_secrets(line.decode("utf-8", "replace").rstrip()) for line in lines]
        self.last.extend(line for line in shown if line)
        append(self.file, "".join(f"{line}\n" for line in shown))

    def _without_secrets(self, line: str) -> str:
        for one in self._hidden:
            line = line.replace(one, "[secret]")
        return line
