"""`sandbox status`: one line per part, and degraded ones by name."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.markup import escape

from sandbox import container_engine, launchers, local_cloudflare, local_snowflake, reach
from sandbox.bring_up import kind, plugin_line, where
from sandbox.connector import VERSION as STAND_IN
from sandbox.console import Screen
from sandbox.engine import find
from sandbox.front.reach import stream_at
from sandbox.invocation import command
from sandbox.local_api import Json
from sandbox.local_cloudflare import Cloudflare
from sandbox.places import Places
from sandbox.portal.short_names import without_stack
from sandbox.snowflake_runtime import packages


def report(place: Places, screen: Screen, with_objects: bool) -> None:
    """Every part, and if wanted every object of the account."""
    _engine_lines(place, screen)
    cloudflare = local_cloudflare.found(place)
    objects = cloudflare.objects() if cloudflare else None
    if cloudflare and objects is not None:
        count = sum(map(len, objects.values()))
        screen.line("Cloudflare", f"emulated: {where(cloudflare)}, pid {cloudflare.program.pid}, {count} objects")
        _connector_line(screen, objects)
    else:
        screen.line("Cloudflare", f"{_silence(cloudflare)} (emulated): `{escape(command())} up` starts it")
        screen.line("Connectors", "[yellow]none[/]: nothing takes them in")
    _container_line(place, screen)
    if cloudflare and objects:
        _app_line(screen, cloudflare, objects)
    there = _snowflake_lines(place, screen)
    if with_objects:
        screen.text()
        screen.columns(_listed({**(objects or {}), **there}))


def _snowflake_lines(place: Places, screen: Screen) -> dict[str, list[Json]]:
    """The account and the apps in it; what exists there."""
    snowflake = local_snowflake.found(place)
    objects = snowflake.objects() if snowflake else None
    if snowflake is None or objects is None:
        silent = "[yellow]stopped[/]" if snowflake is None else "[yellow]does not answer[/]"
        screen.line("Snowflake", f"{silent} (emulated): `{escape(command())} up` starts it")
        return {}
    count = sum(map(len, objects.values()))
    pid = snowflake.program.pid
    screen.line("Snowflake", f"emulated: API and apps {snowflake.origin}, pid {pid}, {count} objects")
    apps = snowflake.apps()
    said = ", ".join(f"{escape(app.name.rpartition('.')[2])} {escape(app.status)}" for app in apps)
    runs = "[yellow]local processes[/]" if packages.find() else "[yellow]cannot run[/]: their packages are missing"
    screen.line("Streamlits", f"{runs}: {said}" if apps else "none")
    return objects


def _engine_lines(place: Places, screen: Screen) -> None:
    engine = find()
    if engine is None:
        screen.line("Engine", f"[yellow]missing[/]: `{escape(command())} up` gets it")
        return
    screen.line("Engine", f"real: Pulumi {engine.version}, {engine.origin} ({escape(_shown(engine.pulumi))})")
    plugins = launchers.choose(engine, place)
    screen.line("Plugins", plugin_line(plugins).replace("stand-in", "[yellow]stand-in[/]"))


def _silence(cloudflare: Cloudflare | None) -> str:
    return "[yellow]stopped[/]" if cloudflare is None else f"[yellow]does not answer[/], pid {cloudflare.program.pid}"


def _connector_line(screen: Screen, objects: dict[str, list[Json]]) -> None:
    """The registered connections of each tunnel."""
    tunnels = [(str(one["name"]), len(one.get("connections") or ())) for one in objects.get("tunnels", [])]
    said = [
        f"{escape(name)}: {count} connection{'' if count == 1 else 's'}"
        if count
        else f"{escape(name)}: [yellow]none[/]"
        for name, count in tunnels
    ]
    played = "" if not any(count for _, count in tunnels) else f" ({_connector_kind(objects)})"
    screen.line("Connectors", (", ".join(said) or "no tunnel exists") + played)


def _connector_kind(objects: dict[str, list[Json]]) -> str:
    """What connectors call themselves when they register."""
    versions = {
        str(link.get("client_version") or "")
        for tunnel in objects.get("tunnels", [])
        for link in tunnel.get("connections") or ()
    }
    real = escape(f"cloudflared {', '.join(sorted(versions))}")
    return "[yellow]stand-in[/] for cloudflared" if STAND_IN in versions else real


def _container_line(place: Places, screen: Screen) -> None:
    """What runs the containers, how many run, and which are not well."""
    from sandbox.containers import remembered

    daemon = remembered(place)
    if daemon is None:
        screen.line("Containers", f"[yellow]none[/]: `{escape(command())} up` chooses what runs them")
        return
    found = container_engine.members(place)
    if found is None:
        now = f"[yellow]stopped[/]: `{escape(command())} up` starts them"
    else:
        now = f"{sum(one.fine for one in found)} of {len(found)} well"
        now += "".join(f", [yellow]{escape(one.name)} {escape(one.state)}[/]" for one in found if not one.fine)
    screen.line("Containers", f"{kind(daemon)}; {now}")


def _app_line(screen: Screen, cloudflare: Cloudflare, objects: dict[str, list[Json]]) -> None:
    """The web pages behind the tunnel, each asked as `up` does."""
    apps = [one for one in objects.get("applications", []) if one.get("app_launcher_visible") is not False]
    rules = ((one.get("config") or {}).get("ingress") or () for one in objects.get("configurations", []))
    ingress = [rule for found in rules for rule in found]
    places = {str(one["domain"]).rstrip("/"): str(one["name"]) for one in apps}
    pages = {place: name for place, name in places.items() if "*" not in place and not _is_stream(ingress, place)}
    if not pages:
        return
    with ThreadPoolExecutor(max_workers=4) as pool:
        said = list(pool.map(lambda place: reach.tried(cloudflare, f"https://{place}/"), pages))
    names = [escape(without_stack(name, pages.values())) for name in pages.values()]
    ill = [(name, now) for name, now in zip(names, said, strict=True) if now != reach.SERVING]
    told = "".join(f", [yellow]{name}: {escape(now)}[/]" for name, now in ill)
    screen.line("Apps", f"{len(said) - len(ill)} of {len(said)} behind the tunnel serving{told}")


def _is_stream(ingress: list[Json], place: str) -> bool:
    host, _, path = place.partition("/")
    return bool(stream_at(ingress, host, f"/{path}"))


def _listed(objects: dict[str, list[Json]]) -> list[tuple[str, ...]]:
    """Collection, id and name of each object."""
    return [
        (
            collection,
            str(item.get("id") or item.get("tunnel_id") or item.get("name") or ""),
            str(item.get("name") or ""),
        )
        for collection, found in objects.items()
        for item in found
    ]


def _shown(path: Path) -> str:
    return f"~/{path.relative_to(Path.home())}" if path.is_relative_to(Path.home()) else str(path)
