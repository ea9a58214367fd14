"""What runs the containers, as the commands know it: chosen, started with what every container needs, stopped.

A Docker daemon is used where one answers; else the stand-in engine is a program of ours, and its containers are too.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from sandbox import background
from sandbox.background import Program
from sandbox.local_cloudflare import Cloudflare
from sandbox.places import Places, SandboxError

if TYPE_CHECKING:
    from sandbox.containers import Daemon, Extras

# The client for Docker takes 0.2 s to import, so the package is loaded where something is asked of it.

NAME = "docker-engine"
_STOP_WITHIN = 15.0
_HTTPS = 443
Say = Callable[[str], None]


@dataclass(frozen=True)
class Member:
    """A container of this sandbox, and how it does in Docker's words: `running (healthy)`, `exited`."""

    name: str
    state: str
    fine: bool


def choose(place: Places) -> Daemon:
    """What runs the containers."""
    from sandbox.containers import choose as chosen

    return chosen(place)


def further(daemon: Daemon) -> tuple[str, ...]:
    """Addresses beside loopback at which containers look for edge and front door."""
    return (daemon.gateway,) if daemon.kind == "docker" else ()


def ensure(place: Places, daemon: Daemon, cloudflare: Cloudflare, say: Say) -> None:
    """Let it run, with the images and additions that the sandbox's containers need."""
    from sandbox.containers import images

    changed = _write_additions(place, daemon, cloudflare)
    if daemon.kind == "processes":
        if changed:  # running containers would go on with the old ones
            background.stop(place, NAME, _STOP_WITHIN)
        background.ensure(place, _program(place, Path(daemon.host.removeprefix("unix://"))))
    images.ensure(daemon, say, real_cloudflared=cloudflare.program.ports["https"] == _HTTPS)


def wake(place: Places, daemon: Daemon) -> str:
    """Start again what `down` stopped; the containers that do not become healthy, as a sentence."""
    from sandbox.containers import start

    if daemon.kind == "processes":
        return ""  # the stand-in engine has started them with itself
    try:
        start(daemon, place)
    except SandboxError as error:
        return str(error)
    return ""


def variables(place: Places) -> dict[str, str]:
    """What leads the engine's plugins to it."""
    from sandbox.containers import VARIABLE, remembered

    daemon = remembered(place)
    return {} if daemon is None else {"DOCKER_HOST": daemon.host, VARIABLE: str(_for_provider(place))}


def members(place: Places) -> tuple[Member, ...] | None:
    """Every container of this sandbox; None where nothing answers."""
    from sandbox.containers import remembered
    from sandbox.containers.daemon import GONE, client, of_this_sandbox

    daemon = remembered(place)
    if daemon is None:
        return ()
    try:
        with client(daemon.host, 5) as api:
            found = api.containers(all=True, filters=of_this_sandbox(place))
    except GONE:
        return None
    return tuple(sorted((_member(one["Names"][0], one["State"], one["Status"]) for one in found), key=lambda m: m.name))


def stop(place: Places) -> str:
    """Stop every container, and the stand-in engine; what that was, in words, or nothing."""
    from sandbox.containers import remembered
    from sandbox.containers import stop as stop_all

    daemon = remembered(place)
    if daemon is not None and daemon.kind == "docker":
        count = stop_all(daemon, place)
        return f"{count} container{'' if count == 1 else 's'}" if count else ""
    running = [one for one in members(place) or () if one.state.startswith("running")]
    # Also where nothing is remembered of it: what runs is ours.
    stopped = background.stop(place, NAME, _STOP_WITHIN)
    _end_leftovers(place)
    return (
        f"{len(running)} local processes of containers" if running else "the stand-in Docker Engine" if stopped else ""
    )


def forget(place: Places) -> str:
    """Remove every container, network and image of this sandbox; what has to be done later, in words, or nothing."""
    from sandbox.containers import forget as forget_all
    from sandbox.containers import remembered

    daemon = remembered(place)
    if daemon is None:
        return ""
    if daemon.kind == "docker":
        return forget_all(daemon, place)
    stop(place)
    shutil.rmtree(place.docker_engine, ignore_errors=True)
    shutil.rmtree(place.containers, ignore_errors=True)
    return ""


def _member(name: str, state: str, status: str) -> Member:
    health = next(
        (word for word in ("healthy", "unhealthy", "starting") if f"({word})" in status.replace("health: ", "")), ""
    )
    shown = f"{state} ({health})" if health else state
    return Member(name.lstrip("/"), shown, state == "running" and health in ("", "healthy"))


def _program(place: Places, socket: Path) -> Program:
    return Program(
        name=NAME,
        title="the stand-in Docker Engine",
        module="sandbox.docker_engine",
        arguments=("--dir", str(place.docker_engine), "--socket", str(socket), "--extras", str(_for_processes(place))),
        answers=lambda _: _answers(socket),
        stop_within=_STOP_WITHIN,
    )


def _answers(socket: Path) -> bool:
    try:
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(socket)), trust_env=False) as client:
            return client.get("http://docker/_ping", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def _end_leftovers(place: Places) -> None:
    """Of an engine that was killed, the containers go on."""
    from sandbox.docker_engine.program import end_leftovers

    folder = place.docker_engine / "containers"
    end_leftovers(one.name for one in folder.iterdir()) if folder.is_dir() else None


def _write_additions(place: Places, daemon: Daemon, cloudflare: Cloudflare) -> bool:
    """Write what every container gets; whether that is something new."""
    from sandbox.containers import Extras, labels
    from sandbox.containers.images import AUTHORITY

    said, ports = cloudflare.whereabouts(), cloudflare.program.ports
    authority = AUTHORITY if daemon.kind == "docker" else str(cloudflare.authority)
    door = f"{daemon.gateway}:{ports['https']}"
    environment = {
        "TUNNEL_EDGE": f"{daemon.gateway}:{ports['edge']}",
        "TUNNEL_CACERT": authority,
        "TUNNEL_TRANSPORT_PROTOCOL": "http2",
        "TUNNEL_NO_PRECHECKS": "true",
        "SANDBOX_ACCESS_EDGE": door,
        "SANDBOX_ACCESS_CACERT": authority,
        "SANDBOX_SERVICES": ",".join(f"{name}={daemon.gateway}:{port}" for name, port in said.services.items()),
        "ACCESS_CERTS_URL": f"https://{door}/teams/{said.team}/certs",
        "ACCESS_CERTS_CA": authority,
    }
    marks = labels(place)
    place.containers.mkdir(parents=True, exist_ok=True)
    if daemon.kind == "docker":
        # A real cloudflared knows none of the variables above but its own, and finds hosts by name.
        names = (said.team_domain, *(address.partition(":")[0] for address in said.services))
        extras = Extras(
            environment, dict.fromkeys(names, daemon.gateway), {str(cloudflare.authority): AUTHORITY}, marks
        )
        return _written(extras, _for_provider(place))
    # The stand-in engine adds the rest itself, at every start.
    _written(Extras(labels=marks), _for_provider(place))
    return _written(Extras(environment=environment), _for_processes(place))


def _written(extras: Extras, file: Path) -> bool:
    before = file.read_bytes() if file.exists() else b""
    extras.write(file)
    return file.read_bytes() != before


def _for_provider(place: Places) -> Path:
    return place.containers / "extras.json"


def _for_processes(place: Places) -> Path:
    return place.containers / "extras-of-processes.json"
