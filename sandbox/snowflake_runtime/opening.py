"""Opening an app: `/streamlit-apps/<url_id>/` leads to its process, for those who may see it and while they may."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import Message, Receive, Scope, Send
from websockets.exceptions import InvalidState

from sandbox.edge.upstream import ConnectionLostError, Headers, NoConnectorError, RequestHead
from sandbox.front.app import respond
from sandbox.front.carriage import carry_request, carry_websocket, upgrade_head
from sandbox.places import SandboxError
from sandbox.snowflake_api.apps import StreamlitApp
from sandbox.snowflake_runtime import pages
from sandbox.snowflake_runtime.launch import PREFIX
from sandbox.snowflake_runtime.running import Running
from sandbox.snowflake_runtime.runtimes import Runtimes
from sandbox.snowflake_runtime.upstream import AppUpstream
from sandbox.snowflake_runtime.visitors import Visitors, foreign_cookies

_STARTS_WITHIN = 60.0
_INGRESS = "sf-context-"
_OURS = frozenset({"cookie", "host"})


class Opening:
    """The proxy in front of all apps. Rights are looked up at every request, and while a WebSocket is open."""

    def __init__(self, runtimes: Runtimes, visitors: Visitors) -> None:
        self._runtimes, self._visitors = runtimes, visitors
        self._upstream = AppUpstream()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        visit = HTTPConnection(scope)
        answer = await self._answer(visit, scope, receive, send)
        if answer is not None:
            await respond(answer, scope, receive, send)

    async def _answer(self, visit: HTTPConnection, scope: Scope, receive: Receive, send: Send) -> Response | None:
        """The viewer's own answer; nothing where the app has answered."""
        user = self._visitors.user(visit)
        if user is None:
            return _log_in(visit)
        app = self._visible(visit)
        if app is None:
            return pages.nothing_here()
        if app.live is None:
            return pages.no_live_version(app)
        if visit.url.path == f"{PREFIX}/{app.url_id}" and scope["type"] == "http":
            return RedirectResponse(pages.address_of(app), 307)
        try:
            running = await self._runtimes.wake(app, user.name)
        except SandboxError as error:
            return pages.no_process(app, str(error))
        if not running.serving and running.code is None and _is_page(visit):
            return pages.starting(app)
        if not await running.settled(_STARTS_WITHIN):
            return _not_serving(app, running, visit)
        return await self._carried(running, _towards_app(visit, user.name), visit, scope, receive, send)

    async def _carried(
        self, running: Running, headers: Headers, visit: HTTPConnection, scope: Scope, receive: Receive, send: Send
    ) -> Response | None:
        """A request on its way to the app and back; an answer of our own where the app gives none."""
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        async def receiving() -> Message:
            message = await receive()
            if message["type"] == "websocket.receive":  # an interaction: changed files count from it on
                await self._runtimes.refresh(running)
            return message

        target, authority, socket = _target(scope), visit.headers["host"], str(running.socket)
        try:
            if scope["type"] == "http":
                head = RequestHead(scope["method"], authority, target, headers)
                await carry_request(self._upstream, socket, head, (), receive, sending)
            else:
                head = upgrade_head(target, authority, headers)
                work = carry_websocket(self._upstream, socket, head, scope, receiving, sending)
                with running.connection():
                    await self._runtimes.open_sockets.hold(lambda: self._visible(visit) is not None, work, send)
        except (NoConnectorError, ConnectionLostError):
            if begun:
                raise  # half an answer is out: the server cuts the connection, and the browser sees it
            return PlainTextResponse("The app's process has ended.\n", 502)
        except ConnectionAbortedError:
            pass  # the browser went away while it sent
        except InvalidState:
            pass  # both ends have closed a WebSocket at the same moment
        return None

    def _visible(self, visit: HTTPConnection) -> StreamlitApp | None:
        """The app, as long as the visitor is logged in and may see it."""
        user = self._visitors.user(visit)
        visible = self._runtimes.apps.visible_to(user.name) if user else ()
        return next((one for one in visible if one.url_id == visit.path_params["url_id"]), None)


def _log_in(visit: HTTPConnection) -> Response:
    """To the login, and back from there; the same for every address."""
    if _is_page(visit):
        return RedirectResponse(f"/login?{urlencode({'back': _target(visit.scope)})}", 303)
    return PlainTextResponse("Nobody is logged in.\n", 401)


def _not_serving(app: StreamlitApp, running: Running, visit: HTTPConnection) -> Response:
    if running.code is None:
        return PlainTextResponse("The app does not answer.\n", 504)
    if not _is_page(visit):
        return PlainTextResponse("The app's process has ended.\n", 502)
    return pages.ended(app, running.code, running.output.last, str(running.output.file))


def _is_page(visit: HTTPConnection) -> bool:
    """Whether a person waits for it; Streamlit's own requests accept anything."""
    return visit.scope["type"] == "http" and "text/html" in visit.headers.get("accept", "")


def _target(scope: Mapping[str, Any]) -> str:
    """Path and query as they were sent."""
    query = scope["query_string"].decode("latin-1")
    path: str = scope["raw_path"].decode("latin-1")
    return f"{path}?{query}" if query else path


def _towards_app(visit: HTTPConnection, user: str) -> Headers:
    """The browser's headers without what only this program may say; and who it is, as container services are told."""
    kept = tuple((name, value) for name, value in visit.headers.items() if name not in _OURS)
    kept = tuple((name, value) for name, value in kept if not name.startswith(_INGRESS))
    own = foreign_cookies(visit)
    return (*kept, *((("cookie", own),) if own else ()), (f"{_INGRESS}current-user", user))
