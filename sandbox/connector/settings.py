"""The connector's settings: cloudflared's environment variables, and where the sandbox serves the team domain."""

from __future__ import annotations

import base64
import binascii
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

EDGE_NAME = "h2.cftunnel.com"


class SettingsError(Exception):
    """A setting that is missing or wrong; the text is one sentence for whoever starts the connector."""


@dataclass(frozen=True)
class Address:
    """A host and a port."""

    host: str
    port: int


@dataclass(frozen=True)
class Credentials:
    """What a tunnel token holds."""

    account_tag: str
    tunnel_id: str
    secret: bytes


@dataclass(frozen=True)
class Settings:
    """Everything that the connector is told at its start."""

    credentials: Credentials
    edge: Address
    authority: Path | None  # CA of the edge; the system's where none is named
    metrics: Address | None
    connections: int
    access: Address | None  # where to ask for a team domain's keys, instead of the domain itself
    access_authority: Path | None
    grace: float  # seconds that running requests get at the end
    hosts: Path | None  # JSON file: what this container's networks call their members, and where those listen
    services: dict[str, Address]  # services of the sandbox by the host:port that ingress rules know them by


def settings(environment: Mapping[str, str]) -> Settings:
    """Read the environment."""
    edge = _address(environment, "TUNNEL_EDGE")
    if edge is None:
        raise SettingsError("TUNNEL_EDGE is not set: the edge's host:port")
    if environment.get("TUNNEL_TRANSPORT_PROTOCOL", "http2") not in ("http2", "auto"):
        raise SettingsError("TUNNEL_TRANSPORT_PROTOCOL: the stand-in connector speaks http2 only")
    authority = _path(environment, "TUNNEL_CACERT")
    return Settings(
        credentials=credentials(_token(environment)),
        edge=edge,
        authority=authority,
        metrics=_address(environment, "TUNNEL_METRICS"),
        connections=_number(environment, "TUNNEL_HA_CONNECTIONS", 1),
        access=_address(environment, "SANDBOX_ACCESS_EDGE"),
        access_authority=_path(environment, "SANDBOX_ACCESS_CACERT") or authority,
        grace=_seconds(environment, "TUNNEL_GRACE_PERIOD", 30.0),
        hosts=_named(environment, "SANDBOX_HOSTS"),
        services=_services(environment.get("SANDBOX_SERVICES", "")),
    )


def credentials(token: str) -> Credentials:
    """The account, tunnel and secret of a token: base64 of `{"a":…,"t":…,"s":…}`."""
    if not token:
        raise SettingsError("TUNNEL_TOKEN is not set")
    try:
        said = json.loads(base64.b64decode(token, validate=True))
        return Credentials(str(said["a"]), str(uuid.UUID(said["t"])), base64.b64decode(said["s"], validate=True))
    except (binascii.Error, ValueError, TypeError, KeyError, AttributeError):
        raise SettingsError("TUNNEL_TOKEN is not a tunnel token") from None


def address_of(text: str) -> Address:
    """`host:port`; raises ValueError."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit():
        raise ValueError(f"not host:port: {text}")
    return Address(host.strip("[]"), int(port))


def _token(environment: Mapping[str, str]) -> str:
    file = environment.get("TUNNEL_TOKEN_FILE", "")
    if environment.get("TUNNEL_TOKEN") or not file:
        return environment.get("TUNNEL_TOKEN", "")
    try:
        return Path(file).read_text().strip()
    except OSError as error:
        raise SettingsError(f"TUNNEL_TOKEN_FILE cannot be read: {error}") from error


def _services(text: str) -> dict[str, Address]:
    found = {}
    for pair in filter(None, text.split(",")):
        name, _, address = pair.partition("=")
        try:
            address_of(name)
            found[name] = address_of(address)
        except ValueError as error:
            raise SettingsError(f"SANDBOX_SERVICES: {pair} is {error}") from error
    return found


def _address(environment: Mapping[str, str], name: str) -> Address | None:
    text = environment.get(name, "")
    try:
        return address_of(text) if text else None
    except ValueError as error:
        raise SettingsError(f"{name} is {error}") from error


def _named(environment: Mapping[str, str], name: str) -> Path | None:
    text = environment.get(name, "")
    return Path(text) if text else None


def _path(environment: Mapping[str, str], name: str) -> Path | None:
    text = environment.get(name, "")
    if text and not Path(text).is_file():
        raise SettingsError(f"{name} names no file: {text}")
    return Path(text) if text else None


def _seconds(environment: Mapping[str, str], name: str, default: float) -> float:
    """A duration as cloudflared takes it: `30s`, `2m`, `500ms`."""
    text = environment.get(name, "")
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m)", text)
    if text and not found:
        raise SettingsError(f"{name} is not a duration: {text}")
    return float(found[1]) * {"ms": 0.001, "s": 1.0, "m": 60.0}[found[2]] if found else default


def _number(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name, "")
    if text and not text.isdigit():
        raise SettingsError(f"{name} is not a number: {text}")
    return int(text) if text else default
