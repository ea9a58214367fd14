"""`sandbox up`: each part in its turn, then the apps as they are at this moment, and how to look at them."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from rich.markup import escape

from sandbox import (
    accounts,
    background,
    container_engine,
    launchers,
    local_cloudflare,
    local_snowflake,
    reach,
    roster,
)
from sandbox.accounts import Accounts
from sandbox.console import Screen
from sandbox.engine import Engine, obtain
from sandbox.environment import for_engine
from sandbox.invocation import command
from sandbox.launchers import Plugins
from sandbox.layout import AppRow
from sandbox.local_cloudflare import Cloudflare
from sandbox.local_snowflake import AppThere
from sandbox.pending import refuse_pending
from sandbox.places import STACK, Places
from sandbox.roster import NoRosterError
from sandbox.singletons import refuse_second_owner
from sandbox.snowflake_runtime import packages
from sandbox.update import AppLine, ensure_stack, exported_apps, update

if TYPE_CHECKING:
    from sandbox.containers import Daemon

NOT_A_PAGE = "not a web page"
_PROGRAMS = (container_engine.NAME, local_cloudflare.NAME, local_snowflake.NAME)


def bring_up(place: Places, screen: Screen) -> None:
    """Everything, from the engine to the table of apps."""
    screen.text("\n[bold]Gatehouse sandbox[/]  everything on this machine, nothing in a real account\n")
    with screen.step("Engine") as step:
        engine = obtain(step.say)
        step.outcome = f"Pulumi {engine.version}, {engine.origin}"
    plugins = launchers.choose(engine, place)
    engine = launchers.write(engine, plugins, place)
    screen.line("Plugins", plugin_line(plugins))
    if any(background.is_outdated(place, name) for name in _PROGRAMS):
        container_engine.stop(place)
        accounts.stop(place)
    daemon = container_engine.choose(place)
    with screen.step("Snowflake") as step:
        packages.obtain(step.say)
        snowflake, started = local_snowflake.ensure(place)
        step.outcome = f"API and apps {snowflake.origin}{_unless(started)}"
    with screen.step("Cloudflare") as step:
        cloudflare, started = local_cloudflare.ensure(place, container_engine.further(daemon), snowflake.origin)
        step.outcome = f"{where(cloudflare)}{_unless(started)}"
    local = Accounts(cloudflare, snowflake)
    with screen.step("Containers") as step:
        container_engine.ensure(place, daemon, cloudflare, step.say)
        step.show("starting what was stopped")
        ill = container_engine.wake(place, daemon)
        step.outcome = f"{kind(daemon)}{f': [yellow]{escape(ill)}[/]' if ill else ''}"
    environment = for_engine(place, engine, local)
    _run_program(place, screen, engine, local, environment)
    with screen.step("People") as step:
        step.outcome = _people(place, local, environment)
    apps = exported_apps(place, engine, environment, STACK)
    cloudflare.tell_ends({app.url: app.who for app in apps if not app.in_snowflake})
    if apps:
        with screen.step("Apps") as step:
            step.show("asking each where its users come in")
            rows = _rows(place, local, apps)
            pages = [row for row in rows if row.status != NOT_A_PAGE]
            step.outcome = f"{sum(row.status == reach.SERVING for row in pages)} of {len(pages)} serving"
        screen.apps(rows)
    else:
        screen.text("\n  The program exports no apps.")
    _say_what_next(screen)


def _unless(started: bool) -> str:
    return "" if started else ", was running"


def kind(daemon: Daemon) -> str:
    """What runs the containers, and why."""
    word = "Docker" if daemon.kind == "docker" else "[yellow]local processes[/]"
    return f"{word}: {escape(daemon.reason)}"


def where(cloudflare: Cloudflare) -> str:
    """The ports of every part of it."""
    ports = cloudflare.program.ports
    return (
        f"API {cloudflare.base_url}, edge {ports['edge']}, front door {ports['https']} (https), {ports['http']} (http)"
    )


def _run_program(
    place: Places, screen: Screen, engine: Engine, local: Accounts, environment: Mapping[str, str]
) -> None:
    refuse_pending(place, STACK, local)
    refuse_second_owner(place, STACK)
    with screen.step("Program") as step:
        ensure_stack(place, engine, environment, STACK)
        step.show("planning")
        updated = update(place, engine, environment, STACK, step.show)
        step.outcome = updated.summary
    if updated.diagnostics:
        screen.console.print(f"\n{updated.diagnostics}", markup=False, highlight=False, soft_wrap=True)


def _people(place: Places, local: Accounts, environment: Mapping[str, str]) -> str:
    try:
        return f"{roster.hand_over(place, local, STACK, environment)} can log in"
    except NoRosterError as error:
        return f"[yellow]nobody new[/]: {escape(str(error))}"


def _rows(place: Places, local: Accounts, apps: tuple[AppLine, ...]) -> list[AppRow]:
    def is_starting() -> bool:
        return not all(member.fine for member in container_engine.members(place) or ())

    waits = bool(container_engine.members(place))

    def row(app: AppLine) -> AppRow:
        url, status = app.command or app.url, NOT_A_PAGE
        if app.in_snowflake:
            url, status = _there(there.result(), app)
        elif not app.command:
            seen = reach.settled(local.cloudflare, app.url, is_starting) if waits else None
            status = seen or reach.now(local.cloudflare, app.url)
            if status == reach.SERVING:
                status = reach.tried(local.cloudflare, app.url)
        return AppRow(app.title or app.key, url, app.who or "nobody", status)

    with ThreadPoolExecutor(max_workers=9) as pool:
        any_there = any(app.in_snowflake for app in apps)
        there = pool.submit(lambda: local.snowflake.apps(wake=True) if any_there else ())
        return list(pool.map(row, apps))


def _there(there: tuple[AppThere, ...], app: AppLine) -> tuple[str, str]:
    """Where an app in Snowflake is opened on this machine, and how it does."""
    found = next((one for one in there if one.name == app.in_snowflake), None)
    return (found.url, found.status) if found else (app.url, "not there")


def _say_what_next(screen: Screen) -> None:
    hints = {
        "open": "look at them in a browser",
        "status": "what runs, and which parts are real",
        "pulumi preview": "what a change would do",
        "down": "stop; everything is kept",
    }
    width = max(map(len, hints)) + len(command())
    screen.text()
    for words, meaning in hints.items():
        screen.text(f"  {escape(f'{command()} {words}'):<{width + 4}}[dim]{meaning}[/]")
    screen.text()


def plugin_line(plugins: Plugins) -> str:
    """Which plugins are official, and which stand in."""
    kinds = {
        "language host": plugins.language_host,
        "Cloudflare provider": plugins.cloudflare,
        "Snowflake provider": plugins.snowflake,
        "Docker provider": plugins.docker,
    }
    return ", ".join(f"{name} {plugins.kind(official)}" for name, official in kinds.items())
