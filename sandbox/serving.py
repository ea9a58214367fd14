"""What every HTTP server of the sandbox has in common: it shares an event loop, and it is quiet."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.cloudflare_api.document import Json

Answer = Callable[[Request, Json], Response]
Endpoint = Callable[[Request], Awaitable[Response]]


class Server(uvicorn.Server):
    """A server that leaves signals to whoever runs the event loop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def quiet() -> dict[str, Any]:
    """Logging without an access log; warnings and errors go to stderr."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "handlers": {"stderr": {"class": "logging.StreamHandler", "stream": sys.stderr}},
        "loggers": {"uvicorn": {"handlers": ["stderr"], "level": "WARNING", "propagate": False}},
    }


def endpoint(run: Answer) -> Endpoint:
    """A control endpoint from a function of the request and its JSON body; a ValueError of it is answered as 400."""

    async def answer(request: Request) -> Response:
        text = await request.body()
        try:
            body = json.loads(text) if text else {}
            return run(request, body if isinstance(body, dict) else {})
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)

    return answer
