"""One container kept running: started, watched, started again as its restart policy says, stopped."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable
from dataclasses import replace

from sandbox.cloudflare_api.document import section
from sandbox.docker_engine.containers import Containers
from sandbox.docker_engine.health import check_of, watch
from sandbox.docker_engine.launch import Launch
from sandbox.docker_engine.output import Output
from sandbox.docker_engine.program import Program
from sandbox.docker_engine.records import NEVER, Container, Health, State, now
from sandbox.docker_engine.refusals import RefusalError

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 60.0
_LONG_ENOUGH = 10.0  # a program that ran so long has started well: the next pause is short again


class Run:
    """A container from `docker start` to its end. `changed` hears that names or addresses may have changed."""

    def __init__(
        self, number: str, containers: Containers, prepare: Callable[[Container], Launch], changed: Callable[[], None]
    ) -> None:
        self._number, self._containers, self._prepare, self._changed = number, containers, prepare, changed
        self._folder = containers.folder(number)
        self._stopping = asyncio.Event()
        self.over = asyncio.Event()
        self.exited = asyncio.Event()  # set at every end, for `docker wait --condition next-exit`
        self._program: Program | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def _container(self) -> Container:
        return self._containers.get(self._number)

    async def start(self) -> None:
        """Start; a refusal of the first start is the caller's to show."""
        self._containers.put(replace(self._container, state=State()))
        try:
            program, launch = await self._launch()
        except RefusalError as refusal:
            self._containers.change(self._number, status="created", code=127, error=str(refusal))
            raise
        self._task = asyncio.create_task(self._keep_running(program, launch))

    async def stop(self, number: int, grace: float, by_hand: bool) -> None:
        """Ask it to end, and end it after `grace` seconds."""
        self._stopping.set()
        if by_hand:
            self._containers.change(self._number, stopped_by_hand=True)
        if self._program is not None:
            self._program.signal(number)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace):
                await self.over.wait()
        if not self.over.is_set() and self._program is not None:
            self._program.signal_all(signal.SIGKILL)
        await self.over.wait()

    def kill(self, number: int, for_good: bool) -> None:
        """Send a signal; one that is meant to end it also ends the restarts."""
        if for_good:
            self._stopping.set()
        self._containers.change(self._number, stopped_by_hand=True)
        if self._program is not None:
            self._program.signal(number)

    async def _launch(self) -> tuple[Program, Launch]:
        launch = self._prepare(self._container)
        self._program = await Program.start(launch, Output(self._folder / "output.log"))
        health = Health("starting") if check_of(self._container.config) else None
        self._containers.change(
            self._number, status="running", pid=self._program.pid, started=now(), finished=NEVER, health=health
        )
        self._changed()
        if self._stopping.is_set():
            self._program.signal(signal.SIGTERM)
        return self._program, launch

    async def _keep_running(self, program: Program | None, launch: Launch | None) -> None:
        pause = _FIRST_PAUSE
        try:
            while True:
                began = time.monotonic()
                if program is not None and launch is not None:
                    code, error = await self._until_end(program, launch), ""
                again = not self._stopping.is_set() and _again(self._container, code)
                status = "restarting" if again else "exited"
                self._containers.change(
                    self._number,
                    status=status,
                    pid=0,
                    code=code,
                    error=error,
                    finished=now(),
                    health=self._last_health(),
                )
                self._changed()
                self.exited.set()
                if not again:
                    return
                pause = _FIRST_PAUSE if time.monotonic() - began > _LONG_ENOUGH else min(2 * pause, _LONGEST_PAUSE)
                if await self._told_to_stop(pause):
                    self._containers.change(self._number, status="exited")
                    return
                self.exited.clear()
                self._containers.change(self._number, restarts=self._container.state.restarts + 1)
                try:
                    program, launch = await self._launch()
                except RefusalError as refusal:
                    program, launch, code, error = None, None, 127, str(refusal)
        finally:
            self._program = None
            self.over.set()

    async def _until_end(self, program: Program, launch: Launch) -> int:
        check = check_of(self._container.config)
        watching = None
        if check is not None:
            probe = launch.instead(check.words, self._container, self._folder / "root")
            watching = asyncio.create_task(watch(check, probe, self._hear))
        try:
            return await program.finished()
        finally:
            if watching is not None:
                watching.cancel()
                await asyncio.gather(watching, return_exceptions=True)

    async def _hear(self, health: Health) -> None:
        self._containers.change(self._number, health=health)

    def _last_health(self) -> Health | None:
        health = self._container.state.health
        return None if health is None else Health("unhealthy", health.streak, health.log)

    async def _told_to_stop(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        return self._stopping.is_set()


def _again(container: Container, code: int) -> bool:
    policy = section(container.host, "RestartPolicy")
    match policy.get("Name"):
        case "always" | "unless-stopped":
            return True
        case "on-failure":
            limit = policy.get("MaximumRetryCount") or 0
            return code != 0 and (not limit or container.state.restarts < limit)
    return False


def revives(container: Container) -> bool:
    """Whether a new engine starts it again, after one that ended while it ran."""
    name = section(container.host, "RestartPolicy").get("Name")
    ran = container.state.started != NEVER
    return ran and (name == "always" or (name == "unless-stopped" and not container.state.stopped_by_hand))
