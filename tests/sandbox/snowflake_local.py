"""The local Snowflake on a port of this machine, in a thread, for providers that log in as users of its world."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.front.server import server_for
from sandbox.plugins.snowflake.account import Account
from sandbox.plugins.snowflake.answers import Row
from sandbox.plugins.snowflake.settings import settings
from sandbox.plugins.values import Properties, Secret
from sandbox.serving import HOST, listen, port_of, served
from sandbox.snowflake_api import create_app, load_world, open_account
from sandbox.snowflake_api.things import User
from tests.sandbox.snowflake_replay import PREVIEWS

WORLD = load_world()
_PASSWORDS = {thing.name: thing.body.password for thing in WORLD.things if isinstance(thing.body, User)}
DEPLOYER, ADMIN = "GATEHOUSE", "ADMIN"


@dataclass
class Local:
    """Where it is, and its folder."""

    port: int
    directory: Path

    def config(self, user: str = DEPLOYER, role: str = "", **more: object) -> Properties:
        """A provider's configuration for a user of the world."""
        return {
            "organizationName": WORLD.where.organization,
            "accountName": WORLD.where.account,
            "host": HOST,
            "port": str(self.port),
            "protocol": "http",
            "user": user,
            "password": Secret(self.password(user)),
            "role": role or ("ACCOUNTADMIN" if user == ADMIN else DEPLOYER),
            "previewFeaturesEnabled": json.dumps(PREVIEWS),
            **more,
        }

    def by_hand(self, statement: str, user: str = ADMIN, role: str = "") -> list[Row]:
        """What somebody does with the account beside the program."""
        account = Account(settings(self.config(user, role)))
        try:
            return account.rows(statement)
        finally:
            account.close()

    def password(self, user: str) -> str:
        """What the user logs in with."""
        return str(_PASSWORDS[user])

    def statements(self, start: str) -> list[str]:
        """Those that begin so, as they were logged."""
        lines = self.log().splitlines() if (self.directory / "statements.jsonl").exists() else []
        return [sql for sql in (json.loads(line)["sql"] for line in lines) if sql.startswith(start)]

    def log(self) -> str:
        """All that it keeps on disk about statements."""
        return (self.directory / "statements.jsonl").read_text()


@contextmanager
def local_snowflake(directory: Path) -> Iterator[Local]:
    """A fresh account in a folder."""
    loop, ready, stop = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
    listening = listen(0)

    async def serve() -> None:
        async with served(server_for(create_app(open_account(directory))), listening):
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    try:
        assert ready.wait(10)
        yield Local(port_of(listening), directory)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()
