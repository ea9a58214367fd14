"""The commands of the sandbox, one function each; `cli` only reads arguments."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import NoReturn

from rich.markup import escape

from sandbox import background, launchers
from sandbox.arguments import engine_words, named_option
from sandbox.background import Running
from sandbox.console import Screen
from sandbox.engine import Engine, EngineUnavailableError, find, obtain
from sandbox.environment import exports, for_engine, settings
from sandbox.invocation import command
from sandbox.launchers import Plugins
from sandbox.layout import AppRow
from sandbox.locks import locks, refuse_running
from sandbox.pending import pending_creations, refuse_locked, refuse_pending
from sandbox.places import STACK, Places, SandboxError
from sandbox.turns import alone
from sandbox.update import ensure_stack, exported_apps, update

_NEEDS_STACK = frozenset({"cancel", "config", "destroy", "import", "preview", "refresh", "state", "up", "update"})
_CREATES = frozenset({"up", "update"})
_CHANGES = frozenset({"destroy", "import", "refresh"})
_WITHOUT_ACCOUNT = frozenset({"version", "help"})
NOT_SERVED = "provisioned, not served yet"


def up(place: Places) -> int:
    """Bring the sandbox up and run the program against it."""
    place.prepare()
    with alone(place, "up", f"another `{command()} up` is running here; wait until it has ended, and try again"):
        return _up(place, Screen())


def _up(place: Places, screen: Screen) -> int:
    screen.text("\n[bold]Gatehouse sandbox[/]  everything on this machine, nothing in a real account\n")
    with screen.step("Engine") as step:
        engine = obtain(step.say)
        step.outcome = f"Pulumi {engine.version}, {engine.origin}"
    plugins = launchers.choose(engine, place)
    engine = launchers.write(engine, plugins, place)
    screen.line("Plugins", _plugin_line(plugins))
    with screen.step("Cloudflare API") as step:
        api, started = background.ensure_api(place)
        step.outcome = f"local, {api.base_url}" + ("" if started else ", was running")
    environment = for_engine(place, engine, api.base_url)
    refuse_pending(place, STACK, api)
    with screen.step("Program") as step:
        ensure_stack(place, engine, environment, STACK)
        step.show("planning")
        updated = update(place, engine, environment, STACK, step.show)
        step.outcome = updated.summary
    if updated.diagnostics:
        screen.console.print(f"\n{updated.diagnostics}", markup=False, highlight=False, soft_wrap=True)
    apps = exported_apps(place, engine, environment, STACK)
    if apps:
        screen.apps(
            [AppRow(app.title or app.key, app.url, app.who or "nobody", app.status or NOT_SERVED) for app in apps]
        )
    else:
        screen.text("\n  The program exports no apps.")
    screen.text()
    _say_what_next(screen)
    return 0


def _say_what_next(screen: Screen) -> None:
    hints = {"status": "what runs, and which parts are real", "pulumi preview": "what a change would do"}
    hints["down"] = "stop; everything is kept"
    width = max(map(len, hints)) + len(command())
    for words, meaning in hints.items():
        screen.text(f"  {escape(f'{command()} {words}'):<{width + 4}}[dim]{meaning}[/]")
    screen.text()


def down(place: Places) -> int:
    """Stop what runs; what was made stays."""
    stopped = background.stop(place)
    if stopped:
        print(f"stopped the local Cloudflare API (pid {stopped.pid}); everything is kept for the next `{command()} up`")
    else:
        print("nothing was running")
    return 0


def status(place: Places, objects: bool) -> int:
    """One line per part, degraded ones by name."""
    screen = Screen()
    engine = find()
    api = background.running(place)
    made = background.list_objects(api) if api else None
    if engine:
        screen.line("Engine", f"real: Pulumi {engine.version}, {engine.origin} ({escape(_shown(engine.pulumi))})")
        plugins = launchers.choose(engine, place)
        screen.line("Language host", _plugin_status(plugins.kind(plugins.language_host)))
        screen.line("Cloudflare", f"provider plugin {_plugin_status(plugins.kind(plugins.cloudflare))}")
    else:
        screen.line("Engine", f"[yellow]missing[/]: `{escape(command())} up` gets it")
    if api and made is not None:
        screen.line("Cloudflare API", f"emulated: {api.base_url}, pid {api.pid}, {len(made)} objects")
    else:
        now = f"does not answer[/] (emulated, pid {api.pid})" if api else "stopped[/] (emulated)"
        screen.line("Cloudflare API", f"[yellow]{now}: `{escape(command())} up` starts it")
    screen.line("Connector", "[yellow]not part of this release[/]: no tunnel is connected")
    screen.line("Apps", "[yellow]not part of this release[/]: URLs are provisioned, not served yet")
    screen.line("Snowflake", "[yellow]not part of this release[/]")
    if objects:
        screen.text()
        screen.columns(made or [])
    return 0


def reset(place: Places) -> int:
    """Forget everything: the API's objects and the engine's stacks."""
    place.refuse_foreign()
    if place.state.is_dir():
        place.prepare()
        with alone(place, "up", f"`{command()} up` is running here; wait until it has ended, and try again"):
            refuse_running(locks(place))
            _forget_everything(place)
    print("the sandbox is empty: no objects in the API, no stacks")
    return 0


def _forget_everything(place: Places) -> None:
    api = background.running(place)
    if api is None or not background.forget(api):
        background.stop(place)
        shutil.rmtree(place.cloudflare, ignore_errors=True)
    for directory in (place.backend, place.doubts):
        shutil.rmtree(directory, ignore_errors=True)
    place.prepare()


def env(place: Places) -> int:
    """Lines that make a shell's own `pulumi` run against the sandbox."""
    engine, api = _ready(place)
    print(exports(settings(place, engine, api.base_url)))
    return 0


def pulumi(place: Places, arguments: list[str]) -> int:
    """Become the engine, in the project, against the sandbox; the arguments are the engine's own."""
    words = engine_words(arguments)
    if not words or words[0] in _WITHOUT_ACCOUNT or not {"-h", "--help"}.isdisjoint(arguments):
        place.prepare()
        _become(place, _engine(place), "", arguments)
    engine, api = _ready(place)
    stack = named_option(arguments, "-s", "--stack")
    # Another project than ours is the engine's business alone.
    if named_option(arguments, "-C", "--cwd") is None:
        environment = for_engine(place, engine, api.base_url, stack or STACK)
        if words[0] in _NEEDS_STACK:
            pending_creations(place, stack or STACK)  # stops where the state cannot be read
        if words[0] in _NEEDS_STACK and stack is None:
            ensure_stack(place, engine, environment, STACK)
        if words[0] in _CREATES:
            refuse_pending(place, stack or STACK, api)
        elif words[0] in _CHANGES:
            refuse_locked(place, stack or STACK)
    if words[:2] == ["plugin", "install"]:
        launchers.withdraw(place)
    _become(place, engine, api.base_url, arguments, stack or STACK)


def _become(place: Places, engine: Engine, base_url: str, arguments: list[str], stack: str = STACK) -> NoReturn:
    sys.stdout.flush()
    os.chdir(place.project)
    os.execve(engine.pulumi, ["pulumi", *arguments], for_engine(place, engine, base_url, stack))  # noqa: S606 # the engine takes our place


def _ready(place: Places) -> tuple[Engine, Running]:
    place.prepare()
    engine = _engine(place)
    api, started = background.ensure_api(place)
    if started:
        print(f"started the local Cloudflare API ({api.base_url}, pid {api.pid})", file=sys.stderr)
    return engine, api


def _engine(place: Places) -> Engine:
    engine = obtain(lambda text: print(f"engine: {text} …", file=sys.stderr))
    return launchers.write(engine, launchers.choose(engine, place), place)


def _shown(path: Path) -> str:
    return f"~/{path.relative_to(Path.home())}" if path.is_relative_to(Path.home()) else str(path)


def _plugin_line(plugins: Plugins) -> str:
    return (
        f"language host {plugins.kind(plugins.language_host)}, Cloudflare provider {plugins.kind(plugins.cloudflare)}"
    )


def _plugin_status(kind: str) -> str:
    return kind if kind == "official" else "[yellow]stand-in[/], speaks the official one's protocol"


EXPECTED = (SandboxError, EngineUnavailableError)
"""What ends a command with a sentence; everything else is a bug and keeps its traceback."""
