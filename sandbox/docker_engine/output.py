"""What a container says: kept line by line as Docker's json-file driver does, and read back as the API frames it."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

from sandbox.bounded import append, older
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
        lines = [entry for entry in (*_entries(older(self._file)), *_entries(self._file)) if _fits(entry, wanted)]
        if wanted.tail is not None:
            lines = lines[len(lines) - min(wanted.tail, len(lines)) :]
        return b"".join(_frame(entry, wanted) for entry in lines)

    async def follow(self, wanted: Wanted, over: asyncio.Event) -> AsyncIterator[bytes]:
        """The lines so far, and those to come until `over`."""
        seen = self._end()
        yield self.frames(wanted)
        while True:
            last = over.is_set()
            end = self._end()
            if end != seen:
                fresh = b"".join(_frame(entry, wanted) for entry in self._since(seen) if _fits(entry, wanted))
                seen = end
                yield fresh
            if last:
                return
            await asyncio.sleep(_LOOK_AGAIN)

    def _write(self, stream: str, pieces: list[bytes]) -> None:
        entries = ({"log": piece.decode("utf-8", "replace"), "stream": stream, "time": now()} for piece in pieces)
        append(self._file, "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries))

    def _end(self) -> tuple[int, int]:
        """Which file is written now, and how long it is."""
        try:
            found = self._file.stat()
        except FileNotFoundError:
            return 0, 0
        return found.st_ino, found.st_size

    def _since(self, seen: tuple[int, int]) -> Iterator[dict[str, str]]:
        file, position = seen
        if file and file != self._end()[0]:  # it was full, and is the older one now
            yield from _entries(older(self._file), position)
            position = 0
        yield from _entries(self._file, position)


def _entries(path: Path, position: int = 0) -> Iterator[dict[str, str]]:
    if not path.exists():
        return
    with path.open(encoding="utf-8") as file:
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
