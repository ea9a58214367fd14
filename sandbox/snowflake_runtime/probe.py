"""How an app does, in a word or two: `serving`, or why not."""

from __future__ import annotations

import re

import httpx

from sandbox.places import SandboxError
from sandbox.snowflake_api.apps import StreamlitApp
from sandbox.snowflake_runtime.running import Running
from sandbox.snowflake_runtime.runtimes import Runtimes

SERVING = "serving"
_STARTS_WITHIN = 60.0
_RUNS_WITHIN = 90.0
_LAST_WORDS = 2.0
_ERROR = re.compile(r"[\w.]*(Error|Exception)\b")
_PROBER = ""  # no user has this name


def now(runtimes: Runtimes, app: StreamlitApp) -> str:
    """What can be said without starting anything."""
    processes = runtimes.of(app)
    if app.live is None:
        return "no live version"
    if not processes:
        return "not started"
    if any(one.serving for one in processes):
        return SERVING
    return "starting" if any(one.code is None for one in processes) else _ended(processes[-1])


async def reach(runtimes: Runtimes, app: StreamlitApp) -> str:
    """Start the app where it does not run, and let its script run once, as at a visit."""
    if app.live is None:
        return now(runtimes, app)
    try:
        running = await runtimes.wake(app, _PROBER)
        if running.code is not None:  # of an earlier start
            await runtimes.end(app, _PROBER)
            running = await runtimes.wake(app, _PROBER)
    except SandboxError as error:
        return str(error)
    try:
        return await _tried(running)
    finally:
        if app.runtime == "warehouse":  # nobody else gets to see this process
            await runtimes.end(app, _PROBER)


async def _tried(running: Running) -> str:
    if not await running.settled(_STARTS_WITHIN):
        return "does not answer" if running.code is None else _ended(running)
    try:
        answer = await running.ask("/_stcore/script-health-check", _RUNS_WITHIN)
    except httpx.HTTPError:
        await running.over(_LAST_WORDS)
        return _ended(running)
    return SERVING if answer.status_code == 200 else f"its script fails: {_last(running)}"


def _ended(running: Running) -> str:
    return f"its process has ended: {_last(running)}"


def _last(running: Running) -> str:
    """The error that it has told of, or whatever it said at last."""
    lines = [line.strip() for line in running.output.last] or ["it said nothing"]
    return next((line for line in reversed(lines) if _ERROR.match(line)), lines[-1])
