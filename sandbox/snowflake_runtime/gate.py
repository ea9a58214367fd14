"""What a browser on this machine may be led to do here by pages of others: nothing."""

from __future__ import annotations

from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.front.app import respond

_NAMES = ("127.0.0.1", "localhost")
_READING = ("GET", "HEAD", "OPTIONS")
_CONTROL = "/__sandbox/"


class Gate:
    """Lets requests through that are meant for this place, and come from its own pages or from no page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = _refusal(HTTPConnection(scope))
        if refusal is not None:
            await respond(PlainTextResponse(f"{refusal}\n", 403), scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _refusal(visit: HTTPConnection) -> str | None:
    host, port = visit.headers.get("host", ""), visit.scope["server"][1]
    # A name of somebody else's that leads to 127.0.0.1 would make its pages ours.
    if host not in [f"{name}:{port}" for name in _NAMES]:
        return "This place is not known by that name."
    own = f"http://{host}"
    said = visit.headers.get("origin")
    reading = visit.scope["type"] == "http" and visit.scope["method"] in _READING
    if not reading and said != own and (said is not None or not visit.url.path.startswith(_CONTROL)):
        return "This was sent by a page of another site."
    embedded = visit.headers.get("sec-fetch-site") in ("cross-site", "same-site")
    if reading and embedded and visit.headers.get("sec-fetch-mode") != "navigate":
        return "This was asked for by a page of another site."
    return None


def asked_at(visit: HTTPConnection) -> str:
    """The place as the visitor calls it, for addresses that lead back here."""
    return f"http://{visit.headers['host']}"


def telling_origin(answer: Response) -> Response:
    """For pages with forms: without any referrer, browsers would not say where a form comes from."""
    answer.headers["referrer-policy"] = "same-origin"
    return answer
