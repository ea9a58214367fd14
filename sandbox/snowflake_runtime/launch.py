"""What an app's process is started with, and how to see that another one is needed."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.snowflake_api.apps import Apps, AttachedSecret, StreamlitApp

SLEEPS_AFTER = 15
_SHORTEST, _LONGEST = 5, 240  # minutes, as Snowflake takes them
_NOT_HIDDEN = frozenset({"username"})
_SETTINGS = ("config.toml", "secrets.toml")
PREFIX = "/streamlit-apps"
"""Below it, every app is at its `url_id`."""


@dataclass(frozen=True)
class AccountAddress:
    """Where apps find their account: its host name, which leads to the HTTPS port here, and who vouches for that."""

    host: str
    name: str
    https_port: int
    authority: Path


@dataclass(frozen=True)
class Launch:
    """A process about to be started. `order` holds secrets: it goes through a pipe, and nowhere else."""

    app: StreamlitApp
    order: dict[str, object] = field(repr=False)
    fingerprint: str
    sleeps_after: int | None  # minutes; a container's process does not sleep
    hidden: tuple[str, ...] = field(repr=False)

    def line(self, socket: Path) -> bytes:
        """The order for the process that listens at `socket`."""
        return json.dumps({**self.order, "socket": str(socket)}).encode() + b"\n"


def launch_of(app: StreamlitApp, live: Path, apps: Apps, account: AccountAddress) -> Launch:
    """The process of an app as the app is now."""
    secrets, token = apps.secrets(app), apps.token(app)
    order: dict[str, object] = {
        "runtime": app.runtime,
        "live": str(live),
        "main_file": app.main_file,
        "base_path": f"{PREFIX}/{app.url_id}".lstrip("/"),
        "host": account.host,
        "account": account.name,
        "https_port": account.https_port,
        "authority": str(account.authority),
        "database": app.database,
        "schema": app.schema,
        "warehouse": app.query_warehouse or "",
        "token": token,
        "secrets": {alias: {"type": one.type, "values": dict(one.values)} for alias, one in secrets.items()},
    }
    settings = [_content(folder / ".streamlit" / name) for folder in _folders(app, live) for name in _SETTINGS]
    known = json.dumps([order, app.owner, [one.hex() for one in settings]], sort_keys=True).encode()
    return Launch(
        app=app,
        order=order,
        fingerprint=hashlib.sha256(known).hexdigest(),
        sleeps_after=None if app.runtime == "container" else sleeping_time(live / ".streamlit" / "config.toml"),
        hidden=(token, *_values(secrets.values())),
    )


def sleeping_time(file: Path) -> int:
    """The minutes of `[snowflake.sleep]`; those of Snowflake where it says nothing, or nothing that can be."""
    try:
        minutes = tomllib.loads(_content(file).decode())["snowflake"]["sleep"]["streamlitSleepTimeoutMinutes"]
    except (ValueError, KeyError, TypeError):
        return SLEEPS_AFTER
    return minutes if isinstance(minutes, int) and _SHORTEST <= minutes <= _LONGEST else SLEEPS_AFTER


def _folders(app: StreamlitApp, live: Path) -> tuple[Path, ...]:
    """Where Streamlit looks for settings, which it reads at its start."""
    return tuple(dict.fromkeys((live, (live / app.main_file).parent)))


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""


def _values(secrets: Iterable[AttachedSecret]) -> tuple[str, ...]:
    """What no log may show."""
    return tuple(value for one in secrets for name, value in one.values.items() if name not in _NOT_HIDDEN)
