"""A container as `docker inspect` and `docker ps` show it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from sandbox.cloudflare_api.document import Json
from sandbox.docker_engine.addresses import LOOPBACK
from sandbox.docker_engine.networks import Networks
from sandbox.docker_engine.records import Container, Health, State
from sandbox.docker_engine.refusals import RefusalError

_HOST: Json = {
    "Binds": None,
    "NetworkMode": "default",
    "PortBindings": {},
    "RestartPolicy": {"Name": "no", "MaximumRetryCount": 0},
    "AutoRemove": False,
    "CapAdd": None,
    "CapDrop": None,
    "Privileged": False,
    "ReadonlyRootfs": False,
    "SecurityOpt": None,
    "LogConfig": {"Type": "json-file", "Config": {}},
}
_UNITS = ((365 * 86400, "year"), (30 * 86400, "month"), (7 * 86400, "week"), (86400, "day"), (3600, "hour"))


def inspected(container: Container, networks: Networks, folder: Path) -> Json:
    """Everything about it. Secrets in its environment show here, as they do in Docker."""
    words = [*(container.config.get("Entrypoint") or ()), *(container.config.get("Cmd") or ())]
    host = {key: value for key, value in container.host.items() if value is not None}
    return {
        "Id": container.id,
        "Created": container.created,
        "Path": words[0] if words else "",
        "Args": words[1:],
        "State": _state(container.state),
        "Image": container.image_id,
        "Name": f"/{container.name}",
        "RestartCount": container.state.restarts,
        "Driver": "directory",
        "Platform": "linux",
        "LogPath": str(folder / "output.log"),
        "HostConfig": {**_HOST, **host},
        "Config": {**container.config, "Image": container.image},
        "Mounts": [],
        "GraphDriver": {"Name": "directory", "Data": None},
        "NetworkSettings": {
            "Ports": dict.fromkeys(container.config["ExposedPorts"]) if container.state.status == "running" else {},
            "Networks": _endpoints(container, networks),
            "IPAddress": "",
        },
    }


def listed(container: Container, networks: Networks) -> Json:
    """A line of `docker ps`."""
    words = [*(container.config.get("Entrypoint") or ()), *(container.config.get("Cmd") or ())]
    ports = sorted(container.config["ExposedPorts"]) if container.state.status == "running" else []
    return {
        "Id": container.id,
        "Names": [f"/{container.name}"],
        "Image": container.image,
        "ImageID": container.image_id,
        "Command": " ".join(words),
        "Created": int(datetime.fromisoformat(container.created).timestamp()),
        "Ports": [{"PrivatePort": int(port.split("/")[0]), "Type": port.split("/")[1]} for port in ports],
        "Labels": container.config["Labels"],
        "State": container.state.status,
        "Status": _sentence(container.state),
        "HostConfig": {"NetworkMode": container.host.get("NetworkMode") or "default"},
        "NetworkSettings": {"Networks": _endpoints(container, networks)},
        "Mounts": [],
    }


def _state(state: State) -> Json:
    document: Json = {
        "Status": state.status,
        "Running": state.alive,
        "Paused": False,
        "Restarting": state.status == "restarting",
        "OOMKilled": False,
        "Dead": False,
        "Pid": state.pid,
        "ExitCode": state.code,
        "Error": state.error,
        "StartedAt": state.started,
        "FinishedAt": state.finished,
    }
    return document if state.health is None else {**document, "Health": _health(state.health)}


def _health(health: Health) -> Json:
    log = [{"Start": one.start, "End": one.end, "ExitCode": one.code, "Output": one.output} for one in health.log]
    return {"Status": health.status, "FailingStreak": health.streak, "Log": log}


def _endpoints(container: Container, networks: Networks) -> Json:
    found: Json = {}
    running = container.state.status == "running"
    for name, asked in container.networks.items():
        try:
            number = networks.get(name).id
        except RefusalError:
            number = ""
        found[name] = {
            "IPAMConfig": None,
            "Links": None,
            "DriverOpts": None,
            **asked,
            "Aliases": [*(asked.get("Aliases") or ()), container.id[:12]],
            "NetworkID": number,
            "EndpointID": container.id if running else "",
            "Gateway": "",
            "IPAddress": LOOPBACK if running else "",
            "IPPrefixLen": 8 if running else 0,
            "MacAddress": "",
        }
    return found


def _sentence(state: State) -> str:
    match state.status:
        case "running":
            return f"Up {_since(state.started)}{_aside(state.health)}"
        case "restarting":
            return f"Restarting ({state.code}) {_since(state.finished)} ago"
        case "exited":
            return f"Exited ({state.code}) {_since(state.finished)} ago"
    return "Created"


def _aside(health: Health | None) -> str:
    if health is None:
        return ""
    return " (health: starting)" if health.status == "starting" else f" ({health.status})"


def _since(moment: str) -> str:
    """How long ago, in Docker's words."""
    seconds = int((datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds())
    if seconds < 1:
        return "Less than a second"
    for length, unit in (*_UNITS, (60, "minute"), (1, "second")):
        if seconds >= length:
            number = seconds // length
            return f"{number} {unit}{'s' if number > 1 else ''}"
    return ""
