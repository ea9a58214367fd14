"""WebSockets for tests: an origin that echoes, and a browser that sends and listens."""

from __future__ import annotations

import asyncio
from typing import Any

from websockets.frames import Frame, Opcode
from websockets.protocol import SERVER, Protocol, State

from .world import FrontWorld

Json = dict[str, Any]


class Echo:
    """An origin's WebSocket that sends every message back in two frames, and pings in between."""

    headers = (("sec-websocket-accept", "x"), ("sec-websocket-protocol", "streamlit"), ("set-cookie", "own=2"))

    def __init__(self) -> None:
        self.wire = Protocol(SERVER, state=State.OPEN)
        self.out: asyncio.Queue[bytes] = asyncio.Queue()
        self.pongs = 0
        self.closed = False

    async def send(self, chunk: bytes) -> None:
        self.wire.receive_data(chunk)
        for frame in self.wire.events_received():
            assert isinstance(frame, Frame)
            if frame.opcode in (Opcode.TEXT, Opcode.BINARY):
                half = len(frame.data) // 2
                self.wire.send_ping(b"?")
                send = self.wire.send_text if frame.opcode is Opcode.TEXT else self.wire.send_binary
                send(frame.data[:half], fin=False)
                self.wire.send_continuation(frame.data[half:], fin=True)
            self.pongs += frame.opcode is Opcode.PONG
        for piece in self.wire.data_to_send():
            if piece:
                self.out.put_nowait(piece[:3])
                self.out.put_nowait(piece[3:])

    async def receive(self) -> bytes:
        while True:
            if self.closed:
                return b""
            if piece := await self.out.get():
                return piece

    async def close(self) -> None:
        self.closed = True


def websocket(front: FrontWorld, url: str, headers: list[tuple[str, str]], sent: list[Json]) -> list[Json]:
    """The messages that a browser gets over a WebSocket, after it has sent those."""
    host, _, path = url.removeprefix("https://").partition("/")
    scope = {
        "type": "websocket",
        "scheme": "wss",
        "path": f"/{path}",
        "raw_path": f"/{path}".encode(),
        "query_string": b"",
        "headers": [(b"host", host.encode()), *((n.encode(), v.encode()) for n, v in headers)],
        "client": ("127.0.0.1", 5),
        "subprotocols": ["streamlit"],
        "extensions": {"websocket.http.response": {}},
    }
    got: list[Json] = []
    left = [{"type": "websocket.connect"}, *sent]

    async def receive() -> Json:
        if not left:
            while len([one for one in got if one["type"] == "websocket.send"]) < len(sent):
                await asyncio.sleep(0)
            return {"type": "websocket.disconnect", "code": 1001}
        return left.pop(0)

    async def send(message: Json) -> None:
        got.append(message)

    front.loop.run_until_complete(asyncio.wait_for(front.front(scope, receive, send), 5))  # type: ignore[arg-type]
    return got
