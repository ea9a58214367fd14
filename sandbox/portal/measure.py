"""Who gets in, measured: every visitor goes to every app through the front door.

    table = asyncio.run(measure(Door("127.0.0.1", 443, ca_file), scene))
    table.cell("mika@workspace", "…").verdict      # entered | refused | wall | down

Nothing in a table is worked out from policies; `sandbox.portal.scene` makes a scene from a store.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from sandbox.cloudflare_api.document import Json
from sandbox.portal.cells import App, Cell, Visitor
from sandbox.portal.door import Door, DoorTransport
from sandbox.portal.prober import visit

_AT_ONCE = 4


@dataclass(frozen=True)
class Scene:
    """Who is to visit what."""

    visitors: tuple[Visitor, ...]
    apps: tuple[App, ...]

    @property
    def size(self) -> int:
        return len(self.visitors) * len(self.apps)


@dataclass(frozen=True)
class Table:
    """What was measured; `cells` are in no order, and fewer than the scene has while it is being filled."""

    scene: Scene
    cells: tuple[Cell, ...]
    begun: datetime
    seconds: float

    def cell(self, visitor: str, app: str) -> Cell | None:
        """The cell of two ids, once it was measured."""
        return next((one for one in self.cells if (one.visitor, one.app) == (visitor, app)), None)

    def as_json(self) -> Json:
        """The table as a document; credentials of machines are not in it."""
        visitors = [
            {"id": one.id, "name": one.name, "kind": one.kind, "person": one.person, "through": one.through}
            for one in self.scene.visitors
        ]
        return {
            "begun": self.begun.isoformat(),
            "seconds": round(self.seconds, 3),
            "visitors": visitors,
            "apps": [asdict(one) for one in self.scene.apps],
            "cells": [asdict(one) for one in self.cells],
        }


async def measure(door: Door, scene: Scene, told: Callable[[Table], None] = lambda _: None) -> Table:
    """The table of a scene; `told` hears of it after each cell. A visit that fails is a cell as well."""
    begun, clock = datetime.now(UTC), time.monotonic()
    cells: list[Cell] = []
    places = asyncio.Semaphore(_AT_ONCE)
    transport = DoorTransport(door)

    def table() -> Table:
        return Table(scene, tuple(cells), begun, time.monotonic() - clock)

    async def fill(visitor: Visitor, app: App) -> None:
        async with places:
            cells.append(await visit(transport, visitor, app))
        told(table())

    try:
        async with asyncio.TaskGroup() as group:
            for visitor in scene.visitors:
                for app in scene.apps:
                    group.create_task(fill(visitor, app))
    finally:
        await transport.aclose()
    return table()
