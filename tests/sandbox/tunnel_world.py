"""A tunnel for tests: local API, edge and origin in one event loop, connectors as programs of their own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as serve_websockets
from websockets.exceptions import ConnectionClosedError

from sandbox.cloudflare_api import Journal, Store, create_app
from sandbox.edge.certificates import Certificates, certificates
from sandbox.edge.tunnel import TunnelEdge
from sandbox.edge.upstream import Headers, RequestHead, Source
from sandbox.serving import HOST, Server, listen, quiet
from tests.sandbox.conftest import ACCOUNT, TOKEN, WORLD

T = TypeVar("T")
APP = "app.example.com"
CATCH_ALL: dict[str, object] = {"service": "http_status:404"}
BIG = 3 << 20  # bytes: more than any window


@dataclass(frozen=True)
class Fetched:
    """An answer with its whole body."""

    status: int
    headers: Headers
    body: bytes
    source: Source


class Loop:
    """An event loop in a thread, which the test asks."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T], timeout: float = 15) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@dataclass(frozen=True)
class Tunnel:
    """A tunnel of the API."""

    id: str
    token: str


class Connector:
    """A stand-in connector as its own program."""

    def __init__(self, token: str, edge_port: int, authority: Path, log: Path, more: dict[str, str]) -> None:
        self.metrics = free_port()
        self._log = log
        environment = {
            **os.environ,
            "TUNNEL_TOKEN": token,
            "TUNNEL_EDGE": f"{HOST}:{edge_port}",
            "TUNNEL_CACERT": str(authority),
            "TUNNEL_METRICS": f"{HOST}:{self.metrics}",
            **more,
        }
        with log.open("ab") as stream:
            command = [sys.executable, "-m", "sandbox.connector"]
            self.program = subprocess.Popen(command, env=environment, stderr=stream)

    def ready(self) -> httpx.Response | None:
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"http://{HOST}:{self.metrics}/ready", trust_env=False)
        return None

    def wait(self) -> Connector:
        """Until every connection that it holds is registered."""
        until(lambda: (answer := self.ready()) is not None and answer.status_code == 200)
        return self

    def said(self) -> str:
        return self._log.read_text()

    def stop(self) -> None:
        if self.program.poll() is None:
            self.program.kill()
        self.program.wait()


class TunnelWorld:
    """Everything but the connectors, on free ports."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.loop = Loop()
        self.certificates: Certificates = certificates(directory / "tls", [APP])
        self.store = Store(directory)
        self.edge_port = free_port()
        self.edge = TunnelEdge(self.store, self.certificates.server_context())
        self._serving: contextlib.AbstractAsyncContextManager[int] | None = None
        self._servers = [
            self.loop.run(_started(create_app(self.store, Journal()), (api := listen(0)))),
            self.loop.run(_started(ORIGIN, (origin := listen(0)))),
        ]
        self.origin = f"{HOST}:{origin.getsockname()[1]}"
        self.api = httpx.Client(
            base_url=f"http://{HOST}:{api.getsockname()[1]}/client/v4/accounts/{ACCOUNT}",
            headers={"Authorization": f"Bearer {TOKEN}"},
            trust_env=False,
        )
        self._echo = self.loop.run(_echo_server())
        self.echo = f"{HOST}:{self._echo.sockets[0].getsockname()[1]}"
        self._connectors: list[Connector] = []
        self.start_edge()

    def start_edge(self) -> None:
        """Start the edge, afresh, on its port."""
        self.edge = TunnelEdge(self.store, self.certificates.server_context())
        self.loop.run(self._enter())

    async def _enter(self) -> None:
        entered, leave = asyncio.Event(), asyncio.Event()

        async def serve() -> None:
            async with self.edge.serving(listen(self.edge_port)):
                entered.set()
                await leave.wait()

        self._task = asyncio.create_task(serve())
        self._leave = leave
        await asyncio.wait([self._task, asyncio.create_task(entered.wait())], return_when=asyncio.FIRST_COMPLETED)
        if self._task.done():
            self._task.result()

    def stop_edge(self) -> None:
        async def stop() -> None:
            self._leave.set()
            await self._task

        self.loop.run(stop())

    def tunnel(self, name: str) -> Tunnel:
        created = self.api.post("/cfd_tunnel", json={"name": name, "config_src": "cloudflare"}).json()["result"]
        token = self.api.get(f"/cfd_tunnel/{created['id']}/token").json()["result"]
        return Tunnel(created["id"], token)

    def shown(self, tunnel: Tunnel) -> dict[str, Any]:
        result: dict[str, Any] = self.api.get(f"/cfd_tunnel/{tunnel.id}").json()["result"]
        return result

    def configure(self, tunnel: Tunnel, *rules: dict[str, object]) -> None:
        body = {"config": {"ingress": [*rules, CATCH_ALL]}}
        self.api.put(f"/cfd_tunnel/{tunnel.id}/configurations", json=body).raise_for_status()

    def connector(self, token: str, **more: str) -> Connector:
        log = self.directory / f"connector-{len(self._connectors)}.log"
        connector = Connector(token, self.edge_port, self.certificates.authority, log, more)
        self._connectors.append(connector)
        return connector

    def fetch(
        self,
        tunnel: Tunnel,
        path: str = "/",
        host: str = APP,
        method: str = "GET",
        headers: Headers = (),
        body: tuple[bytes, ...] = (),
    ) -> Fetched:
        return self.loop.run(self.fetching(tunnel, RequestHead(method, host, path, headers), body))

    async def fetching(self, tunnel: Tunnel, head: RequestHead, body: tuple[bytes, ...] = ()) -> Fetched:
        answer = await self.edge.upstream.request(tunnel.id, head, chunks(*body))
        text = b"".join([chunk async for chunk in answer.body])
        return Fetched(answer.status, answer.headers, text, answer.source)

    def close(self) -> None:
        for connector in self._connectors:
            connector.stop()
        self.stop_edge()
        self.loop.run(_closed(self._echo))
        self.api.close()
        for server, task in self._servers:
            server.should_exit = True
            self.loop.run(_done(task))
        self.loop.close()


@contextlib.contextmanager
def tunnel_world(directory: Path) -> Iterator[TunnelWorld]:
    world = TunnelWorld(directory)
    try:
        yield world
    finally:
        world.close()


def until(true: Callable[[], bool], seconds: float = 10) -> None:
    """Wait for something that other programs bring about."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def _hello(request: Request) -> Response:
    said = {"path": request.scope["raw_path"].decode(), "headers": dict(request.headers), "method": request.method}
    return JSONResponse(said, headers={"x-origin": "yes", "set-cookie": "a=1"})


class _Mirror:
    """Sends every chunk back as soon as it is there."""

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        more = True
        while more:
            message = await receive()
            more = message.get("more_body", False)
            await send({"type": "http.response.body", "body": message.get("body", b""), "more_body": more})


async def _big(_: Request) -> Response:
    return StreamingResponse(chunks(*[bytes([number % 256]) * 65536 for number in range(BIG // 65536)]))


async def _never(request: Request) -> Response:
    """Answers nobody, and notes when they leave."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    LEFT.append(request.url.query)
    return Response()


async def _unchanged(_: Request) -> Response:
    return Response(status_code=304, headers={"content-length": "1234"})


LEFT: list[str] = []
ORIGIN = Starlette(
    routes=[
        Route("/mirror", _Mirror(), methods=["POST"]),
        Route("/big", _big),
        Route("/never", _never, methods=["GET", "POST"]),
        Route("/unchanged", _unchanged),
        Route("/{rest:path}", _hello, methods=["GET", "POST", "HEAD"]),
    ]
)


async def _started(app: Starlette, listening: socket.socket) -> Any:
    server = Server(uvicorn.Config(app, ws="none", lifespan="off", log_config=quiet(), access_log=False))
    return server, asyncio.create_task(server.serve(sockets=[listening]))


async def _done(task: asyncio.Task[None]) -> None:
    await task


async def _closed(server: Any) -> None:
    server.close()
    await server.wait_closed()


async def _echo_server() -> Any:
    async def echo(connection: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosedError):
            async for message in connection:
                await connection.send(message)
        LEFT.append(f"{connection.close_code}")

    return await serve_websockets(echo, HOST, 0, compression=None, max_size=None)


TEAM = WORLD.accounts[0].team
