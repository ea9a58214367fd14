"""A front door with its portal, served over TLS in a thread beside a small Snowflake, for the prober and a browser."""

from __future__ import annotations

import asyncio
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox.edge.certificates import Certificates, certificates
from sandbox.front import Front
from sandbox.front.server import server_for
from sandbox.portal import Door, launcher
from sandbox.serving import listen, port_of
from sandbox.serving import served as serving
from tests.sandbox.front.world import IDP, TEAM, WORLD, FrontWorld, made_keys

from .snowflake import SmallSnowflake

HOSTS = ("apps.example.com", "wiki.example.com", "status.example.com", IDP, TEAM)


@dataclass
class Served:
    """A furnished world, where its door can be dialled, and the Snowflake that its portal asks."""

    world: FrontWorld
    door: Door
    snowflake: SmallSnowflake

    def ask_snowflake_at(self, origin: str) -> None:
        """A new edge whose portal asks there, or nowhere."""
        portal = launcher(self.world.store, self.door, origin)
        self.world.front = Front(self.world.store, WORLD, self.world.origin, self.world.directory, launcher=portal)


@pytest.fixture(scope="session")
def portal_files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Certificates]:
    """Keys and certificates, made once."""
    directory = tmp_path_factory.mktemp("portal")
    made_keys(directory / "keys")
    return directory / "keys", certificates(directory / "certificates", HOSTS)


@pytest.fixture
def served(tmp_path: Path, portal_files: tuple[Path, Certificates]) -> Iterator[Served]:
    keys, made = portal_files
    shutil.copytree(keys, tmp_path / "front" / "keys")
    world = FrontWorld(tmp_path / "front")
    at, beside = listen(0), listen(0)
    snowflake = SmallSnowflake(port_of(beside))
    found = Served(world, Door("127.0.0.1", port_of(at), made.authority), snowflake)
    found.ask_snowflake_at(snowflake.origin)
    server = server_for(world.front, made.server_context())

    async def both() -> None:
        async with serving(server_for(snowflake.site()), beside):
            await server.serve(sockets=[at])

    asyncio.set_event_loop(world.loop)
    thread = threading.Thread(target=world.loop.run_until_complete, args=(both(),))
    thread.start()
    yield found
    while world.call("GET", f"https://{TEAM}/portal/table.json").json()["running"]:
        time.sleep(0.05)
    server.should_exit = True
    thread.join(10)
    assert not thread.is_alive()
    world.close()
