"""What every HTTP server of the sandbox has in common: it shares an event loop, and it is quiet."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

HOST = "127.0.0.1"
_BACKLOG = 100

Json = dict[str, Any]

Answer = Callable[[Request, Json], Response]
Endpoint = Callable[[Request], Awaitable[Response]]


class Server(uvicorn.Server):
    """A server that leaves signals to whoever runs the event loop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def served(server: Server, *listening: socket.socket) -> AsyncIterator[None]:
    """Serve these sockets while the block runs; then running requests get the server's own time to end."""
    serving = asyncio.create_task(server.serve(sockets=list(listening)))
    try:
        yield
    finally:
        server.should_exit = True
        await serving


def listen(port: int, host: str = HOST) -> socket.socket:
    """A listening socket; port 0 takes a free one. An `OSError` where the port cannot be had."""
    # With the protocol named, asyncio turns Nagle's algorithm off, which otherwise costs 40 ms an answer.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError:
        listening.close()
        raise
    listening.listen(_BACKLOG)
    return listening


def port_of(listening: socket.socket) -> int:
    """Where a socket listens."""
    return int(listening.getsockname()[1])


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
