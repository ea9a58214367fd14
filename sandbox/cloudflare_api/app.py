"""The ASGI application: the API below `/client/v4`, with faults and journal around it, and the control endpoints."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Mount
from starlette.types import Receive, Scope, Send

from sandbox.cloudflare_api import faults, router
from sandbox.cloudflare_api.control import Control
from sandbox.cloudflare_api.document import Json
from sandbox.cloudflare_api.envelope import Refusal, refusal_envelope
from sandbox.cloudflare_api.journal import Journal
from sandbox.cloudflare_api.store import Store
from sandbox.cloudflare_api.world import World, load_world

PREFIX = "/client/v4"


@dataclass(frozen=True)
class _Reply:
    """A finished answer, or none where the connection is to be cut."""

    status: int
    body: Json
    cut: bool = False
    fault: str | None = None


class Api:
    """One request at a time from its first look at the store to the commit, so each is atomic."""

    def __init__(self, store: Store, journal: Journal, world: World) -> None:
        self._store = store
        self._journal = journal
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        http = HttpRequest(scope, receive)
        body = await http.body()
        # The raw path keeps an encoded slash inside a segment apart from the slashes between segments.
        path = scope["raw_path"].decode().partition("?")[0].removeprefix(PREFIX)
        query = dict(http.query_params)
        authorization = http.headers.get("authorization", "")
        reply = self._reply(router.Request(http.method, path, query, authorization, body))
        whole = path + (f"?{http.url.query}" if http.url.query else "")
        outcome: Json = {"status": None if reply.cut else reply.status}
        if reply.fault is not None:
            outcome["fault"] = reply.fault
        self._journal.record(http.method, whole, body, http.headers.get("user-agent", ""), outcome)
        if reply.fault == "hold":
            await _hold(receive)
        if reply.cut:
            await _cut(scope)
        else:
            await JSONResponse(reply.body, reply.status)(scope, receive, send)

    def _reply(self, request: router.Request) -> _Reply:
        fault = faults.strike(self._store, request.method, request.path, request.body.decode(errors="replace"))
        # The count is saved even when the request itself is refused or lost.
        self._store.commit()
        if fault is not None and fault.kind == "status":
            return _Reply(fault.status, refusal_envelope(fault.code, fault.message), fault=fault.kind)
        if fault is not None and fault.kind == "drop-before":
            return _Reply(0, {}, cut=True, fault=fault.kind)
        try:
            answer = router.answer(self._store, self._world, request)
            reply = _Reply(answer.status, answer.envelope())
        except Refusal as refusal:
            reply = _Reply(refusal.status, refusal_envelope(refusal.code, refusal.message))
        self._store.commit()
        return reply if fault is None else _Reply(reply.status, {}, cut=True, fault=fault.kind)


async def _hold(receive: Receive) -> None:
    """Keep the answer back until whoever asked is gone, so that a test can kill them at this very moment."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _cut(scope: Scope) -> None:
    """Close the connection without an answer; the server puts the transport into the scope's state."""
    scope["state"]["transport"].abort()
    # The server has to notice the loss before this returns, or it would try to answer for us.
    await asyncio.sleep(0.01)


def create_app(
    store: Store,
    journal: Journal | None = None,
    world: World | None = None,
    forget: Callable[[], None] = lambda: None,
    more: Sequence[BaseRoute] = (),
) -> Starlette:
    """The application over a store; a journal in memory and the world file are the defaults.

    `forget` is called at a reset; `more` are control endpoints of other parts of the same program.
    """
    journal = journal or Journal()
    api = Api(store, journal, world or load_world())
    return Starlette(routes=[*Control(store, journal, forget).routes(), *more, Mount(PREFIX, app=api)])
