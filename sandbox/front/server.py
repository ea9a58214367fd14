"""Serving the front door: HTTPS with the sandbox's own certificate, and plain HTTP for the redirect."""

from __future__ import annotations

import ssl

import uvicorn
from starlette.types import ASGIApp

from sandbox.serving import Server, quiet

_STOP_WITHIN = 2
_LARGEST_MESSAGE = 256 * 2**20


def server_for(app: ASGIApp, tls: ssl.SSLContext | None = None) -> Server:
    """A server for sockets that somebody else binds; with a context it speaks TLS."""
    return Server(
        uvicorn.Config(
            app,
            http="h11",
            ws="websockets-sansio",
            ws_max_size=_LARGEST_MESSAGE,
            lifespan="off",
            log_config=quiet(),
            access_log=False,
            # These are the origin's words; the edge adds none of its own. Who asks is not for headers to say.
            server_header=False,
            date_header=False,
            proxy_headers=False,
            ssl_context_factory=None if tls is None else lambda *_: tls,
            timeout_graceful_shutdown=_STOP_WITHIN,
        )
    )
