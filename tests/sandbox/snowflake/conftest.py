"""The local Snowflake for tests: one server on a free port, a fresh account at the start of every test."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.front.server import server_for
from sandbox.serving import HOST, listen, port_of, served
from sandbox.snowflake_api import LocalAccount, create_app, open_account
from tests.sandbox.snowflake.driver import Driver, client, connect


@dataclass(frozen=True)
class Server:
    """A running account. The account's own objects belong to the server's thread: tests only read them."""

    port: int
    directory: Path
    account: LocalAccount
    http: httpx.Client

    def connect(self, user: str = "GATEHOUSE", role: str = "", **asked: str) -> Driver:
        return connect(self.http, user, role, **asked)

    def control(self, method: str, path: str, body: object = None) -> Any:
        response = self.http.request(method, f"/__sandbox/{path}", json=body)
        response.raise_for_status()
        return response.json()

    def objects(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = self.control("GET", "objects")
        return found

    def statements(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.control("GET", "statements")["statements"]
        return found


@contextmanager
def running(directory: Path) -> Iterator[Server]:
    """An account served in a thread."""
    listening = listen(0)
    account = open_account(directory)
    loop, stop = asyncio.new_event_loop(), asyncio.Event()

    async def serve() -> None:
        async with served(server_for(create_app(account)), listening):
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    try:
        with client(f"http://{HOST}:{port_of(listening)}") as http:
            yield Server(port_of(listening), directory, account, http)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


@pytest.fixture(scope="session")
def snowflake_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("snowflake")) as server:
        yield server


@pytest.fixture
def snowflake(snowflake_server: Server) -> Server:
    """A fresh account."""
    snowflake_server.control("POST", "reset")
    return snowflake_server


@pytest.fixture
def deployer(snowflake: Server) -> Driver:
    return snowflake.connect()


@pytest.fixture
def admin(snowflake: Server) -> Driver:
    return snowflake.connect("ADMIN")
