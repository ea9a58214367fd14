"""A front door with its portal, served over TLS in a thread, for the prober and for a browser."""

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
from sandbox.serving import listen
from tests.sandbox.front.world import IDP, TEAM, WORLD, FrontWorld, made_keys

HOSTS = ("apps.example.com", "wiki.example.com", "status.example.com", IDP, TEAM)


@dataclass
class Served:
    """A furnished world, and where its door can be dialled."""

    world: FrontWorld
    door: Door


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
    at = listen(0)
    door = Door("127.0.0.1", at.getsockname()[1], made.authority)
    world.front = Front(world.store, WORLD, world.origin, world.directory, launcher=launcher(world.store, door))
    server = server_for(world.front, made.server_context())
    asyncio.set_event_loop(world.loop)
    thread = threading.Thread(target=world.loop.run_until_complete, args=(server.serve(sockets=[at]),))
    thread.start()
    yield Served(world, door)
    while world.call("GET", f"https://{TEAM}/portal/table.json").json()["running"]:
        time.sleep(0.05)
    server.should_exit = True
    thread.join(10)
    assert not thread.is_alive()
    world.close()
