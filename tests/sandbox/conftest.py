"""The local Cloudflare API for tests: one server on a free port, empty at the start of every test."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from sandbox.cloudflare_api import Journal, Store, create_app, load_world
from sandbox.cloudflare_api.server import server_for
from sandbox.serving import HOST, listen, port_of, served

WORLD = load_world()
TOKEN = WORLD.tokens[0].value
ACCOUNT, ZONE = WORLD.accounts[0].id, WORLD.zones[0].id


@dataclass(frozen=True)
class ApiServer:
    """A running API: `http` speaks to `/client/v4` with the token, `control` to `/__sandbox`."""

    origin: str
    http: httpx.Client
    control: httpx.Client

    @property
    def base_url(self) -> str:
        return f"{self.origin}/client/v4"

    def objects(self) -> dict[str, list[dict[str, object]]]:
        """What exists now, by collection."""
        found: dict[str, list[dict[str, object]]] = self.control.get("/objects").json()
        return found


@contextmanager
def clients(origin: str) -> Iterator[ApiServer]:
    """The two clients of a server that runs at `origin`."""
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    with (
        httpx.Client(base_url=f"{origin}/client/v4", headers=bearer, trust_env=False) as http,
        httpx.Client(base_url=f"{origin}/__sandbox", trust_env=False) as control,
    ):
        yield ApiServer(origin, http, control)


@pytest.fixture(scope="session")
def api_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """The server of this test run, in a thread."""
    directory: Path = tmp_path_factory.mktemp("cloudflare")
    listening = listen(0)
    origin = f"http://{HOST}:{port_of(listening)}"
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        async with served(server_for(create_app(Store(directory), Journal(directory))), listening):
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    try:
        with clients(origin) as server:
            yield server
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


@pytest.fixture
def api(api_server: ApiServer) -> ApiServer:
    """The API as a fresh account."""
    api_server.control.post("/reset").raise_for_status()
    return api_server
