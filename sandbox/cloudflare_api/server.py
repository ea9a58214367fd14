"""Serving the application on loopback, in an event loop that other parts of the sandbox may share."""

from __future__ import annotations

from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from sandbox.cloudflare_api.callers import ProgramsOnly
from sandbox.serving import Server, quiet


class _Protocol(H11Protocol):
    """Lets the application reach its connection, so that a fault can cut it."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


def server_for(app: ASGIApp) -> Server:
    """A server for programs of this machine, without access log; warnings and errors go to stderr."""
    config = uvicorn.Config(
        ProgramsOnly(app),
        http=_Protocol,
        ws="none",
        lifespan="off",
        log_config=quiet(),
        access_log=False,
        timeout_graceful_shutdown=2,
    )
    return Server(config)
