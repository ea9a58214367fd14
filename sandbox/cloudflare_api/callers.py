"""Who may ask a server on loopback: programs of this machine, and none of the pages that its browsers show.

A page of any site reaches loopback as well. It gives itself away by its `Origin`, or by the name that it was reached
under where its own name was made to lead here (DNS rebinding).
"""

from __future__ import annotations

import re

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_THIS_MACHINE = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d+)?", re.IGNORECASE)


class ProgramsOnly:
    """An application for programs of this machine; everybody else is refused before it hears of them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        if "origin" in headers or not _THIS_MACHINE.fullmatch(headers.get("host", "")):
            answer = JSONResponse({"error": "this address is for programs of this machine, not for web pages"}, 403)
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)
