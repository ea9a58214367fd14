"""TCP services through a tunnel: bytes in WebSocket messages, as `cloudflared access tcp` sends them."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Iterator

import pytest
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import State
from websockets.uri import parse_uri

from sandbox.edge.upstream import RequestHead, WebSocketPipe, WebSocketRefusedError
from tests.sandbox.tunnel_world import BIG, Connector, Tunnel, TunnelWorld, free_port, tunnel_world, until


class Service:
    """A TCP service that says hello, echoes, and hangs up after `bye`."""

    def __init__(self) -> None:
        self.open = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        with contextlib.suppress(OSError):
            writer.write(b"SSH-2.0-test\r\n")
            while (chunk := await reader.read(65536)) and not chunk.endswith(b"bye"):
                writer.write(chunk)
                await writer.drain()
        writer.close()
        self.open -= 1


class Client:
    """The client's side: `cloudflared access tcp`, which knows WebSockets."""

    def __init__(self, world: TunnelWorld, tunnel: Tunnel, host: str) -> None:
        self._world = world
        self.protocol = ClientProtocol(parse_uri(f"wss://{host}/"), max_size=None)
        self._unread = b""
        request = self.protocol.connect()
        headers = tuple((name.lower(), value) for name, value in request.headers.raw_items())
        self.pipe: WebSocketPipe = world.loop.run(
            world.edge.upstream.websocket(tunnel.id, RequestHead("GET", host, "/", headers))
        )
        fields = "".join(f"{name}: {value}\r\n" for name, value in self.pipe.headers)
        self.protocol.receive_data(f"HTTP/1.1 101 Switching Protocols\r\n{fields}\r\n".encode())
        assert self.protocol.state is State.OPEN

    def send(self, text: bytes) -> None:
        self.protocol.send_binary(text)
        self.flush()

    def flush(self) -> None:
        for chunk in filter(None, self.protocol.data_to_send()):
            self._world.loop.run(self.pipe.send(chunk))

    def frames(self) -> list[Frame]:
        """The next frames that arrive; none at the end."""
        chunk = self._world.loop.run(self.pipe.receive())
        self.protocol.receive_data(chunk)
        found = [event for event in self.protocol.events_received() if not isinstance(event, Response)]
        return [event for event in found if isinstance(event, Frame)]

    def read(self, amount: int) -> bytes:
        while len(self._unread) < amount:
            self._unread += b"".join(bytes(frame.data) for frame in self.frames() if frame.opcode is Opcode.BINARY)
        found, self._unread = self._unread[:amount], self._unread[amount:]
        return found


class Line:
    """A tunnel with a TCP service behind it."""

    def __init__(self, world: TunnelWorld) -> None:
        self.world, self.service, self.tunnel = world, Service(), world.tunnel("streams")
        self.server = world.loop.run(asyncio.start_server(self.service.serve, "127.0.0.1", 0))  # type: ignore[arg-type]
        self.port = self.server.sockets[0].getsockname()[1]
        self.connector: Connector = world.connector(self.tunnel.token).wait()
        rules = [
            {"hostname": f"{kind}.example.com", "service": f"{kind}://127.0.0.1:{self.port}"}
            for kind in ("tcp", "ssh", "rdp", "smb")
        ]
        down: dict[str, object] = {"hostname": "down.example.com", "service": f"ssh://127.0.0.1:{free_port()}"}
        world.configure(self.tunnel, *rules, down)  # type: ignore[arg-type]
        until(lambda: "updated to configuration" in self.connector.said())

    def client(self, kind: str = "ssh") -> Client:
        return Client(self.world, self.tunnel, f"{kind}.example.com")


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    with tunnel_world(tmp_path_factory.mktemp("streams")) as world:
        line = Line(world)
        yield line
        line.server.close()


@pytest.mark.parametrize("kind", ["tcp", "ssh", "rdp", "smb"])
def test_bytes_pass_both_ways(line: Line, kind: str) -> None:
    client = line.client(kind)
    assert client.read(14) == b"SSH-2.0-test\r\n"
    client.send(b"hello")
    assert client.read(5) == b"hello"
    line.world.loop.run(client.pipe.close())
    until(lambda: line.service.open == 0)


def test_many_bytes_pass_whole_and_in_order(line: Line) -> None:
    client = line.client()
    client.read(14)
    sent = os.urandom(BIG)
    for start in range(0, BIG, 1 << 18):
        client.send(sent[start : start + (1 << 18)])
        assert client.read(1 << 18) == sent[start : start + (1 << 18)]
    line.world.loop.run(client.pipe.close())


def test_a_message_in_pieces_and_one_of_text(line: Line) -> None:
    client = line.client()
    client.read(14)
    client.protocol.send_binary(b"one", fin=False)
    client.protocol.send_continuation(b"two", fin=True)
    client.protocol.send_text(b"three")
    client.flush()
    assert client.read(11) == b"onetwothree"
    line.world.loop.run(client.pipe.close())


def test_a_ping_is_answered_while_bytes_flow(line: Line) -> None:
    client = line.client()
    client.read(14)
    client.protocol.send_ping(b"there?")
    client.flush()
    frames = client.frames()
    assert [(frame.opcode, bytes(frame.data)) for frame in frames] == [(Opcode.PONG, b"there?")]
    line.world.loop.run(client.pipe.close())


def test_a_service_that_hangs_up_says_goodbye(line: Line) -> None:
    client = line.client()
    client.read(14)
    client.send(b"good bye")
    closing: list[Frame] = []
    while not closing:
        closing = [frame for frame in client.frames() if frame.opcode is Opcode.CLOSE]
    assert client.protocol.close_rcvd is not None
    assert client.protocol.close_rcvd.code == 1000
    client.flush()
    assert line.world.loop.run(client.pipe.receive()) == b""
    line.world.loop.run(client.pipe.close())


def test_a_client_that_says_goodbye_is_heard(line: Line) -> None:
    client = line.client()
    client.read(14)
    until(lambda: line.service.open == 1)
    client.protocol.send_close(1000)
    client.flush()
    until(lambda: line.service.open == 0)
    line.world.loop.run(client.pipe.close())


def test_a_client_that_breaks_the_protocol_is_cut(line: Line) -> None:
    client = line.client()
    client.read(14)
    line.world.loop.run(client.pipe.send(b"\xff\xff no frame at all"))
    until(lambda: line.service.open == 0)
    assert [frame.opcode for frame in client.frames()] == [Opcode.CLOSE]
    assert client.protocol.close_rcvd is not None
    assert client.protocol.close_rcvd.code == 1002
    line.world.loop.run(client.pipe.close())


def test_a_service_that_is_down_is_a_502(line: Line) -> None:
    with pytest.raises(WebSocketRefusedError) as refused:
        line.client("down")
    answer = refused.value.answer
    assert (answer.status, answer.source) == (502, "cloudflared")
    line.world.loop.run(_text(answer.body))


def test_a_browser_is_told_that_it_is_no_website(line: Line) -> None:
    answer = line.world.fetch(line.tunnel, host="ssh.example.com")
    assert answer.status == 502
    assert f"ssh://127.0.0.1:{line.port} is not a website".encode() in answer.body


def test_a_handshake_without_a_key_is_refused(line: Line) -> None:
    head = RequestHead("GET", "ssh.example.com", "/", (("upgrade", "websocket"),))
    with pytest.raises(WebSocketRefusedError) as refused:
        line.world.loop.run(line.world.edge.upstream.websocket(line.tunnel.id, head))
    assert refused.value.answer.status == 502
    assert "no WebSocket handshake" in line.connector.said()
    line.world.loop.run(_text(refused.value.answer.body))


async def _text(body: object) -> bytes:
    return b"".join([chunk async for chunk in body])  # type: ignore[attr-defined]
