"""What a tunnel carries: requests, bodies, WebSockets, by rules that change while it runs."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from websockets.client import ClientProtocol
from websockets.frames import Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from sandbox.edge.upstream import (
    ConnectionLostError,
    NoConnectorError,
    RequestHead,
    WebSocketPipe,
    WebSocketRefusedError,
)
from tests.sandbox.tunnel_world import (
    APP,
    BIG,
    LEFT,
    Connector,
    Tunnel,
    TunnelWorld,
    chunks,
    free_port,
    tunnel_world,
    until,
)


@dataclass(frozen=True)
class Line:
    """A tunnel with its connector."""

    world: TunnelWorld
    tunnel: Tunnel
    connector: Connector

    def configure(self, *rules: dict[str, object]) -> None:
        """Change the rules, and wait until the connector has taken them."""
        self.world.configure(self.tunnel, *rules)
        version = self.world.api.get(f"/cfd_tunnel/{self.tunnel.id}/configurations").json()["result"]["version"]
        until(lambda: f"updated to configuration {version}\n" in self.connector.said())

    def body(self, path: str = "/", host: str = APP) -> dict[str, object]:
        said: dict[str, object] = json.loads(self.world.fetch(self.tunnel, path, host).body)
        return said

    def open(self, host: str = APP) -> tuple[WebSocketPipe, ClientProtocol]:
        """A WebSocket, its handshake checked by a client that knows the protocol."""
        client = ClientProtocol(parse_uri(f"wss://{host}/socket"), max_size=None)
        asked = client.connect()
        headers = tuple((name.lower(), value) for name, value in asked.headers.raw_items())
        pipe = self.world.loop.run(
            self.world.edge.upstream.websocket(self.tunnel.id, RequestHead("GET", host, "/socket", headers))
        )
        fields = "".join(f"{name}: {value}\r\n" for name, value in pipe.headers)
        client.receive_data(f"HTTP/1.1 101 Switching Protocols\r\n{fields}\r\n".encode())
        assert client.state is State.OPEN
        return pipe, client


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TunnelWorld]:
    with tunnel_world(tmp_path_factory.mktemp("tunnel")) as world:
        yield world


@pytest.fixture(scope="module")
def line(world: TunnelWorld) -> Line:
    tunnel = world.tunnel("traffic")
    return Line(world, tunnel, world.connector(tunnel.token).wait())


@pytest.fixture
def app(line: Line) -> Line:
    """The line with one app on it."""
    line.configure({"hostname": APP, "service": f"http://{line.world.origin}"})
    return line


def test_a_request_keeps_its_path_and_loses_what_is_not_its_own(app: Line) -> None:
    steering = ("update-configuration", "control-stream", "websocket")
    upgrades = tuple(("Cf-Cloudflared-Proxy-Connection-Upgrade", value) for value in steering)
    hops = (
        ("connection", "keep-alive, x-hop"),
        ("x-hop", "1"),
        ("keep-alive", "5"),
        ("upgrade", "h2c"),
        ("te", "gzip"),
    )
    answer = app.world.fetch(app.tunnel, "/a%2Fb/../%7Ec//d?x=%20y", headers=(*upgrades, *hops, ("x-mine", "æ")))
    said = json.loads(answer.body)
    assert (answer.status, answer.source, said["path"]) == (200, "origin", "/a%2Fb/../%7Ec//d")
    assert said["headers"] == {"host": APP, "x-mine": "æ"}
    names = {name for name, _ in answer.headers}
    assert ("x-origin", "yes") in answer.headers
    assert ("set-cookie", "a=1") in answer.headers
    assert {name for name in names if name.startswith(("cf-", ":"))} == set()


def test_the_connector_cannot_be_reconfigured_by_a_visitor(app: Line) -> None:
    evil = json.dumps({"version": 10**6, "config": {"ingress": [{"service": "http_status:418"}]}}).encode()
    steering = (("cf-cloudflared-proxy-connection-upgrade", "update-configuration"),)
    app.world.fetch(app.tunnel, "/", method="PUT", headers=steering, body=(evil,))
    assert app.world.fetch(app.tunnel).status == 200


@pytest.mark.parametrize("lengths", [(), (("content-length", str(BIG)),)], ids=["chunked", "with-length"])
def test_big_bodies_pass_both_ways(app: Line, lengths: tuple[tuple[str, str], ...]) -> None:
    sent = tuple(os.urandom(BIG // 4) for _ in range(4))
    answer = app.world.fetch(app.tunnel, "/mirror", method="POST", headers=lengths, body=sent)
    assert hashlib.sha256(answer.body).digest() == hashlib.sha256(b"".join(sent)).digest()


def test_a_body_passes_while_it_is_written(app: Line) -> None:
    """A page that streams is not held back until its end, in either direction."""

    async def talk() -> list[bytes]:
        questions: asyncio.Queue[bytes] = asyncio.Queue()

        async def asking() -> AsyncIterator[bytes]:
            while question := await questions.get():
                yield question

        questions.put_nowait(b"one")
        answer = await app.world.edge.upstream.request(app.tunnel.id, RequestHead("POST", APP, "/mirror", ()), asking())
        heard = [await anext(answer.body)]
        questions.put_nowait(b"two")
        heard.append(await anext(answer.body))
        questions.put_nowait(b"")
        heard += [chunk async for chunk in answer.body]
        return heard

    assert app.world.loop.run(talk()) == [b"one", b"two"]


def test_an_upload_that_breaks_off_is_not_taken_for_whole(app: Line) -> None:
    async def upload() -> None:
        async def half() -> AsyncIterator[bytes]:
            yield b"half"
            await asyncio.sleep(0.1)  # the origin has to have heard of it
            raise OSError("the browser is gone")

        await app.world.edge.upstream.request(app.tunnel.id, RequestHead("POST", APP, "/never?upload", ()), half())

    with pytest.raises(ConnectionLostError):
        app.world.loop.run(upload())
    until(lambda: "upload" in LEFT)
    assert app.world.fetch(app.tunnel).status == 200


def test_one_that_reads_slowly_does_not_stop_the_others(app: Line) -> None:
    async def crowd() -> tuple[list[int], int]:
        upstream = app.world.edge.upstream
        lazy = [await upstream.request(app.tunnel.id, RequestHead("GET", APP, "/big", ()), chunks()) for _ in range(20)]
        quick = await asyncio.gather(
            *(app.world.fetching(app.tunnel, RequestHead("GET", APP, "/", ())) for _ in range(20))
        )
        whole = sum([len(chunk) async for chunk in lazy[0].body])
        for answer in lazy:
            await answer.body.aclose()
        return [answer.status for answer in quick], whole

    assert app.world.loop.run(crowd()) == ([200] * 20, BIG)


def test_odd_answers_leave_the_connection_whole(app: Line) -> None:
    assert app.world.fetch(app.tunnel, "/unchanged").status == 304
    head = app.world.fetch(app.tunnel, "/", method="HEAD")
    assert (head.status, head.body, dict(head.headers)["content-length"] != "0") == (200, b"", True)
    assert app.world.fetch(app.tunnel).status == 200


def test_a_browser_that_leaves_frees_its_stream(app: Line) -> None:
    async def leave() -> None:
        waiting = asyncio.create_task(app.world.fetching(app.tunnel, RequestHead("GET", APP, "/never?browser", ())))
        await asyncio.sleep(0.1)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

    app.world.loop.run(leave())
    until(lambda: "browser" in LEFT)
    assert app.world.fetch(app.tunnel).status == 200


def test_a_websocket_carries_frames_both_ways(line: Line) -> None:
    line.configure({"hostname": APP, "service": f"http://{line.world.echo}"})
    pipe, client = line.open()
    for message in (b"hello", os.urandom(BIG)):
        client.send_binary(message)
        sending = [line.world.loop.run(pipe.send(chunk)) for chunk in client.data_to_send() if chunk]
        assert sending
        heard = []
        while not heard or not heard[-1].fin:
            client.receive_data(line.world.loop.run(pipe.receive()))
            heard += [event for event in client.events_received() if getattr(event, "opcode", None) == Opcode.BINARY]
        assert b"".join(bytes(frame.data) for frame in heard) == message
    client.send_close(4001, "bye")
    for chunk in client.data_to_send():
        line.world.loop.run(pipe.send(chunk))
    line.world.loop.run(pipe.close())
    until(lambda: "4001" in LEFT)


def test_an_origin_that_does_not_upgrade_answers_as_it_is(app: Line) -> None:
    with pytest.raises(WebSocketRefusedError) as refused:
        app.open()
    answer = refused.value.answer
    assert (answer.status, answer.source) == (200, "origin")
    app.world.loop.run(_closed(answer))


async def _closed(answer: object) -> None:
    await answer.body.aclose()  # type: ignore[attr-defined]


def test_the_first_rule_that_matches_serves(line: Line) -> None:
    line.configure(
        {"hostname": "plain.example.com", "service": "http_status:210"},
        {"hostname": APP, "path": "^/team/draft(/|$)", "service": "http_status:211"},
        {"hostname": APP, "path": "/team", "service": "http_status:212"},
        {"hostname": "*.deep.example.com", "service": "http_status:213"},
    )
    cases = {
        (APP, "/team/draft"): 211,
        (APP, "/team/draft/x?y"): 211,
        (APP, "/team/%64raft/x"): 211,  # decoded
        (APP, "/team/draftx"): 212,
        (APP, "/bbb/team"): 212,  # unanchored
        (APP, "/x?/team"): 404,  # the query is no path
        (f"{APP}:8443", "/team"): 212,
        ("plain.example.com", "/team"): 210,
        ("a.deep.example.com", "/"): 213,
        ("a.b.deep.example.com", "/"): 213,  # any depth
        ("deep.example.com", "/"): 404,
        ("PLAIN.example.com", "/"): 404,  # as cloudflared compares
    }
    assert {case: line.world.fetch(line.tunnel, case[1], case[0]).status for case in cases} == cases


def test_the_host_header_can_be_replaced(line: Line) -> None:
    setting = {"originRequest": {"httpHostHeader": "inside.example"}}
    line.configure({"hostname": APP, "service": f"http://{line.world.origin}", **setting})
    headers = line.body()["headers"]
    assert headers == {"host": "inside.example", "x-forwarded-host": APP}


def test_an_origin_that_is_down_is_a_502_at_once(line: Line) -> None:
    line.configure(
        {"hostname": APP, "service": f"http://127.0.0.1:{free_port()}"},
        {"hostname": "socket.example.com", "service": "unix:/nowhere/at.sock"},
        {"hostname": "tls.example.com", "service": f"https://{line.world.origin}"},
        {"hostname": "ssh.example.com", "service": "ssh://127.0.0.1:22"},
    )
    down = line.world.fetch(line.tunnel)
    assert (down.status, down.source) == (502, "cloudflared")
    assert b"Unable to reach the origin service" in down.body
    assert line.world.fetch(line.tunnel, host="socket.example.com").status == 502
    assert line.world.fetch(line.tunnel, host="tls.example.com").status == 502
    assert b"ssh://127.0.0.1:22 is not a website" in line.world.fetch(line.tunnel, host="ssh.example.com").body
    with pytest.raises(WebSocketRefusedError) as refused:
        line.open()
    assert (refused.value.answer.status, refused.value.answer.source) == (502, "cloudflared")


def test_two_tunnels_carry_only_their_own(app: Line, world: TunnelWorld) -> None:
    other = world.tunnel("other")
    with pytest.raises(NoConnectorError):
        world.fetch(other)
    world.connector(other.token).wait()
    assert world.fetch(other).status == 503  # it has no rules, and not those of the first
    world.configure(other, {"hostname": APP, "service": "http_status:299"})
    until(lambda: world.fetch(other).status == 299)
    assert world.fetch(app.tunnel).status == 200


def test_a_connection_that_breaks_under_a_request_is_an_error_and_no_second_request(world: TunnelWorld) -> None:
    tunnel = world.tunnel("breaks")
    world.configure(tunnel, {"hostname": APP, "service": f"http://{world.origin}"})
    connector = world.connector(tunnel.token).wait()
    until(lambda: "updated to configuration" in connector.said())

    async def broken() -> None:
        asking = asyncio.create_task(world.fetching(tunnel, RequestHead("GET", APP, "/never", ())))
        await asyncio.sleep(0.1)
        connector.program.kill()
        await asking

    with pytest.raises(ConnectionLostError):
        world.loop.run(broken())


def test_unix_sockets_and_tls_towards_origins(line: Line, tmp_path: Path) -> None:
    async def hello(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.0 200 OK\r\n\r\nhello")
        await writer.drain()
        writer.close()

    async def serve() -> tuple[asyncio.Server, asyncio.Server]:
        tls = line.world.certificates.server_context()
        return (
            await asyncio.start_unix_server(hello, tmp_path / "app.sock"),
            await asyncio.start_server(hello, "127.0.0.1", 0, ssl=tls),
        )

    servers = line.world.loop.run(serve())
    service = f"https://127.0.0.1:{servers[1].sockets[0].getsockname()[1]}"
    authority = str(line.world.certificates.authority)
    line.configure(
        {"hostname": "unix.example.com", "service": f"unix:{tmp_path / 'app.sock'}"},
        {"hostname": "strict.example.com", "service": service},
        {"hostname": "trusting.example.com", "service": service, "originRequest": {"noTLSVerify": True}},
        {"hostname": "ca.example.com", "service": service, "originRequest": {"caPool": authority}},
        {
            "hostname": "named.example.com",
            "service": service,
            "originRequest": {"caPool": authority, "originServerName": "other.example"},
        },
    )
    hosts = ("unix", "strict", "trusting", "ca", "named")
    found = {host: line.world.fetch(line.tunnel, host=f"{host}.example.com").status for host in hosts}
    assert found == {"unix": 200, "strict": 502, "trusting": 200, "ca": 200, "named": 502}
    for server in servers:
        server.close()
