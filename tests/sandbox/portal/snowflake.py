"""A small Snowflake for the portal: the two endpoints that it asks, and the pages that they lead to."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

Json = dict[str, Any]
USERS = ("MIKA", "SAM", "KIM")


class SmallSnowflake:
    """Has the apps in `rows`; `answer` stands in for what the control endpoints say, and `silent` ones say nothing."""

    def __init__(self, port: int) -> None:
        self.origin = f"http://127.0.0.1:{port}"
        self.rows = [
            self.row("Ledger", ["MARKETING"], ["MIKA"], status="serving"),
            self.row("Quota", ["MARKETING", "SALES"], ["MIKA", "SAM"], runtime="warehouse"),
            self.row("Draft", ["SALES"], ["SAM"], status="no live version"),
        ]
        self.answer: Response | None = None
        self.silent = False
        self.asked: list[Json] = []
        self._open: dict[str, Json] = {}

    def row(self, title: str, roles: list[str], users: list[str], **more: str) -> Json:
        """What the endpoint says of an app."""
        name = title.lower()
        rest = {"url": f"{self.origin}/streamlit-apps/{name}/", "owner": "OWNER", "runtime": "container"}
        own = {"name": f"APPS.FINANCE.{title.upper()}", "title": title, "url_id": name, "status": "not started"}
        return {**own, **rest, "roles": roles, "users": users, **more}

    def site(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/__sandbox/apps", self._list),
                Route("/__sandbox/invitations", self._invite, methods=["POST"]),
                Route("/invitations/{ticket}", self._enter),
                Route("/streamlit-apps/{url_id}/", self._show),
                Route("/streamlit-apps/{url_id}", self._door),
                Route("/login", self._login, methods=["GET", "POST"]),
            ]
        )

    async def _list(self, request: Request) -> Response:
        while self.silent and not await request.is_disconnected():
            await asyncio.sleep(0.02)
        return self.answer or JSONResponse(self.rows)

    async def _invite(self, request: Request) -> Response:
        asked: Json = await request.json()
        self.asked.append(asked)
        if self.answer is not None:
            return self.answer
        if asked["url_id"] not in [one["url_id"] for one in self.rows]:
            return JSONResponse({"error": f"there is no app with the id {asked['url_id']}"}, 400)
        ticket = f"t{len(self.asked)}"
        self._open[ticket] = asked
        return JSONResponse({"url": f"{self.origin}/invitations/{ticket}"})

    async def _door(self, request: Request) -> Response:
        """Whoever may see the app is led on, past this page."""
        user, url_id = request.cookies.get("user"), request.path_params["url_id"]
        if user is None:
            return RedirectResponse(f"/login?back=/streamlit-apps/{url_id}", 303)
        row = next(one for one in self.rows if one["url_id"] == url_id)
        if user not in row["users"]:
            return HTMLResponse("nothing here", 404)
        return RedirectResponse(f"/streamlit-apps/{url_id}/", 307)

    async def _login(self, request: Request) -> Response:
        form = parse_qs((await request.body()).decode())
        user = form["person"][0].upper()
        if user not in USERS or request.headers["origin"] != self.origin:
            return HTMLResponse("no such user", 403)
        answer = RedirectResponse(form["back"][0], 303)
        answer.set_cookie("user", user)
        return answer

    async def _enter(self, request: Request) -> Response:
        found = self._open.pop(request.path_params["ticket"])
        return RedirectResponse(f"/streamlit-apps/{found['url_id']}/?as={found['person']}", 303)

    async def _show(self, request: Request) -> Response:
        return HTMLResponse(f"{request.query_params.get('as', 'nobody')} at {request.path_params['url_id']}")
