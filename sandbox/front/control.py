"""The sandbox's own API on the identity provider's host: people, their circumstances, the audit log, key rotation."""

from __future__ import annotations

from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.cloudflare_api.document import Json, documents
from sandbox.front.audit import Audit
from sandbox.front.idp.people import People, circumstances_of, person_of
from sandbox.front.teams import Teams
from sandbox.serving import Answer, Endpoint, endpoint

PREFIX = "/__sandbox"


class Control:
    """Endpoints that the real services do not have."""

    def __init__(self, people: People, audit: Audit, teams: Teams) -> None:
        self._people = people
        self._audit = audit
        self._teams = teams

    def routes(self) -> list[Route]:
        table: tuple[tuple[str, str, Answer], ...] = (
            ("GET", "/people", self._list),
            ("PUT", "/people", self._replace),
            ("PUT", "/roster", self._take_roster),
            ("GET", "/people/{id}", self._read),
            ("PUT", "/people/{id}", self._put),
            ("PATCH", "/people/{id}", self._change),
            ("DELETE", "/people/{id}", self._remove),
            ("GET", "/anonymous", self._read_anonymous),
            ("PUT", "/anonymous", self._set_anonymous),
            ("GET", "/audit", self._read_audit),
            ("POST", "/teams/{team}/keys/rotate", self._rotate),
        )
        return [Route(f"{PREFIX}{path}", _json_only(run), methods=[method]) for method, path, run in table]

    def _list(self, _: Request, __: Json) -> Response:
        return JSONResponse({"people": [asdict(one) for one in self._people.all()]})

    def _replace(self, request: Request, body: Json) -> Response:
        """Everybody at once. One wrong person refuses the whole list."""
        self._people.replace(tuple(person_of(row) for row in documents(body.get("people"))))
        return self._list(request, body)

    def _take_roster(self, request: Request, body: Json) -> Response:
        """The people of `people.yaml`: in the place of those listed before, beside those added by hand."""
        if not isinstance(body.get("people"), list):
            raise ValueError("a roster is an object with the list `people`")
        self._people.take_roster(tuple(person_of(row) for row in documents(body["people"])))
        return self._list(request, body)

    def _read(self, request: Request, _: Json) -> Response:
        person = self._people.find(request.path_params["id"])
        return _missing() if person is None else JSONResponse(asdict(person))

    def _put(self, request: Request, body: Json) -> Response:
        person = person_of({**body, "id": request.path_params["id"]})
        self._people.put(person)
        return JSONResponse(asdict(person))

    def _change(self, request: Request, body: Json) -> Response:
        """Some fields of a person; `identities` are given whole."""
        after = self._people.change(request.path_params["id"], body)
        return _missing() if after is None else JSONResponse(asdict(after))

    def _remove(self, request: Request, _: Json) -> Response:
        found = self._people.remove(request.path_params["id"])
        return JSONResponse({"removed": request.path_params["id"]}) if found else _missing()

    def _read_anonymous(self, _: Request, __: Json) -> Response:
        return JSONResponse(asdict(self._people.anonymous))

    def _set_anonymous(self, request: Request, body: Json) -> Response:
        self._people.set_anonymous(circumstances_of(body))
        return self._read_anonymous(request, body)

    def _read_audit(self, _: Request, __: Json) -> Response:
        return JSONResponse({"decisions": list(self._audit.latest)})

    def _rotate(self, request: Request, _: Json) -> Response:
        team = self._teams.named(request.path_params["team"])
        if team is None:
            return _missing()
        return JSONResponse({"kid": team.signer.keys.rotate().kid})


def _missing() -> Response:
    return JSONResponse({"error": "there is nothing of that name"}, 404)


def _json_only(run: Answer) -> Endpoint:
    answer = endpoint(run)

    async def guarded(request: Request) -> Response:
        # A page elsewhere can post forms and texts to loopback, but no JSON without asking first.
        kind = request.headers.get("content-type", "").partition(";")[0]
        if request.method != "GET" and kind != "application/json":
            return JSONResponse({"error": "send application/json"}, 415)
        return await answer(request)

    return guarded
