"""WebSockets that are open: each is judged again when something changes, and closed when it would not open any more.

Cloudflare does not say what becomes of an open WebSocket. Here it never outlives what let it in: a session, a policy,
an application, a route. What is judged is the request that opened it, with the token that it brought.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

from starlette.types import Send

# Tokens end without anybody saying so.
AGAIN_EVERY = 30.0
_POLICY_VIOLATION = 1008


class OpenSockets:
    """All of them; `look` is told of every change."""

    def __init__(self) -> None:
        self._changed: set[asyncio.Event] = set()

    def look(self, *_: object) -> None:
        """Something has changed."""
        for event in self._changed:
            event.set()

    async def hold(self, still_admitted: Callable[[], bool], work: Coroutine[object, object, None], send: Send) -> None:
        """Carry one for as long as it is admitted."""
        carrying, changed = asyncio.create_task(work), asyncio.Event()
        self._changed.add(changed)
        try:
            while not await _finished(carrying, changed):
                changed.clear()
                if not still_admitted():
                    break
            if carrying.done():
                carrying.result()
                return
            await _ended(carrying)
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": "Access has ended"})
        finally:
            self._changed.discard(changed)
            await _ended(carrying)


async def _finished(carrying: asyncio.Task[None], changed: asyncio.Event) -> bool:
    """Whether it has come to its own end; comes back as well when there is reason to look again."""
    waiting = asyncio.create_task(changed.wait())
    try:
        await asyncio.wait((carrying, waiting), timeout=AGAIN_EVERY, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
    return carrying.done()


async def _ended(carrying: asyncio.Task[None]) -> None:
    carrying.cancel()
    await asyncio.gather(carrying, return_exceptions=True)
