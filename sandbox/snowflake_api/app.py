"""The ASGI application: the drivers' protocol, Cortex, and the control endpoints, over one account on disk."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path as File

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.snowflake_api.apps import Apps
from sandbox.snowflake_api.catalogue import Catalogue
from sandbox.snowflake_api.control import Control, begin
from sandbox.snowflake_api.cortex import Cortex
from sandbox.snowflake_api.execution import Executor
from sandbox.snowflake_api.login import Login
from sandbox.snowflake_api.sessions import Sessions
from sandbox.snowflake_api.statement_log import StatementLog
from sandbox.snowflake_api.store import Store
from sandbox.snowflake_api.things import Account
from sandbox.snowflake_api.transfers import PATH as STORAGE
from sandbox.snowflake_api.transfers import Transfers
from sandbox.snowflake_api.wire import Wire
from sandbox.snowflake_api.world import World, load_world

PATHS = ("/session", "/queries", "/monitoring", "/telemetry", "/api/v2", STORAGE, "/__sandbox")
"""Where the application answers; other paths of the same port may be somebody else's."""


@dataclass(frozen=True)
class LocalAccount:
    """An account on disk."""

    catalogue: Catalogue
    log: StatementLog
    world: World
    apps: Apps


def open_account(directory: File, world: World | None = None) -> LocalAccount:
    """The account kept in `directory`; a new one begins with the world."""
    world = world or load_world()
    catalogue = Catalogue(Store(directory), directory / "files")
    if catalogue.find(Account, ()) is None:
        begin(catalogue, world)
    catalogue.sweep()
    return LocalAccount(catalogue, StatementLog(directory), world, Apps(catalogue))


def create_app(account: LocalAccount, forget: Callable[[], None] = lambda: None) -> ASGIApp:
    """The application over an account. `forget` is called at a reset, for what other parts of the program keep."""
    sessions = Sessions()
    login = Login(account.catalogue, sessions, account.world.where)
    transfers = Transfers()
    executor = Executor(account.catalogue, account.log, account.world.where, transfers)

    def forgotten() -> None:
        sessions.clear()
        forget()

    routes = [
        *Wire(login, sessions, executor).routes(),
        *transfers.routes(),
        *Cortex(account.apps, sessions).routes(),
        *Control(account.catalogue, account.log, account.world, forgotten).routes(),
    ]
    return ProgramsOnly(Starlette(routes=routes), account.world.host)


class ProgramsOnly:
    """For programs of this machine: pages in its browsers give themselves away by origin or by the name they used."""

    def __init__(self, app: ASGIApp, host: str) -> None:
        self._app = app
        self._hosts = re.compile(rf"(127\.0\.0\.1|localhost|\[::1\]|{re.escape(host)})(:\d+)?", re.IGNORECASE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        if "origin" in headers or not self._hosts.fullmatch(headers.get("host", "")):
            answer = JSONResponse({"error": "this address is for programs of this machine, not for web pages"}, 403)
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)
