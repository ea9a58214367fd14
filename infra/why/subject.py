"""Whom and which app somebody means: names, addresses of people, paths and URLs."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from infra.access.decide import app_at
from infra.access.person import Request
from infra.estate import App, Estate
from infra.problems import ConfigError, Problem
from infra.reach import where
from infra.roster import Roster


def address_of(written: str, roster: Roster | None) -> str | None:
    """The address of somebody in people.yaml by name, first name or the part before the `@`. Raises ConfigError."""
    if "@" in written:
        return written
    wanted = written.casefold()
    people = {} if roster is None else {address: str(entry.name or "") for address, entry in roster.people.items()}
    exactly = [address for address, name in people.items() if wanted in (name.casefold(), _local(address))]
    found = exactly or [address for address, name in people.items() if wanted in name.casefold().split()]
    if len(found) > 1:
        advice = (f"say which one: {', '.join(found)}",)
        raise ConfigError([Problem("unknown-subject", f"`{written}` is more than one person", advice=advice)])
    return found[0] if found else None


def name_of(written: str, apps: Iterable[App]) -> str | None:
    """The name of the app with this name or title, whatever its capitals. Raises ConfigError."""
    wanted = written.casefold()
    found = dict.fromkeys(app.name for app in apps if wanted in (app.name, app.title.casefold()))
    if len(found) > 1 and written not in found:
        advice = (f"say which one: {', '.join(found)}",)
        raise ConfigError([Problem("unknown-subject", f"`{written}` is more than one app", advice=advice)])
    return written if written in found else next(iter(found), None)


def app_of(written: str, estate: Estate) -> App | None:
    """An app by name or title, or the one that answers at a path or URL. Raises ConfigError."""
    name = name_of(written, estate.apps)
    for app in estate.apps:
        if app.name == name or written in (where(app.home), app.home.url):
            return app
    if "/" not in written and "." not in written:
        return None
    if written.startswith("/"):
        hosts, path = estate.shared_hostnames, urlsplit(written).path
    else:
        parts = urlsplit(written if "://" in written else f"//{written}")
        hosts, path = (parts.hostname or "",), parts.path or "/"
    found = (app_at(estate, Request(host, path)) for host in hosts)
    return next((app for app in found if app), None)


def short_names(roster: Roster | None) -> tuple[str, ...]:
    """What people of people.yaml can be called."""
    return tuple(map(_local, roster.people)) if roster else ()


def _local(address: str) -> str:
    return address.casefold().partition("@")[0]
