"""`sandbox open`: a browser at the portal or at an app, which alone finds the sandbox's hosts and trusts its key."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

from sandbox import accounts
from sandbox.accounts import Accounts
from sandbox.browser import find_browser, flags
from sandbox.by_hand import Aim, by_hand
from sandbox.engine import Engine
from sandbox.environment import for_engine
from sandbox.invocation import command
from sandbox.local_cloudflare import Cloudflare, Whereabouts
from sandbox.local_snowflake import AppThere, Snowflake
from sandbox.places import STACK, Places, SandboxError
from sandbox.update import AppLine, exported_apps

_ENDS_EARLY_WITHIN = 1.5
_TEAMS = ".cloudflareaccess.com"


def open_browser(place: Places, engine: Engine, app: str | None, person: str | None) -> str:
    """Open the portal, or an app by its key or title, as a person if one is named; what was opened, in words."""
    local = accounts.found(place)
    if local is None:
        raise SandboxError(f"nothing runs that a browser could open; `{command()} up` starts it")
    cloudflare, said = local.cloudflare, local.cloudflare.whereabouts()
    found = _found(place, engine, local, app) if app else None
    there = _in_snowflake(local.snowflake, found) if found and found.in_snowflake else None
    url = there.url if there else found.url if found else f"https://{said.team_domain}/"

    def link() -> str:
        """Where to begin: at the login, or logged in already."""
        if person is None:
            return url
        return local.snowflake.invitation(person, there.url_id) if there else cloudflare.invitation(person, url)

    browser = find_browser()
    if browser is None or not _has_display():
        missing = (
            "there is no display" if browser else "there is no browser of the Chromium family (Chrome, Brave, Edge)"
        )
        raise SandboxError(by_hand(missing, _aim(local, said, url), person, link, socket.gethostname()))
    _start(browser, _profile(place, person), [*_flags(cloudflare, said), link()])
    return f"{browser.name} at {url}{f' as {person}' if person else ''}"


def _aim(local: Accounts, said: Whereabouts, url: str) -> Aim:
    """The way to a URL. From the portal further ones lead everywhere."""
    port = local.snowflake.program.ports["api"]
    if url.startswith(local.snowflake.origin):
        return Aim(url, (), 0, None, "", (port,))
    host = urlsplit(url).hostname or ""
    is_portal = host == said.team_domain
    hosts: tuple[str, ...] = (host, said.team_domain, said.identity_provider)
    if is_portal:  # of one team
        hosts = tuple(one for one in said.hosts if one == host or not one.endswith(_TEAMS))
    ports = (port,) if is_portal else ()
    cloudflare = local.cloudflare
    return Aim(url, hosts, cloudflare.program.ports["https"], cloudflare.authority, said.key, ports)


def _found(place: Places, engine: Engine, local: Accounts, app: str) -> AppLine:
    apps = exported_apps(place, engine, for_engine(place, engine, local), STACK)
    found = next((one for one in apps if app.casefold() in (one.key.casefold(), one.title.casefold())), None)
    if found is None:
        known = ", ".join(one.key for one in apps) or "none"
        raise SandboxError(f"no app is called `{app}`; the sandbox serves: {known}")
    if found.command:
        raise SandboxError(f"{found.title} has no web page; it is reached with:\n  {found.command}")
    return found


def _in_snowflake(snowflake: Snowflake, app: AppLine) -> AppThere:
    """The Streamlit object on this machine."""
    there = next((one for one in snowflake.apps() if one.name == app.in_snowflake), None)
    if there is None:
        raise SandboxError(f"{app.title} is not in the local Snowflake; `{command()} up` deploys it")
    return there


def _flags(cloudflare: Cloudflare, said: Whereabouts) -> list[str]:
    ports = cloudflare.program.ports
    # Chromium's own confinement needs an ordinary user; root has to do without.
    return [
        *flags(said.hosts, ports["https"], ports["http"], said.key),
        *(["--no-sandbox"] if os.geteuid() == 0 else []),
    ]


def _profile(place: Places, person: str | None) -> Path:
    """One for each person, so that several can be logged in beside each other."""
    folder = place.state / "browser" / re.sub(r"[^A-Za-z0-9._@+-]", "_", person or "anybody").lstrip(".")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _start(browser: Path, profile: Path, arguments: list[str]) -> None:
    log = profile.with_name(f"{profile.name}.log")
    with log.open("wb") as out:
        window = subprocess.Popen(
            [str(browser), f"--user-data-dir={profile}", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    until = time.monotonic() + _ENDS_EARLY_WITHIN
    while window.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    if window.returncode:
        raise SandboxError(f"{browser} ended with {window.returncode} (see {log})")
    # It outlives us: without a code Python would complain that nobody waited for it.
    window.returncode = 0


def _has_display() -> bool:
    return sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
