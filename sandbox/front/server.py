"""Serving the front door: HTTPS with the sandbox's own certificate, and plain HTTP for the redirect."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp

_STOP_WITHIN = 2
_LARGEST_MESSAGE = 256 * 2**20


class Server(uvicorn.Server):
    """A server that leaves signals to whoever runs the event loop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def server_for(app: ASGIApp, chain: Path | None = None, key: Path | None = None) -> Server:
    """A server for sockets that somebody else binds; with certificate and key it speaks TLS."""
    log: dict[str, Any] = {
        "version": 1,
        "disable_existing_loggers": False,
        "handlers": {"stderr": {"class": "logging.StreamHandler", "stream": sys.stderr}},
        "loggers": {"uvicorn": {"handlers": ["stderr"], "level": "WARNING", "propagate": False}},
    }
    return Server(
        uvicorn.Config(
            app,
            http="h11",
            ws="websockets-sansio",
            ws_max_size=_LARGEST_MESSAGE,
            lifespan="off",
            log_config=log,
            access_log=False,
            # These are the origin's words; the edge adds none of its own. Who asks is not for headers to say.
            server_header=False,
            date_header=False,
            proxy_headers=False,
            ssl_certfile=chain,
            ssl_keyfile=key,
            timeout_graceful_shutdown=_STOP_WITHIN,
        )
    )
