"""Keeps the connections up: dials again with growing pauses, gives up where the edge says so."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random

from sandbox.connector.access_check import AccessChecker, TeamKeys
from sandbox.connector.configuration import Configuration
from sandbox.connector.edge_connection import EdgeConnection
from sandbox.connector.lookup import Lookup
from sandbox.connector.origins import Origins
from sandbox.connector.proxy import Proxy
from sandbox.connector.readiness import Readiness
from sandbox.connector.settings import Settings
from sandbox.edge.protocol.registration import Refused, rpc_runtime

_FIRST_PAUSE = 0.25
_LONGEST_PAUSE = 1.5  # shorter than cloudflared's: the edge is on this machine, and somebody waits for it
_log = logging.getLogger(__name__)


class RefusedError(Exception):
    """The edge refused, and said that trying again is of no use."""


async def serve(settings: Settings, stopping: asyncio.Event) -> None:
    """Hold all connections until `stopping` is set; raises `RefusedError`."""
    readiness, configuration = Readiness(), Configuration()
    checker = AccessChecker(TeamKeys(settings.access, settings.access_authority))
    origins = Origins(Lookup(settings.hosts, settings.services))
    proxy = Proxy(configuration, checker, origins)

    async def hold(index: int) -> None:
        attempts = 0
        while not stopping.is_set():
            connection = EdgeConnection(settings, index, configuration, proxy, readiness, stopping)
            refusal = await _attempt(connection, attempts)
            if refusal is not None and not refusal.retry:
                raise RefusedError(refusal.cause)
            attempts = 0 if connection.registered else attempts + 1
            await _pause(attempts, refusal, stopping)

    async with rpc_runtime(), readiness.served(settings.metrics):
        holding = [asyncio.create_task(hold(index)) for index in range(settings.connections)]
        try:
            await asyncio.gather(*holding)
        finally:
            for one in holding:
                one.cancel()
            await asyncio.gather(*holding, return_exceptions=True)
            origins.close()


async def _attempt(connection: EdgeConnection, attempts: int) -> Refused | None:
    try:
        refusal = await connection.run(attempts)
    except (OSError, TimeoutError) as error:
        _log.error("unable to dial the edge: %s", error or "no answer in time")
        return None
    if refusal is not None:
        _log.error("the edge refused: %s", refusal.cause)
    return refusal


async def _pause(attempts: int, refusal: Refused | None, stopping: asyncio.Event) -> None:
    """Wait twice as long after every failure, a little at random so that connectors do not come all at once."""
    grown = min(_FIRST_PAUSE * 2**attempts, _LONGEST_PAUSE) * random.uniform(0.8, 1.2)  # noqa: S311
    longest = max(grown, refusal.retry_after if refusal else 0.0)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(longest):
            await stopping.wait()
