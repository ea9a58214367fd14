"""Cloudflare on this machine as one program: API, tunnel edge and front door over one store.

`python -m sandbox.cloudflare --dir DIR --api-port N --edge-port N --https-port N --http-port N [--snowflake URL]
[--also IP]` runs until SIGINT or SIGTERM. Once the API answers, so does everything else.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Route

from sandbox.cloudflare_api import Journal, Store, create_app, load_world
from sandbox.cloudflare_api.server import server_for as api_server
from sandbox.edge.live_certificates import LiveCertificates
from sandbox.edge.tunnel import TunnelEdge
from sandbox.front.addresses import Addresses
from sandbox.front.app import Front
from sandbox.front.key_mirror import KeysOnly
from sandbox.front.probe import Probe
from sandbox.front.server import server_for
from sandbox.portal import Door, launcher
from sandbox.portal.ends import Ends
from sandbox.portal.invitation import Invitations
from sandbox.ports import CANNOT_LISTEN
from sandbox.services import Service, load_services, open_services
from sandbox.serving import HOST, listen, port_of, served
from sandbox.whereabouts import Whereabouts


@dataclass(frozen=True)
class Sockets:
    """Where each part listens; connectors and apps in containers also come from further addresses."""

    api: socket.socket
    edge: tuple[socket.socket, ...]
    https: tuple[socket.socket, ...]
    http: socket.socket
    services: tuple[tuple[Service, list[socket.socket]], ...]


async def serve(
    directory: Path, sockets: Sockets, further: tuple[str, ...], snowflake: str, stop: asyncio.Event
) -> None:
    """Everything over the store in `directory`, until `stop` is set; the portal lists what is in `snowflake`, too."""
    store, world = Store(directory), load_world()
    addresses = Addresses()
    shown = LiveCertificates(directory / "tls", store, (addresses.idp_host, *further))
    edge = TunnelEdge(store, shown.context)
    door = Door(HOST, port_of(sockets.https[0]), shown.files.authority)
    ends = Ends(store)
    invitations, portal = Invitations(), launcher(store, door, snowflake, ends)
    front = Front(
        store, world, edge.upstream, directory, addresses, lambda made: invitations.before(made, portal(made))
    )
    probe = Probe(front.routing, front.teams, edge.upstream)
    services = {one.address: port_of(listening[0]) for one, listening in sockets.services}
    about = Whereabouts(store, world, addresses, shown, services)
    routes = (probe.route(), about.route(), invitations.making(front), ends.route())
    api = create_app(store, Journal(directory), world, front.forget, routes)
    async with contextlib.AsyncExitStack() as running:
        for service, listening in sockets.services:
            await running.enter_async_context(served(server_for(_site(service)), *listening))
        await running.enter_async_context(edge.serving(*sockets.edge))
        browsers, containers = sockets.https[:1], sockets.https[1:]
        await running.enter_async_context(served(server_for(front, shown.context), *browsers))
        if containers:
            await running.enter_async_context(served(server_for(KeysOnly(front), shown.context), *containers))
        await running.enter_async_context(served(server_for(front), sockets.http))
        await running.enter_async_context(served(api_server(api), sockets.api))
        await stop.wait()


def _site(service: Service) -> Starlette:
    return Starlette(routes=[Route("/{path:path}", service.answer)])


def main() -> int:
    options = _parser().parse_args()
    further = tuple(options.also)
    try:
        sockets = Sockets(
            api=_listen(options.api_port),
            edge=tuple(_listen(options.edge_port, host) for host in (HOST, *further)),
            https=tuple(_listen(options.https_port, host) for host in (HOST, *further)),
            http=_listen(options.http_port),
            services=tuple(open_services(options.dir, load_services(), further)),
        )
    except OSError as error:
        print(error, file=sys.stderr)
        return 1
    asyncio.run(_until_told(lambda stop: serve(options.dir, sockets, further, options.snowflake, stop)))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox.cloudflare", description=__doc__)
    parser.add_argument("--dir", type=Path, required=True, help="where the account is kept")
    for name in ("api", "edge", "https", "http"):
        parser.add_argument(f"--{name}-port", type=int, required=True)
    parser.add_argument("--snowflake", default="", metavar="URL", help="where the local Snowflake lists its apps")
    further = "a further address for edge, front door and services"
    parser.add_argument("--also", action="append", default=[], metavar="IP", help=further)
    return parser


def _listen(port: int, host: str = HOST) -> socket.socket:
    try:
        return listen(port, host)
    except OSError as error:
        raise OSError(f"{CANNOT_LISTEN} {host}:{port}: {error.strerror}") from None


async def _until_told(run: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await run(stop)


if __name__ == "__main__":
    sys.exit(main())
