"""Connections to origins: where they go by name, and when one is used again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import pytest

from sandbox.connector.lookup import Lookup
from sandbox.connector.settings import Address
from sandbox.edge.upstream import RequestHead
from tests.sandbox.tunnel_world import (
    APP,
    Connector,
    Fetched,
    Tunnel,
    TunnelWorld,
    free_port,
    tunnel_world,
    until,
)

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass
class Origin:
    """An HTTP origin that says which of its connections a request came on; `answers` are given before its own."""

    connections: int = 0
    heard: list[tuple[int, str]] = field(default_factory=list)
    answers: list[bytes | None] = field(default_factory=list)
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        self.writers.append(writer)
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                length = [line for line in head.lower().splitlines() if line.startswith("content-length:")]
                await reader.readexactly(int(length[0].split(":")[1]) if length else 0)
                self.heard.append((number, head.split(" ")[0]))
                answer = self.answers.pop(0) if self.answers else OK
                if answer is None:
                    break
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, OSError):
            pass
        writer.close()


@dataclass(frozen=True)
class Line:
    """A tunnel to an origin."""

    world: TunnelWorld
    tunnel: Tunnel
    connector: Connector
    origin: Origin
    port: int

    def fetch(self, method: str = "GET", body: tuple[bytes, ...] = ()) -> Fetched:
        headers = (("content-length", str(sum(map(len, body)))),) if body else ()
        return self.world.fetch(self.tunnel, method=method, headers=headers, body=body)

    def on(self) -> list[int]:
        """The connections that requests came on."""
        return [number for number, _ in self.origin.heard]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TunnelWorld]:
    with tunnel_world(tmp_path_factory.mktemp("origins")) as world:
        yield world


@pytest.fixture
def line(world: TunnelWorld, request: pytest.FixtureRequest) -> Iterator[Line]:
    origin = Origin()
    server = world.loop.run(asyncio.start_server(origin.serve, "127.0.0.1", 0))  # type: ignore[arg-type]
    port = server.sockets[0].getsockname()[1]
    tunnel = world.tunnel(request.node.name)
    names = world.directory / f"{port}.json"
    names.write_text(json.dumps({"shop:8501": f"127.0.0.1:{port}"}))
    services = f"wiki.internal:8080=127.0.0.1:{port}"
    connector = world.connector(tunnel.token, SANDBOX_HOSTS=str(names), SANDBOX_SERVICES=services).wait()
    world.configure(
        tunnel,
        {"hostname": APP, "service": f"http://127.0.0.1:{port}"},
        {"hostname": "shop.example.com", "service": "http://shop:8501"},
        {"hostname": "wiki.example.com", "service": "http://wiki.internal:8080"},
        {"hostname": "nobody.example.com", "service": "http://nobody.invalid:8501"},
    )
    until(lambda: "updated to configuration" in connector.said())
    yield Line(world, tunnel, connector, origin, port)

    async def close() -> None:
        server.close()
        for writer in origin.writers:
            writer.close()

    connector.stop()
    world.loop.run(close())


def test_plain_requests_share_a_connection(line: Line) -> None:
    line.origin.answers = [OK, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", OK]
    assert [line.fetch(method).status for method in ("GET", "HEAD", "GET")] == [200] * 3
    assert line.on() == [1, 1, 1]


def test_one_with_a_body_gets_a_connection_of_its_own_and_leaves_it_to_others(line: Line) -> None:
    line.fetch()
    assert line.fetch("POST", (b"body",)).body == b"ok"
    line.fetch()
    assert line.origin.heard[1] == (2, "POST")
    assert line.origin.connections == 2


def test_a_request_that_changes_something_is_never_sent_on_a_kept_connection(line: Line) -> None:
    line.fetch()
    assert line.fetch("POST").status == 200
    assert line.fetch("DELETE").status == 200
    assert line.on() == [1, 2, 3]


def test_a_kept_connection_that_dies_before_an_answer_is_no_error(line: Line) -> None:
    line.fetch()
    line.origin.answers = [None]
    assert line.fetch().body == b"ok"
    assert line.on() == [1, 1, 2]


def test_a_fresh_connection_that_dies_is_a_502_and_nothing_is_sent_twice(line: Line) -> None:
    line.origin.answers = [None]
    assert (line.fetch().status, line.on()) == (502, [1])


def test_a_kept_connection_that_dies_within_the_answer_is_a_502_and_nothing_is_sent_twice(line: Line) -> None:
    line.fetch()
    line.origin.answers = [b"HTTP/1.1 200 OK\r\nContent-"]
    line.world.loop.run(_soon(line.origin))
    assert (line.fetch().status, line.on()) == (502, [1, 1])


async def _soon(origin: Origin) -> None:
    asyncio.get_running_loop().call_later(0.5, origin.writers[0].close)


def test_an_origin_that_hangs_up_between_requests_is_dialled_again(line: Line) -> None:
    line.fetch()

    async def close() -> None:
        line.origin.writers[0].close()

    line.world.loop.run(close())
    assert {line.fetch().status for _ in range(3)} == {200}
    assert line.on() == [1, 2, 2, 2]


def test_what_nobody_asked_for_is_no_answer_to_the_next_request(line: Line) -> None:
    line.origin.answers = [OK + b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"]
    assert line.fetch().body == b"ok"
    assert line.fetch().body == b"ok"

    async def poison() -> None:
        line.origin.writers[1].write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison")
        await line.origin.writers[1].drain()

    line.world.loop.run(poison())
    assert line.fetch().body == b"ok"
    assert line.on() == [1, 2, 3]


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
    ],
    ids=["connection-close", "http-1.0"],
)
def test_an_origin_that_wants_no_second_request_gets_none(line: Line, answer: bytes) -> None:
    line.origin.answers = [answer, answer]
    assert [line.fetch().body, line.fetch().body] == [b"ok", b"ok"]
    assert line.on() == [1, 2]


def test_an_early_answer_ends_the_connection(line: Line) -> None:
    async def upload() -> bytes:
        over = asyncio.Event()

        async def slow() -> AsyncIterator[bytes]:
            yield b"the first of many"
            await over.wait()

        # The origin answers without reading a body whose length it was not told.
        answer = await line.world.edge.upstream.request(line.tunnel.id, RequestHead("POST", APP, "/", ()), slow())
        text = b"".join([chunk async for chunk in answer.body])
        over.set()
        return text

    assert line.world.loop.run(upload()) == b"ok"
    assert line.fetch().body == b"ok"
    assert line.on() == [1, 2]


def test_an_idle_connection_is_closed_before_the_origin_does(line: Line) -> None:
    line.fetch()
    until(lambda: line.origin.writers[0].is_closing(), 8)


def test_names_of_networks_then_services_then_dns(line: Line) -> None:
    asked = {
        host: line.world.fetch(line.tunnel, host=f"{host}.example.com").status for host in ("shop", "wiki", "nobody")
    }
    assert asked == {"shop": 200, "wiki": 200, "nobody": 502}


def test_a_changed_file_of_names_counts_at_once(line: Line) -> None:
    names = line.world.directory / f"{line.port}.json"
    fresh = names.with_suffix(".new")
    fresh.write_text(json.dumps({"shop:8501": f"127.0.0.1:{free_port()}"}))
    fresh.replace(names)
    assert line.world.fetch(line.tunnel, host="shop.example.com").status == 502
    fresh.write_text(json.dumps({"nobody.invalid:8501": f"127.0.0.1:{line.port}"}))
    fresh.replace(names)
    assert line.world.fetch(line.tunnel, host="nobody.example.com").status == 200


def test_a_damaged_file_of_names_keeps_what_was_known(line: Line) -> None:
    file = line.world.directory / "damaged.json"
    file.write_text(json.dumps({"shop:8501": "127.0.0.1:1"}))
    lookup = Lookup(file, {"shop:8501": Address("127.0.0.1", 2), "wiki:1": Address("127.0.0.1", 3)})
    assert lookup.address(Address("shop", 8501)) == Address("127.0.0.1", 1)
    for damage in ("{", '{"shop:8501": 5}', "[]", '{"shop:8501": "no port"}'):
        file.write_text(damage)
        assert lookup.address(Address("shop", 8501)) == Address("127.0.0.1", 1)
    file.unlink()
    assert lookup.address(Address("shop", 8501)) == Address("127.0.0.1", 1)
    assert lookup.address(Address("wiki", 1)) == Address("127.0.0.1", 3)
    assert lookup.address(Address("other", 1)) == Address("other", 1)
