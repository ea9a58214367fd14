"""A process of an app from its start to its end: when it serves, who is connected, what it said at last."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from sandbox.snowflake_runtime.launch import PREFIX, Launch
from sandbox.snowflake_runtime.output import Output
from sandbox.snowflake_runtime.packages import Runtime
from sandbox.snowflake_runtime.program import Program

_LOOK_AGAIN = 0.03


class Running:
    """One process. `socket` is where it listens; only this user's programs reach it there."""

    def __init__(self, launch: Launch, program: Program, folder: Path, output: Output) -> None:
        self.launch, self.output = launch, output
        self.revision = launch.app.revision
        self.socket = folder / "socket"
        self.serving = False
        self.code: int | None = None
        """The exit code, once it has ended."""
        self._program, self._folder = program, folder
        self._settled = asyncio.Event()
        self._connected = 0
        self._quiet_since = time.monotonic()
        self._life = asyncio.create_task(self._live())

    @classmethod
    async def start(cls, launch: Launch, runtime: Runtime, folder: Path, output: Output) -> Running:
        """Start a process with a home of its own; an `OSError` where this machine does not run it."""
        folder.mkdir(mode=0o700)
        order = launch.line(folder / "socket")
        return cls(launch, await Program.start(runtime, order, folder, output), folder, output)

    @property
    def pid(self) -> int:
        return self._program.pid

    async def settled(self, within: float) -> bool:
        """Whether it serves, as soon as that can be said; False where it has ended or takes longer."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._settled.wait()
        return self.serving

    @contextlib.contextmanager
    def connection(self) -> Iterator[None]:
        """Somebody has it open."""
        self._connected += 1
        try:
            yield
        finally:
            self._connected -= 1
            self._quiet_since = time.monotonic()

    def quiet_for(self) -> float:
        """Seconds since the last one went; nothing while somebody is there."""
        return 0.0 if self._connected else time.monotonic() - self._quiet_since

    async def take_files(self, revision: str) -> None:
        """Let it read its files anew: they are all that has changed."""
        await self._program.read_again()
        # Not before: whoever sees this revision may count on its files.
        self.revision = revision

    async def over(self, within: float) -> None:
        """Wait for its end, which has begun."""
        await asyncio.wait((self._life,), timeout=within)

    async def stop(self) -> None:
        """End it."""
        await self._program.stop()
        await self._life

    async def ask(self, path: str, within: float) -> httpx.Response:
        """A question to Streamlit itself, as `/_stcore/health`."""
        transport = httpx.AsyncHTTPTransport(uds=str(self.socket))
        async with httpx.AsyncClient(transport=transport, timeout=within) as client:
            return await client.get(f"http://localhost{PREFIX}/{self.launch.app.url_id}{path}")

    async def _live(self) -> None:
        looking = asyncio.create_task(self._look())
        try:
            code = await self._program.finished()
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
        self.serving, self.code = False, code
        self._settled.set()
        shutil.rmtree(self._folder, ignore_errors=True)

    async def _look(self) -> None:
        """Until it answers."""
        while not self.serving:
            await asyncio.sleep(_LOOK_AGAIN)
            with contextlib.suppress(httpx.HTTPError, OSError):
                self.serving = self.socket.exists() and (await self.ask("/_stcore/health", 5)).status_code == 200
        self._settled.set()
