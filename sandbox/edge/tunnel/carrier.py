"""Requests and WebSockets of browsers over the live connections: the `Upstream` of the browser side."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from sandbox.edge.protocol.packing import (
    RESPONSE_HEADERS,
    RESPONSE_META,
    UPGRADE,
    WEBSOCKET,
    PackingError,
    source_of,
    unpack,
    value_of,
)
from sandbox.edge.protocol.stream import Stream, StreamLostError
from sandbox.edge.tunnel.roster import Roster
from sandbox.edge.upstream import (
    Answer,
    ConnectionLostError,
    Headers,
    NoConnectorError,
    RequestHead,
    WebSocketPipe,
    WebSocketRefusedError,
    end_to_end,
)

_GOODBYE = 2.0
_log = logging.getLogger(__name__)


class Carrier:
    """Carries a request over the connection whose turn it is. What was sent once is never sent again."""

    def __init__(self, roster: Roster) -> None:
        self._roster = roster

    async def request(self, tunnel_id: str, head: RequestHead, body: AsyncIterator[bytes]) -> Answer:
        """Send one request; both bodies stream."""
        first = await anext(body, None)
        stream = self._open(tunnel_id, _fields(head, ()), end=first is None)
        sending = None if first is None else asyncio.create_task(_send(stream, first, body))
        try:
            return _answer(await stream.answer(), _Incoming(stream, sending))
        except (StreamLostError, PackingError) as error:
            await _Incoming(stream, sending).aclose()
            raise ConnectionLostError(str(error)) from error
        except asyncio.CancelledError:
            await _Incoming(stream, sending).aclose()
            raise

    async def websocket(self, tunnel_id: str, head: RequestHead) -> WebSocketPipe:
        """Open a WebSocket. The connector says 200 where the origin said 101."""
        stream = self._open(tunnel_id, _fields(head, ((UPGRADE, WEBSOCKET),)), end=False)
        try:
            fields = await stream.answer()
            answer = _answer(fields, _Incoming(stream, None))
            packed = unpack(value_of(fields, RESPONSE_HEADERS) or "")
        except (StreamLostError, PackingError) as error:
            stream.cancel()
            raise ConnectionLostError(str(error)) from error
        except asyncio.CancelledError:
            stream.cancel()
            raise
        if answer.status != 200 or value_of(packed, "sec-websocket-accept") is None:
            stream.end()
            raise WebSocketRefusedError(answer)
        return _Pipe(stream, packed)

    def _open(self, tunnel_id: str, fields: Headers, *, end: bool) -> Stream:
        while connection := self._roster.next(tunnel_id):
            try:
                return connection.link.open(fields, end)
            except StreamLostError as error:
                if not connection.link.lost:
                    raise ConnectionLostError(str(error)) from error
        raise NoConnectorError(tunnel_id)


class _Incoming:
    """An answer's body. Closing it ends the request's body too."""

    def __init__(self, stream: Stream, sending: asyncio.Task[None] | None) -> None:
        self._stream, self._sending = stream, sending

    def __aiter__(self) -> _Incoming:
        return self

    async def __anext__(self) -> bytes:
        try:
            chunk = await self._stream.receive()
        except StreamLostError as error:
            await self.aclose()
            raise ConnectionLostError(str(error)) from error
        if not chunk:
            await self.aclose()
            raise StopAsyncIteration
        return chunk

    async def aclose(self) -> None:
        if self._sending is not None:
            self._sending.cancel()
        self._stream.cancel()


class _Pipe:
    """An open WebSocket."""

    def __init__(self, stream: Stream, headers: Headers) -> None:
        self._stream, self._headers = stream, headers

    @property
    def headers(self) -> Headers:
        return self._headers

    async def send(self, chunk: bytes) -> None:
        try:
            await self._stream.send(chunk)
        except StreamLostError as error:
            raise ConnectionLostError(str(error)) from error

    async def receive(self) -> bytes:
        try:
            return await self._stream.receive()
        except StreamLostError:
            return b""

    async def close(self) -> None:
        """Let the origin hear what was sent last: a reset would overtake the closing frame."""
        self._stream.end()
        try:
            with contextlib.suppress(StreamLostError, TimeoutError):
                async with asyncio.timeout(_GOODBYE):
                    while await self._stream.receive():
                        pass
        finally:
            self._stream.cancel()


def _fields(head: RequestHead, extra: Headers) -> Headers:
    return (
        (":method", head.method),
        (":scheme", "https"),
        (":authority", head.authority),
        (":path", head.path),
        *((name, value) for name, value in end_to_end(head.headers) if name != "host"),
        *extra,
    )


def _answer(fields: Headers, body: _Incoming) -> Answer:
    packed = unpack(value_of(fields, RESPONSE_HEADERS) or "")
    source = source_of(value_of(fields, RESPONSE_META))
    length = value_of(fields, "content-length")
    if length is not None and source == "origin" and value_of(packed, "content-length") is None:
        packed = (*packed, ("content-length", length))
    return Answer(int(value_of(fields, ":status") or 502), end_to_end(packed), body, source)


async def _send(stream: Stream, first: bytes, rest: AsyncIterator[bytes]) -> None:
    """Send a body. When it breaks off at the browser, the origin has to see that it is not whole."""
    try:
        await stream.send(first)
        async for chunk in rest:
            await stream.send(chunk)
    except StreamLostError:
        return
    except Exception as error:
        if not isinstance(error, OSError):  # that one is the browser leaving
            _log.exception("a request's body cannot be read")
        stream.cancel()
        return
    stream.end()
