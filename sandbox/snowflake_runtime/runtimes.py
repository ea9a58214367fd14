"""The processes of all apps: started when somebody comes, renewed when an app changes, ended when nobody needs them.

In the container runtime an app has one process for everybody. In the warehouse runtime every viewer has their own,
which goes to sleep.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import re
import shutil
import stat
import tempfile
from itertools import count
from pathlib import Path
from types import TracebackType

from sandbox.front.open_sockets import OpenSockets
from sandbox.places import SandboxError
from sandbox.snowflake_api.apps import Apps, StreamlitApp
from sandbox.snowflake_runtime import packages
from sandbox.snowflake_runtime.launch import AccountAddress, launch_of
from sandbox.snowflake_runtime.output import Output
from sandbox.snowflake_runtime.running import Running

_LONGEST_SOCKET_PATH = 100  # bytes; the kernel takes 107, and macOS 103
Key = tuple[str, str]


class Runtimes:
    """While the block runs, apps can be woken.

    `directory` keeps their logs. `minute` is the length of one in seconds, for sleep timers; every `look_every`
    seconds it is looked what has changed in the account.
    """

    def __init__(
        self, apps: Apps, directory: Path, account: AccountAddress, *, minute: float = 60.0, look_every: float = 1.0
    ) -> None:
        self.apps = apps
        self.open_sockets = OpenSockets()
        self._account, self._minute, self._look_every = account, minute, look_every
        self._logs, self._homes = directory / "logs", _homes(directory)
        self._running: dict[Key, Running] = {}
        self._numbers = count(1)
        self._turn = asyncio.Lock()
        self._looking: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Runtimes:
        self._logs.mkdir(parents=True, exist_ok=True)
        _make_own(self._homes)
        self._looking = asyncio.create_task(self._look())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        async with self._turn:
            self._looking = None
            await asyncio.gather(*(one.stop() for one in self._running.values()))
            self._running.clear()
        shutil.rmtree(self._homes, ignore_errors=True)

    def found(self, app: StreamlitApp, user: str = "") -> Running | None:
        """The process that a user gets to see, if there is one."""
        return self._running.get(_key(app, user))

    def of(self, app: StreamlitApp) -> tuple[Running, ...]:
        """The processes of an app, whoever sees them."""
        return tuple(one for (url_id, _), one in self._running.items() if url_id == app.url_id)

    async def wake(self, app: StreamlitApp, user: str = "") -> Running:
        """The process for a user, started where there is none of the app as it is now.

        One that has ended by itself stays as it is until the app changes or `end` is called. A `SandboxError` where
        nothing can be started.
        """
        key = _key(app, user)
        current = self._running.get(key)
        if current is not None and current.revision == app.revision:
            return current
        async with self._turn:
            # It may have changed or gone while others had their turn.
            newest = self.apps.find(app.url_id)
            if newest is None or newest.live is None:
                raise SandboxError("it has no live version any more")
            await self._renew(key, newest, newest.live)
            if key not in self._running:
                self._running[key] = await self._start(newest, newest.live)
            return self._running[key]

    async def refresh(self, running: Running) -> None:
        """Before somebody uses a process: let it be the app's as the app is now."""
        app = self.apps.find(running.launch.app.url_id)
        if app is not None and app.revision != running.revision:
            async with self._turn:
                key = next((key for key, one in self._running.items() if one is running), None)
                if key is not None and app.live is not None:
                    await self._renew(key, app, app.live)

    async def end(self, app: StreamlitApp, user: str = "") -> None:
        """End the process for a user, or forget that it has ended."""
        async with self._turn:
            await self._end(_key(app, user))

    async def _start(self, app: StreamlitApp, live: Path) -> Running:
        if self._looking is None:
            raise SandboxError("the local Snowflake is being stopped")
        runtime = packages.find()
        if runtime is None:
            raise SandboxError("what Streamlit in Snowflake runs with is not installed: run `sandbox up`")
        launch = launch_of(app, live, self.apps, self._account)
        output = Output(self._logs / f"{_file_name(app)}.log", launch.hidden)
        try:
            return await Running.start(launch, runtime, self._homes / str(next(self._numbers)), output)
        except OSError as error:
            raise SandboxError(f"no process can be started here: {error}") from error

    async def _renew(self, key: Key, app: StreamlitApp, live: Path) -> None:
        """End a process of the app as it was, where it is not enough to read the files again."""
        running = self._running.get(key)
        if running is None or running.revision == app.revision:
            return
        same = launch_of(app, live, self.apps, self._account).fingerprint == running.launch.fingerprint
        if same and running.code is None:
            await running.take_files(app.revision)
        else:
            await self._end(key)

    async def _end(self, key: Key) -> None:
        running = self._running.pop(key, None)
        if running is not None:
            await running.stop()

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(self._look_every)
            for key, running in tuple(self._running.items()):
                async with self._turn:
                    app = self.apps.find(key[0])
                    if app is None or app.live is None or self._is_asleep(running):
                        await self._end(key)
                    else:
                        await self._renew(key, app, app.live)
            self.open_sockets.look()

    def _is_asleep(self, running: Running) -> bool:
        minutes = running.launch.sleeps_after
        return minutes is not None and running.quiet_for() > minutes * self._minute


def _key(app: StreamlitApp, user: str) -> Key:
    return app.url_id, "" if app.runtime == "container" else user


def _file_name(app: StreamlitApp) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]", "_", f"{app.database}.{app.schema}.{app.name}")


def _homes(directory: Path) -> Path:
    """Where processes have their homes and sockets: here, unless the kernel does not take so long a path."""
    here = directory / "processes"
    if len(os.fsencode(here / "99999" / "socket")) <= _LONGEST_SOCKET_PATH:
        return here
    name = hashlib.sha256(os.fsencode(directory)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"gatehouse-{os.getuid()}-snowflake-{name}"


def _make_own(folder: Path) -> None:
    """An empty folder of our own. In a temporary directory, somebody else may have made it."""
    with contextlib.suppress(FileNotFoundError):
        status = folder.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
            raise SandboxError(f"{folder} belongs to somebody else")
        shutil.rmtree(folder)
    folder.mkdir(mode=0o700, parents=True)
