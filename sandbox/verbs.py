"""The commands of the sandbox, one function each; `cli` only reads arguments."""

from __future__ import annotations

import os
import shutil
import sys
from typing import NoReturn

from sandbox import accounts, container_engine, launchers
from sandbox.accounts import Accounts
from sandbox.arguments import engine_words, named_option
from sandbox.bring_up import bring_up
from sandbox.console import Screen
from sandbox.engine import Engine, EngineUnavailableError, obtain
from sandbox.environment import exports, for_engine, settings
from sandbox.invocation import command
from sandbox.locks import locks, refuse_running
from sandbox.opening import open_browser
from sandbox.pending import pending_creations, refuse_locked, refuse_pending
from sandbox.places import STACK, Places, SandboxError
from sandbox.report import report
from sandbox.singletons import refuse_second_owner
from sandbox.turns import alone
from sandbox.update import ensure_stack

_NEEDS_STACK = frozenset({"cancel", "config", "destroy", "import", "preview", "refresh", "state", "up", "update"})
_CREATES = frozenset({"up", "update"})
_CHANGES = frozenset({"destroy", "import", "refresh"})
_WITHOUT_ACCOUNT = frozenset({"version", "help"})


def up(place: Places) -> int:
    """Bring the sandbox up and run the program against it."""
    place.prepare()
    with alone(place, "up", f"another `{command()} up` is running here; wait until it has ended, and try again"):
        bring_up(place, Screen())
        return 0


def down(place: Places) -> int:
    """Stop what runs; what was made stays."""
    if not place.state.is_dir():
        print("nothing was running")
        return 0
    place.prepare()
    with alone(place, "up", f"`{command()} up` is running here; wait until it has ended, and try again"):
        refuse_running(locks(place))
        return _stop_everything(place)


def _stop_everything(place: Places) -> int:
    stopped, problem = [], None
    try:
        stopped.append(container_engine.stop(place))
    except SandboxError as error:
        problem = error  # what cannot be stopped keeps nothing else running
    words = ", ".join(filter(None, [*stopped, *accounts.stop(place)]))
    print(f"stopped {words}; everything is kept for the next `{command()} up`" if words else "nothing was running")
    if problem:
        raise problem
    return 0


def open_app(place: Places, app: str | None, person: str | None) -> int:
    """Look at the portal or an app in a browser."""
    opened = open_browser(place, _engine(place), app, person)
    print(f"opened {opened}")
    return 0


def status(place: Places, objects: bool) -> int:
    """One line per part, degraded ones by name."""
    report(place, Screen(), objects)
    return 0


def reset(place: Places) -> int:
    """Forget everything: the account's objects, the containers, and the engine's stacks."""
    place.refuse_foreign()
    left = ""
    if place.state.is_dir():
        place.prepare()
        with alone(place, "up", f"`{command()} up` is running here; wait until it has ended, and try again"):
            refuse_running(locks(place))
            left = _forget_everything(place)
    print("the sandbox is empty: no objects in the account, no containers, no stacks")
    if left:
        print(f"but {left}")
    return 0


def _forget_everything(place: Places) -> str:
    left = container_engine.forget(place)
    accounts.forget(place)
    for directory in (place.backend, place.doubts):
        shutil.rmtree(directory, ignore_errors=True)
    place.prepare()
    return left


def env(place: Places) -> int:
    """Lines that make a shell's own `pulumi` run against the sandbox."""
    engine, local = _ready(place)
    print(exports(settings(place, engine, local)))
    return 0


def pulumi(place: Places, arguments: list[str]) -> int:
    """Become the engine, in the project, against the sandbox; the arguments are the engine's own."""
    words = engine_words(arguments)
    if not words or words[0] in _WITHOUT_ACCOUNT or not {"-h", "--help"}.isdisjoint(arguments):
        place.prepare()
        _become(place, _engine(place), None, arguments)
    engine, local = _ready(place)
    stack = named_option(arguments, "-s", "--stack")
    # Another project than ours is the engine's business alone.
    if named_option(arguments, "-C", "--cwd") is None:
        environment = for_engine(place, engine, local, stack or STACK)
        if words[0] in _NEEDS_STACK:
            pending_creations(place, stack or STACK)  # stops where the state cannot be read
        if words[0] in _NEEDS_STACK and stack is None:
            ensure_stack(place, engine, environment, STACK)
        if words[0] in _CREATES:
            refuse_pending(place, stack or STACK, local)
            refuse_second_owner(place, stack or STACK)
        elif words[0] in _CHANGES:
            refuse_locked(place, stack or STACK)
    if words[:2] == ["plugin", "install"]:
        launchers.withdraw(place)
    _become(place, engine, local, arguments, stack or STACK)


def _become(
    place: Places, engine: Engine, local: Accounts | None, arguments: list[str], stack: str = STACK
) -> NoReturn:
    sys.stdout.flush()
    os.chdir(place.project)
    os.execve(engine.pulumi, ["pulumi", *arguments], for_engine(place, engine, local, stack))  # noqa: S606 # the engine takes our place


def _ready(place: Places) -> tuple[Engine, Accounts]:
    place.prepare()
    engine = _engine(place)
    daemon = container_engine.choose(place)
    local, started = accounts.ensure(place, container_engine.further(daemon))
    container_engine.ensure(
        place, daemon, local.cloudflare, lambda text: print(f"containers: {text} …", file=sys.stderr)
    )
    for title in started:
        print(f"started {title}", file=sys.stderr)
    return engine, local


def _engine(place: Places) -> Engine:
    engine = obtain(lambda text: print(f"engine: {text} …", file=sys.stderr))
    return launchers.write(engine, launchers.choose(engine, place), place)


EXPECTED = (SandboxError, EngineUnavailableError)
"""What ends a command with a sentence; everything else is a bug and keeps its traceback."""
