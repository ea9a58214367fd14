"""The runtimes and their viewer on a port of this machine, in a thread, over apps that exist in the test only."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

import httpx
import psutil
import pytest
from websockets.sync.client import ClientConnection, connect

from sandbox.front.server import server_for
from sandbox.serving import HOST, listen, port_of, served
from sandbox.snowflake_api.apps import Apps, StreamlitApp
from sandbox.snowflake_runtime import packages, probe
from sandbox.snowflake_runtime.running import Running
from sandbox.snowflake_runtime.runtimes import Runtimes
from sandbox.snowflake_runtime.viewer import viewer_app
from tests.sandbox.snowflake_runtime.account import SmallSnowflake
from tests.sandbox.snowflake_runtime.account import served as served_account
from tests.sandbox.snowflake_runtime.world import FakeApps

T = TypeVar("T")
needs_environment = pytest.mark.skipif(
    packages.find() is None,
    reason="NO STREAMLIT ENVIRONMENT: no app was started. Run `python -m sandbox.snowflake_runtime.packages` first.",
)
REPORT = """
def report(**found):
    import json, pathlib
    pathlib.Path({file!r}).write_text(json.dumps(found))
"""


@dataclass
class World:
    """Everything that a test may want to look at."""

    apps: FakeApps
    snowflake: SmallSnowflake
    runtimes: Runtimes
    directory: Path
    loop: asyncio.AbstractEventLoop
    port: int

    @property
    def origin(self) -> str:
        return f"http://{HOST}:{self.port}"

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    def create(self, name: str, script: str | None, **fields: Any) -> StreamlitApp:
        """An app whose script can call `report(name=value)`; the account knows its token."""
        told = None if script is None else REPORT.format(file=str(self.directory / f"{name}.json")) + script
        app = self.apps.create(name, told, **fields)
        self.snowflake.tokens[self.apps.token(app)] = app.owner
        return app

    def rewrite(self, app: StreamlitApp, script: str) -> None:
        """Another script for an app."""
        told = REPORT.format(file=str(self.directory / f"{app.title}.json")) + script
        self.apps.write(app, app.main_file, told)

    def reach(self, app: StreamlitApp) -> str:
        return self.run(probe.reach(self.runtimes, self.apps.apps[app.url_id]))

    def reported(self, app: StreamlitApp) -> dict[str, Any]:
        """What the script said when it was run just now."""
        file = self.directory / f"{app.title}.json"
        file.unlink(missing_ok=True)
        said = self.reach(app)
        assert said == probe.SERVING, self.log(app)
        found: dict[str, Any] = json.loads(file.read_text())
        return found

    def wake(self, app: StreamlitApp, user: str = "") -> Running:
        """A process that serves."""
        running = self.run(self.runtimes.wake(self.apps.apps[app.url_id], user))
        assert self.run(running.settled(30)), running.output.last
        return running

    def log(self, app: StreamlitApp) -> str:
        return (self.directory / "logs" / f"{app.database}.{app.schema}.{app.name}.log").read_text()

    @contextmanager
    def visiting(self, person: str) -> Iterator[httpx.Client]:
        """A browser of somebody who has logged in."""
        with self.browser() as client:
            answer = client.post("/login", data={"person": person}, headers={"origin": self.origin})
            assert answer.status_code == 303
            yield client

    def browser(self) -> httpx.Client:
        return httpx.Client(base_url=self.origin, trust_env=False, timeout=60, headers={"accept": "text/html"})

    def stream(self, client: httpx.Client, app: StreamlitApp, **headers: str) -> ClientConnection:
        """The WebSocket of an app, as a browser opens it."""
        cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        url = f"ws://{HOST}:{self.port}/streamlit-apps/{app.url_id}/_stcore/stream"
        told = {"Cookie": cookies, "Origin": self.origin, **headers}
        return connect(url, additional_headers=told, subprotocols=["streamlit"], proxy=None)  # type: ignore[list-item]


def is_alive(pid: int) -> bool:
    """Whether a process runs, zombies aside."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def files_with(directory: Path, values: tuple[str, ...]) -> list[tuple[str, str]]:
    """Files below a folder that hold one of these texts."""
    found = []
    for folder, _, names in os.walk(directory):
        for file in (Path(folder, name) for name in names):
            content = file.read_bytes() if file.is_file() else b""
            found += [(str(file), value) for value in values if value.encode() in content]
    return found


@contextmanager
def world_in(directory: Path, **options: float) -> Iterator[World]:
    """A world of its own, with the runtimes' own parameters."""
    apps, snowflake = FakeApps(directory / "live"), SmallSnowflake()
    loop, ready, stop = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
    listening = listen(0)
    with served_account(snowflake, directory / "tls") as account:
        runtimes = Runtimes(cast("Apps", apps), directory, account, **options)

        async def serve() -> None:
            async with runtimes, served(server_for(viewer_app(runtimes)), listening):
                ready.set()
                await stop.wait()

        thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
        thread.start()
        try:
            assert ready.wait(10)
            yield World(apps, snowflake, runtimes, directory, loop, port_of(listening))
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join()
            loop.close()
