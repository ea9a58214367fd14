"""Without Docker: a machine beside this one gets no connection to anything of the sandbox."""

from __future__ import annotations

import contextlib

import psutil
import pytest

from tests.end_to_end import neighbours
from tests.end_to_end.world import World

pytestmark = pytest.mark.network


@pytest.fixture(scope="module")
def programs(world: World) -> list[psutil.Process]:
    """Every program of a sandbox that serves: the local Cloudflare, the stand-in engine and its containers."""
    text = world.ok("up")
    assert "local processes" in text and "serving" in text, text
    found = []
    for program in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if any(str(world.state) in word for word in (*program.cmdline(), *program.environ().values())):
                found.append(program)
    return found


def test_everything_listens_on_loopback(programs: list[psutil.Process]) -> None:
    sockets = neighbours.listening(programs)
    assert len(sockets) >= 8, f"API, edge, two doors, the connector and three apps: {sorted(sockets)}"
    assert {address for address, _ in sockets} <= {"127.0.0.1", "::1"}, sorted(sockets)


def test_nobody_beside_the_machine_comes_in(programs: list[psutil.Process]) -> None:
    sockets = neighbours.listening(programs)
    assert neighbours.from_here(sockets) == sockets
    with neighbours.beside() as command:
        every = {(address, port) for address in (*neighbours.addresses(), "127.0.0.1") for _, port in sockets}
        assert neighbours.connections(every, command) == set()
