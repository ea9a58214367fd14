"""The commands of the sandbox, one function each; `cli` only reads arguments."""

from __future__ import annotations

import os
import shutil
import sys

from sandbox import background, launchers
from sandbox.background import Running
from sandbox.console import Screen
from sandbox.engine import Engine, EngineUnavailableError, find, obtain
from sandbox.environment import exports, for_engine, settings
from sandbox.launchers import Plugins
from sandbox.pending import refuse_pending
from sandbox.places import STACK, Places, SandboxError
from sandbox.update import ensure_stack, exported_apps, update

_NEEDS_STACK = frozenset({"cancel", "config", "destroy", "import", "preview", "refresh", "state", "up", "update"})
_CREATES = frozenset({"up", "update"})
NOT_SERVED = "provisioned, not served yet"


def up(place: Places) -> int:
    """Bring the sandbox up and run the program against it."""
    screen = Screen()
    place.prepare()
    screen.console.print("\n[bold]Gatehouse sandbox[/]  everything on this machine, nothing in a real account\n")
    with screen.step("Engine") as step:
        engine = obtain(step.say)
        step.outcome = f"Pulumi {engine.version}, {engine.origin}"
    plugins = launchers.choose(engine, place)
    launchers.write(engine, plugins, place)
    screen.line("Plugins", _plugin_line(plugins))
    with screen.step("Cloudflare API") as step:
        api, started = background.ensure_api(place)
        step.outcome = f"local, {api.base_url}" + ("" if started else ", was running")
    environment = for_engine(place, engine, api.base_url)
    refuse_pending(place, STACK, api)
    with screen.step("Program") as step:
        ensure_stack(place, engine, environment, STACK)
        step.show("planning")
        step.outcome = update(place, engine, environment, STACK, step.show)
    apps = exported_apps(place, engine, environment, STACK)
    if apps:
        screen.apps([(app.title or app.key, app.url, app.who or "nobody", app.status or NOT_SERVED) for app in apps])
    else:
        screen.console.print("\n  The program exports no apps.")
    screen.console.print("\n  [dim]sandbox status · sandbox pulumi preview · sandbox down[/]\n")
    return 0


def down(place: Places) -> int:
    """Stop what runs; what was made stays."""
    stopped = background.stop(place)
    if stopped:
        print(f"stopped the local Cloudflare API (pid {stopped.pid}); its objects are kept for the next `sandbox up`")
    else:
        print("nothing was running")
    return 0


def status(place: Places, objects: bool) -> int:
    """One line per part, degraded ones by name."""
    screen = Screen()
    engine = find()
    api = background.running(place)
    made: list[tuple[str, str, str]] = []
    if engine:
        screen.line("Engine", f"real: Pulumi {engine.version}, {engine.origin} ({engine.pulumi})")
        plugins = launchers.choose(engine, place)
        screen.line("Language host", _plugin_status(plugins.kind(plugins.language_host)))
        screen.line("Cloudflare", f"provider plugin {_plugin_status(plugins.kind(plugins.cloudflare))}")
    else:
        screen.line("Engine", "[yellow]missing[/]: `sandbox up` gets it")
    if api:
        made = background.list_objects(api)
        screen.line("Cloudflare API", f"emulated: {api.base_url}, pid {api.pid}, {len(made)} objects")
    else:
        screen.line("Cloudflare API", "[yellow]stopped[/] (emulated): `sandbox up` starts it")
    screen.line("Connector", "[yellow]not part of this release[/]: no tunnel is connected")
    screen.line("Apps", "[yellow]not part of this release[/]: URLs are provisioned, not served yet")
    screen.line("Snowflake", "[yellow]not part of this release[/]")
    for collection, ident, name in made if objects else ():
        print(f"{collection}\t{ident}\t{name}")
    return 0


def reset(place: Places) -> int:
    """Forget everything: the API's objects and the engine's stacks."""
    place.refuse_foreign()
    api = background.running(place)
    if api:
        background.forget(api)
    else:
        shutil.rmtree(place.cloudflare, ignore_errors=True)
    for directory in (place.backend, place.doubts):
        shutil.rmtree(directory, ignore_errors=True)
    if place.state.is_dir():
        place.prepare()
    print("the sandbox is empty: no objects in the API, no stacks")
    return 0


def env(place: Places) -> int:
    """Lines that make a shell's own `pulumi` run against the sandbox."""
    engine, api = _ready(place)
    print(exports(settings(place, engine, api.base_url)))
    return 0


def pulumi(place: Places, arguments: list[str]) -> int:
    """Become the engine, in the project, against the sandbox."""
    engine, api = _ready(place)
    stack = _named_stack(arguments)
    environment = for_engine(place, engine, api.base_url, stack or STACK)
    verb = next((argument for argument in arguments if not argument.startswith("-")), "")
    if verb in _NEEDS_STACK and stack is None:
        ensure_stack(place, engine, environment, STACK)
    if verb in _CREATES:
        refuse_pending(place, stack or STACK, api)
    sys.stdout.flush()
    os.chdir(place.project)
    os.execve(engine.pulumi, ["pulumi", *arguments], environment)  # noqa: S606 # the engine takes our place


def _ready(place: Places) -> tuple[Engine, Running]:
    place.prepare()
    engine = obtain(lambda text: print(f"engine: {text} …", file=sys.stderr))
    launchers.write(engine, launchers.choose(engine, place), place)
    api, _ = background.ensure_api(place)
    return engine, api


def _named_stack(arguments: list[str]) -> str | None:
    for index, argument in enumerate(arguments):
        if argument in ("-s", "--stack") and index + 1 < len(arguments):
            return arguments[index + 1]
        if argument.startswith("--stack="):
            return argument.removeprefix("--stack=")
    return None


def _plugin_line(plugins: Plugins) -> str:
    return (
        f"language host {plugins.kind(plugins.language_host)}, Cloudflare provider {plugins.kind(plugins.cloudflare)}"
    )


def _plugin_status(kind: str) -> str:
    return kind if kind == "official" else "[yellow]stand-in[/], speaks the official one's protocol"


EXPECTED = (SandboxError, EngineUnavailableError)
"""What ends a command with a sentence; everything else is a bug and keeps its traceback."""
