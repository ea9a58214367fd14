"""The whole API as one application."""

from __future__ import annotations

import re

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.docker_engine.api import containers, images, networks, system
from sandbox.docker_engine.engine import Engine
from sandbox.docker_engine.refusals import RefusalError

_VERSIONED = re.compile(r"/v(\d+)\.(\d+)(/.*)")
_HEADERS = ((b"api-version", system.API_VERSION.encode()), (b"ostype", b"linux"), (b"server", b"Gatehouse sandbox"))


def create_app(engine: Engine) -> ASGIApp:
    """The API of an engine."""
    app = Starlette(
        routes=[part for module in (system, images, networks, containers) for part in module.routes(engine)],
        exception_handlers={RefusalError: _refuse, 404: _no_page, 405: _no_page},
    )
    return _Versioned(app)


class _Versioned:
    """Takes the version off the path, and says the engine's own in every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *_HEADERS]}
            await send(message)

        found = _VERSIONED.fullmatch(scope.get("path", ""))
        if found is None:
            await self._app(scope, receive, named)
            return
        asked = (int(found[1]), int(found[2]))
        major, minor = system.API_VERSION.split(".")
        if asked > (int(major), int(minor)):
            sentence = f"client version {found[1]}.{found[2]} is too new. Maximum supported API version is "
            await JSONResponse({"message": sentence + system.API_VERSION}, 400)(scope, receive, named)
            return
        await self._app({**scope, "path": found[3], "raw_path": found[3].encode()}, receive, named)


async def _refuse(_: Request, error: Exception) -> Response:
    status = error.status if isinstance(error, RefusalError) else 500
    return JSONResponse({"message": str(error)}, status)


async def _no_page(*_: object) -> Response:
    return JSONResponse({"message": "page not found"}, 404)
