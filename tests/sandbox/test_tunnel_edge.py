"""What the edge says on the wire, heard by a connector that is written out here."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
import uuid
from collections.abc import AsyncIterator, Iterator

import pytest

from sandbox.connector.settings import credentials
from sandbox.edge.protocol.link import Link
from sandbox.edge.protocol.packing import UPGRADE, pack, value_of
from sandbox.edge.protocol.registration import (
    Accepted,
    Refused,
    Registration,
    RegistrationCalls,
    registration_calls,
)
from sandbox.edge.protocol.stream import Stream, StreamLostError
from sandbox.edge.upstream import Headers, RequestHead
from tests.sandbox.tunnel_world import APP, Tunnel, TunnelWorld, chunks, tunnel_world

CLIENT = str(uuid.uuid4())


class HandMade:
    """A connection of a connector that does what the test says."""

    def __init__(self, world: TunnelWorld, push_answer: bytes = b'{"lastAppliedVersion":-1,"err":{}}') -> None:
        self._world, self._push_answer = world, push_answer
        self.calls: asyncio.Future[RegistrationCalls] = asyncio.get_running_loop().create_future()
        self.pushed: asyncio.Queue[dict[str, object]] = asyncio.Queue()
        self.control_head: Headers = ()
        self.requests: list[Headers] = []
        self.answer: Headers = ((":status", "200"),)

    async def register(self, tunnel: Tunnel, **other: object) -> Accepted | Refused:
        said = credentials(tunnel.token)
        whole = {
            "account_tag": said.account_tag,
            "secret": said.secret,
            "tunnel_id": tunnel.id,
            "index": 0,
            "client_id": CLIENT,
            "version": "2026.8.2",
            **other,
        }
        return await (await self.calls).register(Registration(**whole))  # type: ignore[arg-type]

    @contextlib.asynccontextmanager
    async def dialled(self) -> AsyncIterator[Link]:
        tls = self._world.certificates.client_context()
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self._world.edge_port, ssl=tls, server_hostname="h2.cftunnel.com", ssl_shutdown_timeout=1
        )
        link = Link(reader, writer, self._serve)
        running = asyncio.create_task(link.run())
        try:
            yield link
        finally:
            link.close()
            await running

    async def _serve(self, stream: Stream) -> None:
        upgrade = value_of(stream.headers, UPGRADE)
        if upgrade == "control-stream":
            self.control_head = stream.headers
            stream.respond(((":status", "200"),))
            async with registration_calls(stream) as calls:
                self.calls.set_result(calls)
                await asyncio.Event().wait()
        elif upgrade == "update-configuration":
            body = b""
            while chunk := await stream.receive():
                body += chunk
            await self.pushed.put({"method": value_of(stream.headers, ":method"), **json.loads(body)})
            stream.respond(((":status", "200"),))
            await stream.send(self._push_answer)
            stream.end()
        else:
            self.requests.append(stream.headers)
            stream.respond(self.answer, end=True)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TunnelWorld]:
    with tunnel_world(tmp_path_factory.mktemp("tunnel")) as world:
        yield world


def test_registration_and_pushes(world: TunnelWorld) -> None:
    """Every change is pushed, in order, and a refused one does not stop the next."""
    tunnel = world.tunnel("pushes")
    world.configure(tunnel)

    async def connect() -> None:
        connector = HandMade(world)
        async with connector.dialled():
            answer = await connector.register(tunnel)
            assert isinstance(answer, Accepted)
            assert (answer.remotely_managed, answer.location) == (True, "sbx01")
            assert dict(connector.control_head)[":method"] == "GET"
            pushed = [await connector.pushed.get()]
            for status in (201, 202):
                await asyncio.to_thread(world.configure, tunnel, {"hostname": APP, "service": f"http_status:{status}"})
                pushed.append(await connector.pushed.get())
            assert [(one["method"], one["version"]) for one in pushed] == [("PUT", 1), ("PUT", 2), ("PUT", 3)]
            assert pushed[0]["config"] == {"ingress": [{"service": "http_status:404"}]}

    world.loop.run(connect())
    assert world.shown(tunnel)["status"] == "down"


def test_the_same_connection_twice_is_one(world: TunnelWorld) -> None:
    tunnel = world.tunnel("twice")

    async def connect() -> tuple[bool, bool]:
        first, second = HandMade(world), HandMade(world)
        async with first.dialled() as old, second.dialled() as new:
            await first.register(tunnel)
            await second.register(tunnel)
            [line] = (await asyncio.to_thread(world.shown, tunnel))["connections"]
            assert line["client_version"] == "2026.8.2"
            while not old.lost:
                await asyncio.sleep(0.01)
            return old.lost, new.lost

    assert world.loop.run(connect()) == (True, False)


def test_wrong_words_are_refused(world: TunnelWorld) -> None:
    tunnel = world.tunnel("words")

    async def connect() -> list[Accepted | Refused]:
        connector = HandMade(world)
        async with connector.dialled():
            return [
                await connector.register(tunnel, secret=b"x" * 32),
                await connector.register(tunnel, secret=b""),
                await connector.register(tunnel, account_tag="f" * 32),
                await connector.register(tunnel, tunnel_id=str(uuid.uuid4())),
            ]

    secret, unknown = "Unauthorized: Invalid tunnel secret", "Unauthorized: Tunnel not found"
    answers = world.loop.run(connect())
    assert answers == [Refused(cause, retry=False) for cause in (secret, secret, unknown, unknown)]


def test_a_deleted_tunnel_takes_nobody(world: TunnelWorld) -> None:
    tunnel = world.tunnel("deleted")
    world.api.delete(f"/cfd_tunnel/{tunnel.id}").raise_for_status()

    async def connect() -> Accepted | Refused:
        connector = HandMade(world)
        async with connector.dialled():
            return await connector.register(tunnel)

    assert isinstance(world.loop.run(connect()), Refused)


def test_a_configuration_file_beside_the_connector_is_shown(world: TunnelWorld) -> None:
    created = world.api.post("/cfd_tunnel", json={"name": "local", "config_src": "local"}).json()["result"]
    tunnel = Tunnel(created["id"], world.api.get(f"/cfd_tunnel/{created['id']}/token").json()["result"])

    async def connect() -> Accepted | Refused:
        connector = HandMade(world)
        async with connector.dialled():
            answer = await connector.register(tunnel)
            calls = await connector.calls
            await calls.update_local_configuration(b'{"ingress":[{"service":"http_status:404"}]}')
            with pytest.raises(StreamLostError):
                await calls.update_local_configuration(b"not json")
            return answer

    answer = world.loop.run(connect())
    assert isinstance(answer, Accepted)
    assert not answer.remotely_managed
    shown = world.api.get(f"/cfd_tunnel/{tunnel.id}/configurations").json()["result"]
    assert (shown["source"], shown["config"]) == ("local", {"ingress": [{"service": "http_status:404"}]})


def test_headers_come_out_of_their_wrapping(world: TunnelWorld) -> None:
    """What Go's HTTP/2 server adds beside the packed header is not the origin's."""
    tunnel = world.tunnel("headers")

    async def connect() -> tuple[Headers, Headers]:
        connector = HandMade(world)
        packed = pack((("X-Own", "a:b;c"), ("set-cookie", "a=1"), ("set-cookie", "b=2"), ("transfer-encoding", "x")))
        connector.answer = (
            (":status", "204"),
            ("cf-cloudflared-response-headers", packed),
            ("cf-cloudflared-response-meta", '{"src":"origin"}'),
            ("date", "today"),
            ("content-type", "text/sniffed"),
        )
        async with connector.dialled():
            await connector.register(tunnel)
            answer = await world.edge.upstream.request(tunnel.id, RequestHead("GET", APP, "/x", ()), chunks())
            await answer.body.aclose()
            connector.answer = ((":status", "502"), ("cf-cloudflared-response-meta", '{"src":"cloudflared"}'))
            failed = await world.edge.upstream.request(tunnel.id, RequestHead("GET", APP, "/x", ()), chunks())
            await failed.body.aclose()
            assert (failed.status, failed.source) == (502, "cloudflared")
            return answer.headers, connector.requests[0]

    headers, asked = world.loop.run(connect())
    assert headers == (("x-own", "a:b;c"), ("set-cookie", "a=1"), ("set-cookie", "b=2"))
    assert asked == ((":method", "GET"), (":scheme", "https"), (":authority", APP), (":path", "/x"))


def test_only_tls_with_the_edges_name_gets_in(world: TunnelWorld) -> None:
    async def connect(name: str) -> None:
        tls = world.certificates.client_context()
        _, writer = await asyncio.open_connection("127.0.0.1", world.edge_port, ssl=tls, server_hostname=name)
        writer.transport.abort()

    world.loop.run(connect("h2.cftunnel.com"))
    with pytest.raises(ssl.SSLCertVerificationError):
        world.loop.run(connect("h2.example.com"))


def test_saved_connections_of_a_killed_edge_are_forgotten(world: TunnelWorld) -> None:
    tunnel = world.tunnel("stale")
    control = str(world.api.base_url).partition("/client")[0]
    world.api.put(f"{control}/__sandbox/tunnels/{tunnel.id}/connections", json={"connections": 2}).raise_for_status()
    assert world.shown(tunnel)["status"] == "healthy"
    world.stop_edge()
    world.start_edge()
    assert (world.shown(tunnel)["status"], world.shown(tunnel)["connections"]) == ("down", [])
