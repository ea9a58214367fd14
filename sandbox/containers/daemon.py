"""Choosing what runs the containers, and staying with it while there are any."""

from __future__ import annotations

import hashlib
import ipaddress
import json
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import docker
import requests
from docker.errors import DockerException

from sandbox.containers.extras import LABEL
from sandbox.invocation import command
from sandbox.places import Places, SandboxError

_USUAL = "unix:///var/run/docker.sock"
_OLDEST_API = (1, 40)
_ANSWERS_WITHIN = 2.0
_LONGEST_SOCKET_PATH = 100
"""The kernel takes 107 bytes."""

GONE = (DockerException, requests.exceptions.RequestException, OSError)
"""What the client raises where nobody answers, or not as a daemon does."""


@dataclass(frozen=True)
class Daemon:
    """What runs containers: `host` as DOCKER_HOST names it, and the `gateway` at which containers find this machine."""

    kind: Literal["docker", "processes"]
    host: str
    gateway: str
    reason: str
    """One sentence, without a full stop: why this one."""


class _UnfitError(Exception):
    """Why a daemon cannot run the sandbox's containers."""


def labels(place: Places) -> dict[str, str]:
    """What tells this sandbox's containers, networks and images from everybody else's."""
    return {LABEL: str(place.state)}


def of_this_sandbox(place: Places) -> dict[str, list[str]]:
    """The same as a filter of the Docker client."""
    return {"label": [f"{name}={value}" for name, value in labels(place).items()]}


def choose(place: Places) -> Daemon:
    """The daemon that runs this sandbox's containers, which is the one of last time while it holds any."""
    before = remembered(place)
    if before and _holds_something(before, place):
        return before
    host = os.environ.get("DOCKER_HOST") or _USUAL
    try:
        chosen = _fit(host)
    except _UnfitError as error:
        chosen = Daemon("processes", f"unix://{_socket(place)}", "127.0.0.1", str(error))
    _memory(place).parent.mkdir(parents=True, exist_ok=True)
    _memory(place).write_text(json.dumps(asdict(chosen)) + "\n", encoding="utf-8")
    return chosen


def remembered(place: Places) -> Daemon | None:
    """The choice of last time."""
    try:
        return Daemon(**json.loads(_memory(place).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def release(place: Places) -> None:
    """Choose anew the next time."""
    _memory(place).unlink(missing_ok=True)


def is_on_this_machine(host: str) -> bool:
    """Whether a DOCKER_HOST is a socket in the file system or a loopback address."""
    parts = urlsplit(host)
    if parts.scheme == "unix":
        return True
    try:
        return parts.scheme in ("tcp", "http") and ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return parts.scheme in ("tcp", "http") and parts.hostname == "localhost"


@contextmanager
def client(host: str, timeout: float = 60.0) -> Iterator[docker.APIClient]:
    """The official client; `timeout` in seconds for each answer."""
    parts = urlsplit(host)
    if parts.scheme == "unix":
        # The client would leave its socket open where nobody answers.
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(parts.path)
            except OSError as error:
                raise DockerException(str(error)) from error
    with _speaking(host, "1.40", timeout) as api:
        # Daemons speak the versions of some years only; the newest one of this daemon is among them.
        version = str(api.version(api_version=False).get("ApiVersion", ""))
    with _speaking(host, version, timeout) as api:
        yield api


@contextmanager
def _speaking(host: str, version: str, timeout: float) -> Iterator[docker.APIClient]:
    if host.startswith("unix://"):
        # Where nobody listens the client leaves its socket open, whereof Python complains at some later moment.
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(timeout)
            probe.connect(host.removeprefix("unix://"))
    # The client speaks in whole seconds, and would hand a fraction on to the daemon.
    api = docker.APIClient(base_url=host, version=version, timeout=int(timeout))
    # The environment's proxies are for the world outside.
    api.trust_env = False
    try:
        yield api
    finally:
        api.close()


def gone(daemon: Daemon, error: Exception) -> SandboxError:
    """What to do when the daemon that holds the containers does not answer."""
    if daemon.kind == "processes":
        return SandboxError(f"the stand-in engine at {daemon.host} does not answer ({_short(error)})")
    return SandboxError(
        f"the Docker daemon at {daemon.host}, which holds this sandbox's containers, does not answer "
        f"({_short(error)}). Start it and run this again, or begin from nothing:\n  {command()} reset"
    )


def _holds_something(daemon: Daemon, place: Places) -> bool:
    try:
        with client(daemon.host, _ANSWERS_WITHIN) as api:
            return bool(
                api.containers(all=True, filters=of_this_sandbox(place)) or api.networks(filters=of_this_sandbox(place))
            )
    except GONE as error:
        if daemon.kind == "docker":
            raise gone(daemon, error) from error
        # The stand-in engine runs only while the sandbox does.
        return True


def _fit(host: str) -> Daemon:
    if not is_on_this_machine(host):
        raise _UnfitError(f"DOCKER_HOST names {host}, which is not on this machine")
    try:
        with client(host, _ANSWERS_WITHIN) as api:
            version, bridge = api.version(), api.inspect_network("bridge")
    except GONE as error:
        raise _UnfitError(f"no Docker daemon answers at {host} ({_short(error)})") from error
    number, system = str(version.get("ApiVersion", "0")), str(version.get("Os", ""))
    if system != "linux":
        raise _UnfitError(f"the Docker daemon at {host} runs {system} containers")
    if tuple(int(part) for part in number.split(".")) < _OLDEST_API:
        raise _UnfitError(f"the Docker daemon at {host} speaks API {number} and not {'.'.join(map(str, _OLDEST_API))}")
    gateway = next((part["Gateway"] for part in bridge["IPAM"]["Config"] or () if part.get("Gateway")), "")
    if not _is_ours(gateway):
        # As with Docker Desktop and rootless daemons: containers would not find front door and edge there.
        raise _UnfitError(f"the bridge of the Docker daemon at {host} ends on another machine")
    return Daemon("docker", host, gateway, f"Docker {version.get('Version', '')} answers at {host}")


def _is_ours(address: str) -> bool:
    try:
        with socket.create_server((address, 0)):
            return bool(address)
    except OSError:
        return False


def _short(error: Exception) -> str:
    text = str(error.__cause__ or error)
    for sign, words in (
        ("FileNotFoundError", "no such socket"),
        ("No such file", "no such socket"),
        ("PermissionError", "permission denied"),
        ("Permission denied", "permission denied"),
        ("refused", "connection refused"),
        ("timed out", "no answer in time"),
    ):
        if sign in text:
            return words
    return text.splitlines()[0][:120] if text else type(error).__name__


def _socket(place: Places) -> Path:
    file = place.state / "running" / "docker.sock"
    if len(os.fsencode(file)) <= _LONGEST_SOCKET_PATH:
        return file
    name = hashlib.sha256(os.fsencode(place.state)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"gatehouse-{os.getuid()}-{name}" / "docker.sock"


def _memory(place: Places) -> Path:
    return place.state / "containers" / "daemon.json"
