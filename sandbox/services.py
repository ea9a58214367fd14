"""What is there already inside the network: the services of `world.yaml`, each a plain page that says who asks.

They listen on loopback ports of their own, which are kept, and connectors are told which.
"""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import yaml
from starlette.requests import Request
from starlette.responses import Response

from sandbox.cloudflare_api.world import WORLD_FILE
from sandbox.front.look import page
from sandbox.serving import HOST, listen, port_of

_IDENTITY = "cf-access-"
_TOKEN = "cf-access-jwt-assertion"  # noqa: S105 # the name of a header
_KEPT = "services.json"
_TRIES = 20


@dataclass(frozen=True)
class Service:
    """A service as `apps.yaml` names it with `service: http://host:port`."""

    host: str
    port: int
    title: str

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"

    async def answer(self, request: Request) -> Response:
        """The page of any path."""
        received = [(name, value) for name, value in request.headers.items() if name.startswith(_IDENTITY)]
        # The token opens the application for as long as it lasts, so no page shows it.
        shown = ((name, "a signed token" if name == _TOKEN else value) for name, value in received)
        rows = "".join(f"<dt><code>{escape(name)}</code></dt><dd>{escape(value)}</dd>" for name, value in shown)
        listed = f"<dl>{rows}</dl>" if received else "<p>No header says who asks.</p>"
        asked = request.headers.get("host", "")
        body = (
            f'<p class="soft">This page is <code>http://{escape(self.address)}</code>, inside the network. '
            f"It is reached through the tunnel only, and was asked as <code>{escape(asked)}</code>.</p>"
            f"<h2>What came with the request</h2>{listed}"
        )
        return page(self.title, body, kicker="A service inside the network · played by the sandbox")


def load_services(path: Path = WORLD_FILE) -> tuple[Service, ...]:
    """The services of the world file."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    return tuple(Service(one["host"], int(one["port"]), one["title"]) for one in document.get("services") or ())


def _kept(file: Path) -> dict[str, int]:
    """The port of each service the last time, by its address."""
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        return {str(address): int(port) for address, port in document.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def open_services(
    directory: Path, services: Sequence[Service], further: Sequence[str] = ()
) -> list[tuple[Service, list[socket.socket]]]:
    """Sockets for each service on loopback and at `further` addresses, on the port of last time where it is free.

    From further addresses a service is also looked for by its name alone, so its own port is tried first there.
    """
    kept = _kept(directory / _KEPT)
    opened = [(one, _sockets((HOST, *further), kept.get(one.address, one.port if further else 0))) for one in services]
    chosen = {one.address: port_of(sockets[0]) for one, sockets in opened}
    directory.mkdir(parents=True, exist_ok=True)
    (directory / _KEPT).write_text(json.dumps(chosen) + "\n", encoding="utf-8")
    return opened


def _sockets(hosts: Sequence[str], wanted: int) -> list[socket.socket]:
    """One port that is free at every address."""
    for port in (wanted, *[0] * _TRIES):
        with contextlib.ExitStack() as opened:
            try:
                first = opened.enter_context(listen(port, hosts[0]))
                sockets = [first, *(opened.enter_context(listen(port_of(first), host)) for host in hosts[1:])]
            except OSError:
                continue
            opened.pop_all()
            return sockets
    raise OSError(f"no port is free at all of {', '.join(hosts)}")
