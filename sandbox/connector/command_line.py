"""cloudflared's command line: what is asked for, and its options as the environment variables that they stand for."""

from __future__ import annotations

import http.client
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

_VALUES = {
    "--token": "TUNNEL_TOKEN",
    "--token-file": "TUNNEL_TOKEN_FILE",
    "--edge": "TUNNEL_EDGE",
    "--cacert": "TUNNEL_CACERT",
    "--metrics": "TUNNEL_METRICS",
    "--protocol": "TUNNEL_TRANSPORT_PROTOCOL",
    "--ha-connections": "TUNNEL_HA_CONNECTIONS",
    "--grace-period": "TUNNEL_GRACE_PERIOD",
    "--loglevel": "TUNNEL_LOGLEVEL",
    "--edge-ip-version": "TUNNEL_EDGE_IP_VERSION",
}
_SWITCHES = {"--no-autoupdate": "NO_AUTOUPDATE", "--no-prechecks": "TUNNEL_NO_PRECHECKS"}
_ASK_WITHIN = 5.0


class UsageError(Exception):
    """A command line that cloudflared does not take either, or that the stand-in does not know."""


@dataclass(frozen=True)
class Command:
    """What is asked for, and the options of the command line over those of the environment."""

    verb: Literal["run", "ready", "version"]
    environment: dict[str, str]


def read_command(arguments: Sequence[str], environment: Mapping[str, str]) -> Command:
    """Read `[options] tunnel [options] run|ready` or `version`; without any word it is `tunnel run`."""
    words: list[str] = []
    found: dict[str, str] = {}
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        name, sign, value = word.partition("=")
        if name in _SWITCHES:
            found[_SWITCHES[name]] = value or "true"
        elif name in _VALUES:
            if not sign and not rest:
                raise UsageError(f"flag needs an argument: {name}")
            found[_VALUES[name]] = value if sign else rest.pop(0)
        elif word in ("--version", "-v", "-V"):
            words.append("version")
        elif word.startswith("-"):
            raise UsageError(f"flag provided but not defined: {name}")
        else:
            words.append(word)
    match words:
        case [] | ["tunnel", "run"]:
            return Command("run", {**environment, **found})
        case ["tunnel", "ready"]:
            return Command("ready", {**environment, **found})
        case ["version"]:
            return Command("version", {**environment, **found})
    raise UsageError(f"the stand-in knows `tunnel run`, `tunnel ready` and `version`, not `{' '.join(words)}`")


def ready(environment: Mapping[str, str]) -> str:
    """Ask `/ready` of the connector that runs at TUNNEL_METRICS; empty when it is, else why not."""
    address = environment.get("TUNNEL_METRICS", "")
    if not address:
        return "--metrics has to be provided"
    connection = http.client.HTTPConnection(address, timeout=_ASK_WITHIN)
    try:
        connection.request("GET", "/ready")
        answer = connection.getresponse()
        body = answer.read().decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        return f"http://{address}/ready does not answer: {error}"
    finally:
        connection.close()
    return (
        "" if answer.status == 200 else f"http://{address}/ready endpoint returned status code {answer.status}\n{body}"
    )
