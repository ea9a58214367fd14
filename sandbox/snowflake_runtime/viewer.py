"""The viewer: Snowsight's list of Streamlit apps, a login, the way into each app, and what `sandbox` asks of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from sandbox.cloudflare_api.document import Json
from sandbox.front.tickets import Tickets
from sandbox.serving import endpoint
from sandbox.snowflake_api.apps import StreamlitApp, User
from sandbox.snowflake_runtime import pages, probe
from sandbox.snowflake_runtime.gate import Gate, asked_at
from sandbox.snowflake_runtime.launch import PREFIX
from sandbox.snowflake_runtime.opening import Opening
from sandbox.snowflake_runtime.runtimes import Runtimes
from sandbox.snowflake_runtime.visitors import Visitors

CONTROL = ("/__sandbox/apps", "/__sandbox/invitations")
"""The control endpoints of the viewer; all others are the account's."""
_LIFETIME = 120.0  # seconds of an invitation
_AT_ONCE = 2


@dataclass(frozen=True)
class Invitation:
    """Who is to be logged in, and where to then."""

    user: str
    back: str


class Viewer:
    """Everything that people see of the local Snowflake."""

    def __init__(self, runtimes: Runtimes) -> None:
        self._runtimes, self._apps = runtimes, runtimes.apps
        self._visitors = Visitors(runtimes.apps)
        self._opening = Opening(runtimes, self._visitors)
        self._invitations: Tickets[Invitation] = Tickets(_LIFETIME)

    def routes(self) -> list[BaseRoute]:
        places = (f"{PREFIX}/{{url_id}}", f"{PREFIX}/{{url_id}}/{{path:path}}")
        return [
            Route("/", self._list),
            Route("/login", self._login, methods=["GET", "POST"]),
            Route("/logout", self._log_out, methods=["POST"]),
            Route("/start/{url_id}", self._start_again, methods=["POST"]),
            Route("/invitations/{ticket}", self._enter),
            Route("/viewer.css", self._style),
            *(Route(place, self._opening) for place in places),
            *(WebSocketRoute(place, self._opening) for place in places),
            Route(CONTROL[0], self._reached),
            Route(CONTROL[1], endpoint(self._invite), methods=["POST"]),
        ]

    async def _list(self, request: Request) -> Response:
        user = self._visitors.user(request)
        if user is None:
            return _to("/login")
        shown = sorted(self._apps.visible_to(user.name), key=lambda one: pages.title_of(one).casefold())
        return pages.list_page(user, [(one, self._apps.viewer_roles(one)) for one in shown])

    async def _login(self, request: Request) -> Response:
        if request.method == "GET":
            return pages.login_page(self._apps.users(), request.query_params.get("back", ""))
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode(errors="replace")).items()}
        back = form.get("back", "")
        user = self._visitors.named(form.get("person", ""))
        if user is None:
            return pages.login_page(self._apps.users(), back, "The account has no such user.")
        return self._visitors.log_in(request, user, _to(_safe(back)))

    async def _log_out(self, request: Request) -> Response:
        answer = self._visitors.log_out(request, _to("/login"))
        self._runtimes.open_sockets.look()
        return answer

    async def _enter(self, request: Request) -> Response:
        found = self._invitations.take(request.path_params["ticket"])
        user = self._visitors.named(found.user) if found else None
        if found is None or user is None:
            return pages.stale_link()
        return self._visitors.log_in(request, user, _to(found.back))

    async def _start_again(self, request: Request) -> Response:
        user = self._visitors.user(request)
        visible = self._apps.visible_to(user.name) if user else ()
        app = next((one for one in visible if one.url_id == request.path_params["url_id"]), None)
        if app is None or user is None:
            return pages.nothing_here()
        running = self._runtimes.found(app, user.name)
        if running is not None and running.code is not None:
            await self._runtimes.end(app, user.name)
        return _to(pages.address_of(app))

    async def _style(self, _: Request) -> Response:
        return PlainTextResponse(pages.style(), media_type="text/css")

    async def _reached(self, request: Request) -> Response:
        """Every app; `?wake=1` starts those that do not run, and tries them."""
        apps = self._apps.all()
        if request.query_params.get("wake") == "1":
            few = asyncio.Semaphore(_AT_ONCE)

            async def reached(app: StreamlitApp) -> str:
                async with few:
                    return await probe.reach(self._runtimes, app)

            said = await asyncio.gather(*(reached(one) for one in apps))
        else:
            said = [probe.now(self._runtimes, one) for one in apps]
        visible = {user.name: {one.url_id for one in self._apps.visible_to(user.name)} for user in self._apps.users()}
        rows = [self._row(request, app, status, visible) for app, status in zip(apps, said, strict=True)]
        return JSONResponse(rows)

    def _row(self, request: Request, app: StreamlitApp, status: str, visible: dict[str, set[str]]) -> Json:
        """`visible` has the ids of what each user may open."""
        return {
            "name": f"{app.database}.{app.schema}.{app.name}",
            "title": pages.title_of(app),
            "url_id": app.url_id,
            "url": asked_at(request) + pages.address_of(app),
            "owner": app.owner,
            "runtime": app.runtime,
            "roles": list(self._apps.viewer_roles(app)),
            "users": [user for user, apps in visible.items() if app.url_id in apps],
            "status": status,
        }

    def _invite(self, request: Request, asked: Json) -> Response:
        """A link that logs one browser in as a person, and opens an app or the list; good once, for two minutes."""
        user, url_id = self._invited(str(asked.get("person"))), str(asked.get("url_id") or "")
        app = self._apps.find(url_id)
        if url_id and app is None:
            raise ValueError(f"there is no app with the id {url_id}")
        ticket = self._invitations.issue(Invitation(user.name, pages.address_of(app) if app else "/"))
        return JSONResponse({"url": f"{asked_at(request)}/invitations/{ticket}"})

    def _invited(self, name: str) -> User:
        user = self._visitors.named(name)
        if user is None:
            known = ", ".join(one.name for one in self._apps.users()) or "nobody"
            raise ValueError(f"nobody in the account is called {name}; there are: {known}")
        return user


def viewer_app(runtimes: Runtimes) -> Starlette:
    """The viewer for `/` of a loopback port; it answers to 127.0.0.1 and localhost only."""
    return Starlette(routes=Viewer(runtimes).routes(), middleware=[Middleware(Gate)])


def _to(place: str) -> Response:
    return RedirectResponse(place, 303, headers={"cache-control": "no-store"})


def _safe(back: str) -> str:
    """Only into an app; a link to the login page must not lead anywhere else."""
    return back if back.startswith(f"{PREFIX}/") else "/"
