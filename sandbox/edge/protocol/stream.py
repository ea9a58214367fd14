"""One HTTP/2 stream: bytes both ways, each waiting where the other end's window is full."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Protocol

from sandbox.edge.upstream import Headers


class StreamLostError(Exception):
    """The stream was reset or its connection broke."""


class Frames(Protocol):
    """What a stream needs of its connection. Everything but `drained` acts at once."""

    def room(self, number: int) -> int: ...

    def send_headers(self, number: int, headers: Headers, end: bool) -> None: ...

    def send_bytes(self, number: int, chunk: bytes | memoryview) -> None: ...

    def end(self, number: int) -> None: ...

    def reset(self, number: int) -> None: ...

    def consumed(self, number: int, amount: int) -> None: ...

    async def drained(self) -> None: ...


class Stream:
    """One stream. `headers` are the request's at the connector, and the answer's, once there, at the edge."""

    def __init__(self, frames: Frames, number: int, headers: Headers = ()) -> None:
        self.number = number
        self.headers = headers
        self._frames = frames
        self._arrived: deque[tuple[bytes, int]] = deque()
        self._moved = asyncio.Event()  # something arrived, ended or was lost
        self._window = asyncio.Event()
        self._answered = bool(headers)
        self._ended = self._lost = self._said_end = False

    @property
    def at_end(self) -> bool:
        """Whether the other end has said everything and all of it was read."""
        return self._ended and not self._arrived

    async def answer(self) -> Headers:
        """The headers that the other end answers with."""
        while not self._answered:
            await self._move()
        return self.headers

    async def receive(self) -> bytes:
        """The next bytes; empty at the end. The other end may send more only when these were taken."""
        while not self._arrived:
            if self._ended:
                return b""
            await self._move()
        chunk, amount = self._arrived.popleft()
        self._frames.consumed(self.number, amount)
        return chunk

    def respond(self, headers: Headers, end: bool = False) -> None:
        """Send the answer's headers."""
        self._check()
        self._said_end = end
        self._frames.send_headers(self.number, headers, end)

    async def send(self, chunk: bytes) -> None:
        """Send all of `chunk`, as fast as the other end takes it."""
        rest = memoryview(chunk)
        while rest:
            size = min(await self._room(), len(rest))
            self._frames.send_bytes(self.number, rest[:size])
            rest = rest[size:]
            await self._frames.drained()

    def end(self) -> None:
        """No more bytes from this end; harmless when that was said or the stream is gone."""
        if not (self._said_end or self._lost):
            self._said_end = True
            self._frames.end(self.number)

    def cancel(self) -> None:
        """Give the stream up, and give back the room that unread bytes take; harmless when both ends are done."""
        for _, amount in self._arrived:
            self._frames.consumed(self.number, amount)
        self._arrived.clear()
        if not self._lost and not (self._ended and self._said_end):
            self.lose()
            self._frames.reset(self.number)

    def arrive(self, chunk: bytes, amount: int) -> None:
        """Bytes came in; `amount` is what they take of the window, padding included."""
        self._arrived.append((chunk, amount))
        self._moved.set()

    def arrive_answer(self, headers: Headers) -> None:
        self.headers, self._answered = headers, True
        self._moved.set()

    def arrive_end(self) -> None:
        self._ended = True
        self._moved.set()

    def lose(self) -> None:
        """Reset, or the connection is gone. What has arrived whole stays readable."""
        self._lost = True
        self._moved.set()
        self._window.set()

    def window_moved(self) -> None:
        self._window.set()

    async def _room(self) -> int:
        while True:
            self._check()
            room = self._frames.room(self.number)
            if room > 0:
                return room
            self._window.clear()
            await self._window.wait()

    async def _move(self) -> None:
        self._check()
        self._moved.clear()
        await self._moved.wait()

    def _check(self) -> None:
        if self._lost:
            raise StreamLostError(f"stream {self.number} is gone")
