"""What to type where `sandbox open` cannot start a browser: to ask from here, and to look from another machine."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sandbox.browser import FIRST_RUN, flags

_HTTPS_THERE = 8443


@dataclass(frozen=True)
class Aim:
    """What is to be looked at, and the way there.

    `hosts` are those that the front door's port `https` answers on the way, with the authority and the key of its
    certificate; none for what has a URL of this machine. `ports` are those of this machine in URLs on the way.
    """

    url: str
    hosts: tuple[str, ...]
    https: int
    authority: Path | None
    key: str
    ports: tuple[int, ...] = ()


def by_hand(missing: str, aim: Aim, person: str | None, link: Callable[[], str], machine: str) -> str:
    """The commands, each with a `link` of its own, which logs in as `person` if there is one."""
    whom = f"as {person}" if person else "as a visitor without a login"
    lines = [
        f"{missing}. Ask from here, {whom}:",
        f"  {shlex.join([*_curl(aim, bool(person)), link()])}",
        "Or look from a machine with a browser, while this one is connected to it:",
        f"  {shlex.join(['ssh', *_forwarded(aim), machine])}",
        f"  {shlex.join([*_chromium(aim, person), link()])}",
    ]
    return "\n".join([*lines, "Each link is good once, for two minutes."] if person else lines)


def _curl(aim: Aim, follows: bool) -> list[str]:
    words = ["curl", "--include"]
    if aim.hosts:
        words += ["--cacert", str(aim.authority), "--connect-to", f"::127.0.0.1:{aim.https}"]
    return [*words, *(("--location", "--cookie", "") if follows else ())]


def _forwarded(aim: Aim) -> list[str]:
    there = {_HTTPS_THERE: aim.https} if aim.hosts else {}
    there |= {port: port for port in aim.ports}
    return [word for port, here in there.items() for word in ("-L", f"{port}:127.0.0.1:{here}")]


def _chromium(aim: Aim, person: str | None) -> list[str]:
    """With a profile for each person, so that several can be logged in beside each other."""
    profile = re.sub(r"[^A-Za-z0-9._@+-]", "_", f"gatehouse-{person}") if person else "gatehouse"
    ways = flags(aim.hosts, _HTTPS_THERE, None, aim.key) if aim.hosts else FIRST_RUN
    return ["chromium", f"--user-data-dir=/tmp/{profile}", *ways]
