"""What a container says: kept line by line as Docker's json-file driver does, and read back as the API frames it."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

from sandbox.docker_engine.records import now

_STREAMS = {"stdout": 1, "stderr": 2}
_LONGEST = 1 << 14  # bytes of a line; a longer one is kept in pieces, as Docker does
_LOOK_AGAIN = 0.1


@dataclass(frozen=True)
class Wanted:
    """Which lines a reader asks for; `since` and `until` are seconds since 1970."""

    streams: frozenset[str]
    tail: int | None = None
    timestamps: bool = False
    since: str = ""
    until: str = "~"


class Output:
    """The output of one container, over all its starts."""

    def __init__(self, file: Path) -> None:
        self._file = file

    async def keep(self, stream: str, reader: asyncio.StreamReader) -> None:
        """Write down what a program says until it says no more."""
        rest = b""
        while chunk := await reader.read(1 << 16):
            *lines, rest = (rest + chunk).split(b"\n")
            pieces = [line + b"\n" for line in lines]
            while len(rest) >= _LONGEST:
                pieces.append(rest[:_LONGEST])
                rest = rest[_LONGEST:]
            self._write(stream, pieces)
        if rest:
            self._write(stream, [rest])

    def frames(self, wanted: Wanted) -> bytes:
        """The lines so far, each behind Docker's eight bytes: the stream and the length."""
        lines = [entry for entry in self._entries(0) if _fits(entry, wanted)]
        if wanted.tail is not None:
            lines = lines[len(lines) - min(wanted.tail, len(lines)) :]
        return b"".join(_frame(entry, wanted) for entry in lines)

    async def follow(self, wanted: Wanted, over: asyncio.Event) -> AsyncIterator[bytes]:
        """The lines so far, and those to come until `over`."""
        position = self._size()
        yield self.frames(wanted)
        while True:
            last = over.is_set()
            size = self._size()
            if size > position:
                fresh = b"".join(_frame(entry, wanted) for entry in self._entries(position) if _fits(entry, wanted))
                position = size
                yield fresh
            if last:
                return
            await asyncio.sleep(_LOOK_AGAIN)

    def _write(self, stream: str, pieces: list[bytes]) -> None:
        with self._file.open("a", encoding="utf-8") as file:
            for piece in pieces:
                entry = {"log": piece.decode("utf-8", "replace"), "stream": stream, "time": now()}
                file.write(json.dumps(entry, ensure_ascii=False) + "\n")

    def _size(self) -> int:
        return self._file.stat().st_size if self._file.exists() else 0

    def _entries(self, position: int) -> Iterator[dict[str, str]]:
        if not self._file.exists():
            return
        with self._file.open(encoding="utf-8") as file:
            file.seek(position)
            for line in file:
                # A killed engine may have left half a line.
                if line.startswith("{") and line.endswith("}\n"):
                    yield json.loads(line)


def _fits(entry: dict[str, str], wanted: Wanted) -> bool:
    return entry["stream"] in wanted.streams and wanted.since <= entry["time"] <= wanted.until


def _frame(entry: dict[str, str], wanted: Wanted) -> bytes:
    text = f"{entry['time']} {entry['log']}" if wanted.timestamps else entry["log"]
    body = text.encode()
    return struct.pack(">BxxxL", _STREAMS[entry["stream"]], len(body)) + body
