"""Health checks as dockerd runs them, but looked at often until the first success, so that a start is quick."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from sandbox.cloudflare_api.document import Json
from sandbox.docker_engine.launch import Launch
from sandbox.docker_engine.records import Health, Probe, now

_SOON = 0.3
_KEPT = 5
_OUTPUT = 4096
_NANOSECONDS = 1e9


@dataclass(frozen=True)
class Check:
    """A health check; times in seconds."""

    words: tuple[str, ...]
    interval: float
    timeout: float
    retries: int
    start_period: float


def check_of(config: Json) -> Check | None:
    """The check of a container's configuration, if it has one."""
    said = config.get("Healthcheck") or {}
    kind, *rest = said.get("Test") or ["NONE"]
    if kind == "NONE":
        return None
    return Check(
        words=("/bin/sh", "-c", *rest) if kind == "CMD-SHELL" else tuple(rest),
        interval=(said.get("Interval") or 30 * _NANOSECONDS) / _NANOSECONDS,
        timeout=(said.get("Timeout") or 30 * _NANOSECONDS) / _NANOSECONDS,
        retries=said.get("Retries") or 3,
        start_period=(said.get("StartPeriod") or 0) / _NANOSECONDS,
    )


async def watch(check: Check, launch: Launch, said: Callable[[Health], Awaitable[None]]) -> None:
    """Check until cancelled; `said` hears of every outcome."""
    health = Health("starting")
    began = counted = time.monotonic()
    while True:
        await asyncio.sleep(min(_SOON, check.interval) if health.status == "starting" else check.interval)
        probe = await _probe(check, launch)
        # A failure counts once per interval, however often is looked.
        counts = time.monotonic() - began > check.start_period and time.monotonic() - counted >= check.interval
        if counts:
            counted = time.monotonic()
        health = judged(check, health, probe, counts or health.status != "starting")
        await said(health)


def judged(check: Check, health: Health, probe: Probe, counts: bool) -> Health:
    """The health after one more probe; `counts` says whether a failure does."""
    log = (*health.log, probe)[-_KEPT:]
    if probe.code == 0:
        return Health("healthy", 0, log)
    streak = health.streak + 1 if counts else health.streak
    return replace(health, status="unhealthy" if streak >= check.retries else health.status, streak=streak, log=log)


async def _probe(check: Check, launch: Launch) -> Probe:
    begun = now()
    try:
        program = await asyncio.create_subprocess_exec(
            *launch.words,
            cwd=launch.folder,
            env=launch.environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        return Probe(begun, now(), -1, f"{launch.words[0]}: {error.strerror}")
    try:
        async with asyncio.timeout(check.timeout):
            output, _ = await program.communicate()
        return Probe(begun, now(), program.returncode or 0, output.decode("utf-8", "replace")[-_OUTPUT:])
    except TimeoutError:
        return Probe(begun, now(), -1, f"Health check exceeded timeout ({check.timeout:g}s)")
    finally:
        # Nothing of a check outlives it, also when its container was stopped meanwhile.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(program.pid, signal.SIGKILL)
        await program.wait()
