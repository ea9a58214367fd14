"""The portal at the root of a team domain: its pages, and what its forms do.

Forms act through what the identity provider's own API acts through (`People`), and a login goes through the real one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from importlib import resources

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from sandbox.cloudflare_api.store import Store
from sandbox.front import Front, cookies
from sandbox.front.idp.people import person_of
from sandbox.front.look import PALETTE
from sandbox.front.sessions import Session
from sandbox.front.teams import Team
from sandbox.front.visits import asked_host, visit_of
from sandbox.portal.door import Door
from sandbox.portal.ends import Ends
from sandbox.portal.forms import Form, added, changed, first, read_form
from sandbox.portal.measurements import Measurements
from sandbox.portal.page import choices_of, launcher_page, safety
from sandbox.portal.snowflake import Snowflake, SnowflakeError
from sandbox.portal.table_view import measured

Action = Callable[[Request, Form], Awaitable[Response]]


def launcher(store: Store, door: Door, snowflake: str = "", ends: Ends | None = None) -> Callable[[Front], ASGIApp]:
    """The launcher for `Front(…, launcher=…)`; `door` is where that front door listens.

    `snowflake` is the origin of the local Snowflake whose apps are shown as well, if there is one; `ends` hears of last
    days.
    """
    beside = Snowflake(snowflake) if snowflake else None
    said = ends or Ends(store)
    return lambda front: Starlette(routes=Portal(store, front, door, beside, said).routes())


class Portal:
    """One portal for all team domains; each shows its own account."""

    def __init__(self, store: Store, front: Front, door: Door, snowflake: Snowflake | None, ends: Ends) -> None:
        self._store = store
        self._front = front
        self._door = door
        self._snowflake = snowflake
        self._ends = ends
        self._measured: dict[str, Measurements] = {}

    def routes(self) -> list[Route]:
        forms: dict[str, Action] = {
            "/portal/login": self._log_in,
            "/portal/logout": self._log_out,
            "/portal/measure": self._measure,
            "/portal/people": self._add,
            "/portal/people/{id}": self._change,
            "/portal/people/{id}/remove": self._remove,
        }
        if self._snowflake is not None:
            forms["/portal/snowflake"] = partial(self._open, self._snowflake)
        return [
            Route("/", self._page),
            Route("/portal/table", self._table),
            Route("/portal/table.json", self._document),
            Route("/portal/portal.css", self._style),
            Route("/portal/portal.js", self._script),
            *(Route(path, self._guarded(run), methods=["POST"]) for path, run in forms.items()),
        ]

    def _guarded(self, run: Action) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            # A page elsewhere can send forms here as well; a browser says where they come from.
            if request.headers.get("origin") != self._front.addresses.url(self._team(request).domain, ""):
                return PlainTextResponse("This form is not of this site.", 403)
            return await run(request, read_form(await request.body()))

        return answer

    async def _page(self, request: Request) -> Response:
        return await self._shown(request, request.query_params.get("person", ""))

    async def _shown(self, request: Request, opened: str, problem: str = "") -> Response:
        team, session = self._team(request), self._session(request)
        listing = await self._snowflake.listing() if self._snowflake else None
        measurements = self._measurements(team)
        if listing is not None:
            measurements.notice(listing)
        return launcher_page(self._front, team, session, measurements, self._ends, listing, opened, problem)

    async def _table(self, request: Request) -> Response:
        return HTMLResponse(str(measured(self._measurements(self._team(request)))), headers=safety(self._front))

    async def _document(self, request: Request) -> Response:
        """The latest table; `running` and `old` say whether it is whole and still holds."""
        found = self._measurements(self._team(request))
        table = found.table.as_json() if found.table else {}
        return JSONResponse({"running": found.is_running, "old": found.is_old, **table}, headers=safety(self._front))

    async def _style(self, _: Request) -> Response:
        text = PALETTE + _file("portal.css")
        return PlainTextResponse(text, media_type="text/css", headers=safety(self._front))

    async def _script(self, _: Request) -> Response:
        return PlainTextResponse(_file("portal.js"), media_type="text/javascript", headers=safety(self._front))

    async def _log_in(self, request: Request, form: Form) -> Response:
        team, visit = self._team(request), visit_of(request)
        return self._front.team_domain.log_in(team, first(form, "idp"), first(form, "person"), visit)

    async def _log_out(self, request: Request, _: Form) -> Response:
        session = self._session(request)
        if session is not None:
            self._front.sessions.end(session.nonce)
        answer = _back("/")
        answer.headers.append("set-cookie", cookies.expired(cookies.AUTHORIZATION))
        return answer

    async def _measure(self, request: Request, _: Form) -> Response:
        self._measurements(self._team(request)).start()
        return _back("/#access")

    async def _open(self, snowflake: Snowflake, request: Request, form: Form) -> Response:
        """Into an app of the local Snowflake, which decides itself who may open it."""
        session = self._session(request)
        if session is None:
            return await self._shown(request, "", "Nothing was opened: nobody is logged in.")
        try:
            return _back(await snowflake.invitation(session.person, first(form, "url_id")))
        except SnowflakeError as error:
            return await self._shown(request, "", f"Nothing was opened: {error}.")

    async def _add(self, request: Request, form: Form) -> Response:
        objects = self._front.routing.objects(self._team(request).account)
        try:
            person = person_of(added(form, (one.issuer for one in choices_of(self._front, objects))))
        except ValueError as error:
            return await self._shown(request, "", f"Nobody was added: {error}.")
        if self._front.people.find(person.id) is not None:
            return await self._shown(request, "", f"Nobody was added: {person.id} is there already.")
        self._front.people.put(person)
        return _to(person.id)

    async def _change(self, request: Request, form: Form) -> Response:
        objects = self._front.routing.objects(self._team(request).account)
        person = self._front.people.find(request.path_params["id"])
        if person is None:
            return _back("/#people")
        issuers = (one.issuer for one in choices_of(self._front, objects) if not one.issuer.takes_any_address)
        try:
            self._front.people.change(person.id, changed(form, person, objects, issuers))
        except ValueError as error:
            return await self._shown(request, person.id, f"Nothing was changed: {error}.")
        return _to(person.id)

    async def _remove(self, request: Request, _: Form) -> Response:
        self._front.people.remove(request.path_params["id"])
        return _back("/#people")

    def _measurements(self, team: Team) -> Measurements:
        if team.domain not in self._measured:
            self._measured[team.domain] = Measurements(
                self._store, self._front, team.account, self._door, self._snowflake
            )
        return self._measured[team.domain]

    def _session(self, request: Request) -> Session | None:
        return self._front.team_domain.session(self._team(request), visit_of(request))

    def _team(self, request: Request) -> Team:
        team = self._front.teams.at(asked_host(request.scope) or "")
        if team is None:
            raise LookupError("the launcher serves team domains only")
        return team


def _back(place: str) -> RedirectResponse:
    return RedirectResponse(place, 303, headers={"cache-control": "no-store"})


def _to(person: str) -> RedirectResponse:
    """Back to a person, whose details stay open."""
    return _back(f"/?person={person}#person-{person}")


def _file(name: str) -> str:
    return resources.files("sandbox.portal").joinpath(name).read_text(encoding="utf-8")
