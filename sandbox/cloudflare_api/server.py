"""Serving the application on loopback, in an event loop that other parts of the sandbox may share."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from sandbox.cloudflare_api.app import create_app
from sandbox.cloudflare_api.journal import Journal
from sandbox.cloudflare_api.store import Store
from sandbox.serving import Server, quiet

HOST = "127.0.0.1"


class _Protocol(H11Protocol):
    """Lets the application reach its connection, so that a fault can cut it."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


def server_for(app: ASGIApp) -> Server:
    """A server without access log; warnings and errors go to stderr."""
    config = uvicorn.Config(
        app,
        http=_Protocol,
        ws="none",
        lifespan="off",
        log_config=quiet(),
        access_log=False,
        timeout_graceful_shutdown=2,
    )
    return Server(config)


def listen(port: int) -> socket.socket:
    """A listening socket on loopback; port 0 takes a free one."""
    # With the protocol named, asyncio turns Nagle's algorithm off, which otherwise costs 40 ms an answer.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except OSError:
        listening.close()
        raise
    listening.listen(100)
    return listening


async def serve(directory: Path, listening: socket.socket, stop: asyncio.Event) -> None:
    """Serve the sandbox account kept in `directory` until `stop` is set."""
    server = server_for(create_app(Store(directory), Journal(directory)))
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    await asyncio.wait([serving, asyncio.create_task(stop.wait())], return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    await serving
