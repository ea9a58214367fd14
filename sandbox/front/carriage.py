"""Carrying admitted requests: HTTP bodies stream both ways; WebSocket messages become frames and back."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
from collections.abc import AsyncIterator, Iterable

from starlette.types import Message, Receive, Scope, Send
from websockets.frames import Frame, Opcode
from websockets.protocol import CLIENT, Protocol, State

from sandbox.edge.upstream import (
    Answer,
    Headers,
    RequestHead,
    Upstream,
    WebSocketPipe,
    WebSocketRefusedError,
    end_to_end,
)

# Says that an answer came through the tunnel, and who wrote it there; no origin can say it of itself.
ANSWERED_BY = "x-sandbox-answered-by"
_HANDSHAKE = frozenset({"sec-websocket-key", "sec-websocket-version", "sec-websocket-extensions"})
_LARGEST_MESSAGE = 256 * 2**20
_NOT_SENT = frozenset({1005, 1006, 1015})  # close codes that only tell, and may not be in a frame


class OriginDownError(Exception):
    """The connector says that it got no answer from the origin."""


async def carry_request(
    upstream: Upstream, tunnel_id: str, head: RequestHead, cookies: Iterable[str], receive: Receive, send: Send
) -> None:
    """One request to the origin, and its answer to the browser as it comes, for as long as the browser is there."""
    sent = asyncio.Event()

    async def carried() -> None:
        answer = await upstream.request(tunnel_id, head, _body(receive, sent))
        # Whatever happens from here on, the tunnel's stream behind the body is given back.
        async with contextlib.aclosing(answer.body):
            await _check_origin(answer)
            await _send_answer(answer, cookies, send, with_body=head.method != "HEAD")

    work, leaving = asyncio.create_task(carried()), asyncio.create_task(_left(receive, sent))
    try:
        await asyncio.wait((work, leaving), return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            work.result()
    finally:
        work.cancel()
        leaving.cancel()
        await asyncio.gather(work, leaving, return_exceptions=True)


async def _check_origin(answer: Answer) -> None:
    if answer.source == "cloudflared" and answer.status == 502:
        await answer.body.aclose()
        raise OriginDownError


async def _body(receive: Receive, sent: asyncio.Event) -> AsyncIterator[bytes]:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionAbortedError("the browser went away")
        if message.get("body"):
            yield message["body"]
        if not message.get("more_body"):
            sent.set()
            return


async def _left(receive: Receive, sent: asyncio.Event) -> None:
    """Returns when the browser has gone; until its request is sent, whoever reads that notices it."""
    await sent.wait()
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send_answer(answer: Answer, cookies: Iterable[str], send: Send, *, with_body: bool = True) -> None:
    """An origin's answer as ASGI messages."""
    kept = [(name, value) for name, value in end_to_end(answer.headers) if name != ANSWERED_BY]
    headers = [*kept, (ANSWERED_BY, answer.source), *(("set-cookie", value) for value in cookies)]
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    async with contextlib.aclosing(answer.body) as chunks:
        await send({"type": "http.response.start", "status": answer.status, "headers": encoded})
        async for chunk in chunks:
            if with_body:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def upgrade_head(path: str, authority: str, headers: Headers) -> RequestHead:
    """The handshake to the origin. Compression is left out: what passes here is read frame by frame."""
    kept = tuple((name, value) for name, value in headers if name not in _HANDSHAKE)
    key = base64.b64encode(os.urandom(16)).decode()
    return RequestHead("GET", authority, path, (*kept, ("sec-websocket-key", key), ("sec-websocket-version", "13")))


async def carry_websocket(
    upstream: Upstream, tunnel_id: str, head: RequestHead, scope: Scope, receive: Receive, send: Send
) -> None:
    """A WebSocket, opened at the origin first, so that its refusal reaches the browser."""
    await receive()  # websocket.connect
    try:
        pipe = await upstream.websocket(tunnel_id, head)
    except WebSocketRefusedError as refusal:
        await _check_origin(refusal.answer)
        await _refuse_with(refusal.answer, scope, send)
        return
    try:
        answered = {name.lower(): value for name, value in pipe.headers}
        cookies = [
            (b"set-cookie", value.encode("latin-1")) for name, value in pipe.headers if name.lower() == "set-cookie"
        ]
        protocol = answered.get("sec-websocket-protocol")
        await send({"type": "websocket.accept", "subprotocol": protocol, "headers": cookies})
        await _exchange(pipe, receive, send)
    finally:
        await pipe.close()


async def _refuse_with(answer: Answer, scope: Scope, send: Send) -> None:
    """An HTTP answer in place of the handshake's, where the server can send one."""
    if "websocket.http.response" not in (scope.get("extensions") or {}):
        await send({"type": "websocket.close", "code": 1008, "reason": ""})
        return

    async def prefixed(message: Message) -> None:
        await send({**message, "type": f"websocket.{message['type']}"})

    await _send_answer(answer, (), prefixed)


async def _exchange(pipe: WebSocketPipe, receive: Receive, send: Send) -> None:
    frames = _Frames(pipe)
    directions = {
        asyncio.create_task(frames.to_origin(receive)),
        asyncio.create_task(frames.to_browser(send)),
    }
    try:
        done, _ = await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in directions:
            task.cancel()
        await asyncio.gather(*directions, return_exceptions=True)


class _Frames:
    """The origin's side of one WebSocket: messages of the browser as frames, frames of the origin as messages."""

    def __init__(self, pipe: WebSocketPipe) -> None:
        self._pipe = pipe
        self._wire = Protocol(CLIENT, state=State.OPEN, max_size=_LARGEST_MESSAGE)
        # Both directions write (answers to pings), and a frame must not land inside another.
        self._writing = asyncio.Lock()

    async def to_origin(self, receive: Receive) -> None:
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                code = int(message.get("code") or 1000)
                self._wire.send_close(1000 if code in _NOT_SENT else code, str(message.get("reason") or ""))
                await self._flush()
                return
            if message.get("bytes") is not None:
                self._wire.send_binary(message["bytes"])
            else:
                self._wire.send_text(str(message.get("text") or "").encode())
            await self._flush()

    async def to_browser(self, send: Send) -> None:
        """Pings end here: the browser's side of the edge has its own."""
        kind, parts = Opcode.TEXT, bytearray()
        while self._wire.state is State.OPEN:
            chunk = await self._pipe.receive()
            if chunk:
                self._wire.receive_data(chunk)
            else:
                self._wire.receive_eof()
            for frame in self._wire.events_received():
                if not isinstance(frame, Frame) or frame.opcode not in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
                    continue
                if frame.opcode is not Opcode.CONT:
                    kind, parts = frame.opcode, bytearray()
                parts += frame.data
                if frame.fin:
                    await send(_message(kind, bytes(parts)))
            await self._flush()
            if not chunk:
                break
        said = self._wire.close_rcvd
        code, reason = (said.code, said.reason) if said else (1011, "")
        await send({"type": "websocket.close", "code": 1000 if code in _NOT_SENT else code, "reason": reason})

    async def _flush(self) -> None:
        async with self._writing:
            for chunk in self._wire.data_to_send():
                if chunk:  # an empty one stands for the end of the stream, which `close` makes
                    await self._pipe.send(chunk)


def _message(kind: Opcode, content: bytes) -> Message:
    if kind is Opcode.TEXT:
        return {"type": "websocket.send", "text": content.decode()}
    return {"type": "websocket.send", "bytes": content}
