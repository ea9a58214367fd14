"""The latest table, and the one that is being filled. It is old as soon as an object or a person has changed."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from sandbox.cloudflare_api.store import Change, Store
from sandbox.cloudflare_api.world import Account
from sandbox.front import Front
from sandbox.portal.door import Door
from sandbox.portal.measure import Table, measure
from sandbox.portal.scene import scene_of
from sandbox.portal.snowflake import Listing, Snowflake, StreamlitApp


class Measurements:
    """The tables of one account."""

    def __init__(
        self, store: Store, front: Front, account: Account, door: Door, snowflake: Snowflake | None = None
    ) -> None:
        self._front = front
        self._account = account
        self._door = door
        self._snowflake = snowflake
        self._there: tuple[StreamlitApp, ...] = ()
        self._changes = 0
        self._seen: object = None
        self._again = False
        self._running: asyncio.Task[None] | None = None
        self.table: Table | None = None
        store.listen(self._note)

    @property
    def is_running(self) -> bool:
        return self._running is not None and not self._running.done()

    @property
    def is_old(self) -> bool:
        """Whether nothing was measured yet, or something has changed since."""
        return self._seen != self._revision()

    def start(self) -> None:
        """Begin a new table; one that is being filled is finished first, since its visits are under way."""
        self._again = True
        if not self.is_running:
            self._running = asyncio.create_task(self._fill())

    async def _fill(self) -> None:
        while self._again:
            self._again = False
            if self._snowflake is not None:
                self.notice(await self._snowflake.listing())
            self._seen = self._revision()
            scene = scene_of(self._front, self._account, self._there)
            self._keep(Table(scene, (), datetime.now(UTC), 0.0))
            self._keep(await measure(self._door, scene, self._keep))

    def notice(self, listing: Listing) -> None:
        """What Snowflake has now; while it does not answer, what it had before."""
        if listing.apps is not None:
            self._there = listing.apps

    def _keep(self, table: Table) -> None:
        self.table = table

    def _note(self, _: tuple[Change, ...]) -> None:
        self._changes += 1

    def _revision(self) -> object:
        """How an app there does is no change of who gets in."""
        there = [(one.name, one.url, one.title, one.roles, one.users) for one in self._there]
        return self._changes, self._front.people.revision, there
