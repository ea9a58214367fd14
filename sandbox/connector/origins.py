"""Connections to origins: a few are kept for a moment, so that a page with many files does not dial for each."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass

from sandbox.connector.lookup import Lookup
from sandbox.connector.origin import Exchange, dial
from sandbox.connector.settings import Address

_IDLE = 4.0  # seconds; web servers of Python hang up after 5
_KEPT = 32  # for each origin


@dataclass(frozen=True)
class Target:
    """An origin and how it is dialled: only connections that agree in all of it stand for each other."""

    address: Address | str  # or the file of a Unix socket
    tls: ssl.SSLContext | None
    server_name: str
    timeout: float


class Origins:
    """Where a connector gets its connections to origins."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._idle: dict[Target, dict[Exchange, asyncio.TimerHandle]] = {}

    def where(self, named: Address) -> Address:
        """The address behind the name of an origin."""
        return self._lookup.address(named)

    @contextlib.asynccontextmanager
    async def fresh(self, target: Target) -> AsyncIterator[Exchange]:
        """A connection of its own; what is left of it afterwards is kept."""
        found = self._found(target)
        async with self._lent(found, await dial(found.address, found.tls, found.server_name, found.timeout)) as one:
            yield one

    @contextlib.asynccontextmanager
    async def kept(self, target: Target) -> AsyncIterator[Exchange]:
        """A connection that was kept, else a fresh one."""
        found = self._found(target)
        exchange = await self._take(found)
        if exchange is None:
            exchange = await dial(found.address, found.tls, found.server_name, found.timeout)
        async with self._lent(found, exchange) as one:
            yield one

    def close(self) -> None:
        """Hang up everything that is kept."""
        for exchanges in self._idle.values():
            for exchange, timer in exchanges.items():
                timer.cancel()
                exchange.hang_up()
        self._idle.clear()

    def _found(self, target: Target) -> Target:
        if isinstance(target.address, str):
            return target
        return Target(self.where(target.address), target.tls, target.server_name, target.timeout)

    async def _take(self, target: Target) -> Exchange | None:
        exchanges = self._idle.get(target, {})
        while exchanges:
            exchange, timer = exchanges.popitem()
            timer.cancel()
            if await exchange.silent():
                return exchange
            exchange.hang_up()
        return None

    @contextlib.asynccontextmanager
    async def _lent(self, target: Target, exchange: Exchange) -> AsyncIterator[Exchange]:
        try:
            yield exchange
        except BaseException:
            # What was said is not whole, and must not look as if it were.
            exchange.give_up()
            raise
        exchanges = self._idle.setdefault(target, {})
        if exchange.start_over() and len(exchanges) < _KEPT:
            loop = asyncio.get_running_loop()
            exchanges[exchange] = loop.call_later(_IDLE, self._forget, target, exchange)
        else:
            exchange.hang_up()

    def _forget(self, target: Target, exchange: Exchange) -> None:
        exchanges = self._idle.get(target, {})
        exchanges.pop(exchange, None)
        exchange.hang_up()
        if not exchanges:
            self._idle.pop(target, None)
