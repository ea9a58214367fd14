"""The connector's settings: cloudflared's environment variables, and where the sandbox serves the team domain."""

from __future__ import annotations

import base64
import binascii
import json
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


def settings(environment: Mapping[str, str]) -> Settings:
    """Read the environment."""
    edge = _address(environment, "TUNNEL_EDGE")
    if edge is None:
        raise SettingsError("TUNNEL_EDGE is not set: the edge's host:port")
    authority = _path(environment, "TUNNEL_CACERT")
    return Settings(
        credentials=credentials(environment.get("TUNNEL_TOKEN", "")),
        edge=edge,
        authority=authority,
        metrics=_address(environment, "TUNNEL_METRICS"),
        connections=_number(environment, "TUNNEL_HA_CONNECTIONS", 1),
        access=_address(environment, "SANDBOX_ACCESS_EDGE"),
        access_authority=_path(environment, "SANDBOX_ACCESS_CACERT") or authority,
        grace=float(_number(environment, "TUNNEL_GRACE_SECONDS", 30)),
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


def _address(environment: Mapping[str, str], name: str) -> Address | None:
    text = environment.get(name, "")
    if not text:
        return None
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit():
        raise SettingsError(f"{name} is not host:port: {text}")
    return Address(host.strip("[]"), int(port))


def _path(environment: Mapping[str, str], name: str) -> Path | None:
    text = environment.get(name, "")
    if text and not Path(text).is_file():
        raise SettingsError(f"{name} names no file: {text}")
    return Path(text) if text else None


def _number(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name, "")
    if text and not text.isdigit():
        raise SettingsError(f"{name} is not a number: {text}")
    return int(text) if text else default
