"""Carrying requests to an app's process, in place of the tunnel that `sandbox.front.carriage` otherwise carries to."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from sandbox.connector.origin import Exchange, OriginError, dial
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

_CONNECT_WITHIN = 5.0
_UPGRADE: Headers = (("connection", "Upgrade"), ("upgrade", "websocket"))


class AppUpstream:
    """An `Upstream` whose tunnels are Unix sockets."""

    async def request(self, tunnel_id: str, head: RequestHead, body: AsyncIterator[bytes]) -> Answer:
        """One request on a connection of its own."""
        exchange = await _dial(tunnel_id)
        sending = asyncio.create_task(_send(exchange, head, body))
        try:
            status, fields = await exchange.answer()
        except BaseException as error:
            await _give_up(exchange, sending)
            if isinstance(error, OriginError):
                raise ConnectionLostError(str(error)) from error
            raise
        return Answer(status, fields, _Body(exchange, sending), "origin")

    async def websocket(self, tunnel_id: str, head: RequestHead) -> WebSocketPipe:
        """Upgrade a connection."""
        exchange = await _dial(tunnel_id)
        try:
            await exchange.send_head(head.method, head.path, _headers(head, _UPGRADE))
            await exchange.end_body()
            status, fields = await exchange.answer()
        except OriginError as error:
            exchange.give_up()
            raise ConnectionLostError(str(error)) from error
        if status != 101:
            raise WebSocketRefusedError(Answer(status, fields, _Body(exchange), "origin"))
        return _Pipe(exchange, fields)


class _Pipe:
    """The raw bytes of an upgraded connection."""

    def __init__(self, exchange: Exchange, headers: Headers) -> None:
        self._exchange, self.headers = exchange, headers

    async def send(self, chunk: bytes) -> None:
        with contextlib.suppress(OriginError):
            await self._exchange.send_raw(chunk)

    async def receive(self) -> bytes:
        return await self._exchange.receive_raw()

    async def close(self) -> None:
        self._exchange.hang_up()


class _Body:
    """The answer's body, which gives the connection back when it is closed."""

    def __init__(self, exchange: Exchange, sending: asyncio.Task[None] | None = None) -> None:
        self._exchange, self._sending, self._chunks = exchange, sending, exchange.body()

    def __aiter__(self) -> _Body:
        return self

    async def __anext__(self) -> bytes:
        try:
            return await anext(self._chunks)
        except OriginError as error:
            raise ConnectionLostError(str(error)) from error

    async def aclose(self) -> None:
        await _give_up(self._exchange, self._sending)


async def _dial(socket: str) -> Exchange:
    try:
        return await dial(socket, None, "", _CONNECT_WITHIN)
    except OriginError as error:
        raise NoConnectorError(str(error)) from error


def _headers(head: RequestHead, further: Headers) -> Headers:
    return (("host", head.authority), *end_to_end(head.headers), *further)


async def _send(exchange: Exchange, head: RequestHead, body: AsyncIterator[bytes]) -> None:
    sized = any(name == "content-length" for name, _ in head.headers)
    chunked = any(name == "transfer-encoding" for name, _ in head.headers) and not sized
    further = (("transfer-encoding", "chunked"),) if chunked else ()
    try:
        await exchange.send_head(head.method, head.path, _headers(head, further))
        await exchange.send_body(body)
    except ConnectionAbortedError:
        exchange.give_up()  # the browser has gone: nobody waits for an answer
        raise


async def _give_up(exchange: Exchange, sending: asyncio.Task[None] | None) -> None:
    if sending is not None:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
    exchange.give_up()
