"""The front door over real sockets and TLS: a login, a WebSocket, the redirect from plain HTTP."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from sandbox.edge.certificates import Certificates, certificates
from sandbox.front import Addresses, Front
from sandbox.front.server import server_for
from sandbox.serving import listen

from .sockets import Echo
from .world import TEAM, WORLD, FrontWorld

HOSTS = ("apps.example.com", "status.example.com", "idp.sandbox.test", TEAM)


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return certificates(tmp_path_factory.mktemp("certificates"), HOSTS)


@asynccontextmanager
async def _served(world: FrontWorld, certified: Certificates) -> AsyncIterator[tuple[int, int]]:
    """The ports of HTTPS and of plain HTTP."""
    secure, plain = listen(0), listen(0)
    ports = secure.getsockname()[1], plain.getsockname()[1]
    front = Front(world.store, WORLD, world.origin, world.directory, Addresses(ports[0]))
    servers = [server_for(front, certified.server_context()), server_for(front)]
    running = [asyncio.create_task(s.serve(sockets=[at])) for s, at in zip(servers, (secure, plain), strict=True)]
    try:
        yield ports
    finally:
        for server in servers:
            server.should_exit = True
        await asyncio.gather(*running)


class _Loopback(httpx.AsyncHTTPTransport):
    """Connects every host to this machine, and keeps its name in TLS and in the request."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.extensions = {**request.extensions, "sni_hostname": request.url.host}
        host = request.url
        request.url = request.url.copy_with(host="127.0.0.1")
        answer = await super().handle_async_request(request)
        request.url = host
        return answer


def _client(certified: Certificates) -> httpx.AsyncClient:
    transport = _Loopback(verify=ssl.create_default_context(cafile=certified.authority))
    return httpx.AsyncClient(transport=transport, follow_redirects=True)


async def _login_and_socket(world: FrontWorld, certified: Certificates) -> None:
    async with _served(world, certified) as (port, plain), _client(certified) as browser:
        app = f"https://apps.example.com:{port}/streamlit/marketing/"
        page = await browser.get(f"http://apps.example.com:{plain}/streamlit/marketing/")
        assert [one.status_code for one in page.history] == [301, 302, 302]
        assert page.url.host == "idp.sandbox.test"
        form = {"content-type": "application/x-www-form-urlencoded"}
        content = urlencode({"person": "mika"}).encode()
        there = await browser.post(page.url, content=content, headers=form)
        assert (there.status_code, str(there.url)) == (200, app)
        assert there.json()["path"] == "/streamlit/marketing/"
        assert "server" not in there.headers
        cookie = next(one for one in browser.cookies.jar if one.path == "/streamlit/marketing")
        world.origin.pipe = Echo()
        trusted = ssl.create_default_context(cafile=certified.authority)
        url = app.replace("https:", "wss:") + "_stcore/stream"
        there_too = {"host": "127.0.0.1", "port": port, "ssl": trusted, "proxy": None}
        crumbs = {"Cookie": f"CF_Authorization={cookie.value}"}
        async with connect(url, additional_headers=crumbs, subprotocols=["streamlit"], **there_too) as socket:  # type: ignore[arg-type, list-item]
            await socket.send("hello")
            assert await socket.recv() == "hello"
            await socket.send(b"x" * 100_000)
            assert await socket.recv() == b"x" * 100_000
        with pytest.raises(InvalidStatus) as refused:
            async with connect(url, **there_too):  # type: ignore[arg-type]
                pass
        assert refused.value.response.status_code == 401


def test_a_login_and_a_websocket_over_tls(front: FrontWorld, certified: Certificates) -> None:
    front.loop.run_until_complete(asyncio.wait_for(_login_and_socket(front, certified), 20))
    assert isinstance(front.directory, Path)
