"""The sandbox's own endpoints under `/__sandbox`, which the real service does not have."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.cloudflare_api.document import Json
from sandbox.serving import Answer, endpoint
from sandbox.snowflake_api.catalogue import Catalogue
from sandbox.snowflake_api.execution import FAULTS, add_fault, faults
from sandbox.snowflake_api.names import dotted, full_name
from sandbox.snowflake_api.statement_log import StatementLog
from sandbox.snowflake_api.store import key_of
from sandbox.snowflake_api.things import Body, Database, Schema, Thing, User
from sandbox.snowflake_api.world import World


class Control:
    """The endpoints over one account. `forget` is called at a reset, for what others keep."""

    def __init__(self, catalogue: Catalogue, log: StatementLog, world: World, forget: Callable[[], None]) -> None:
        self._catalogue = catalogue
        self._log = log
        self._world = world
        self._forget = forget

    def routes(self) -> list[Route]:
        table: tuple[tuple[str, str, Answer], ...] = (
            ("GET", "/health", self._health),
            ("GET", "/objects", self._objects),
            ("POST", "/reset", self._reset),
            ("GET", "/statements", self._read_statements),
            ("DELETE", "/statements", self._clear_statements),
            ("GET", "/faults", self._read_faults),
            ("POST", "/faults", self._add_fault),
            ("DELETE", "/faults", self._clear_faults),
            ("GET", "/people", self._read_people),
        )
        return [
            *(Route(f"/__sandbox{path}", endpoint(run), methods=[method]) for method, path, run in table),
            Route("/__sandbox/people", self._write_people, methods=["PUT"]),
        ]

    def _health(self, _: Request, __: Json) -> Response:
        return JSONResponse({"status": "ok"})

    def _objects(self, _: Request, __: Json) -> Response:
        return JSONResponse(live_objects(self._catalogue, self._world))

    def _reset(self, _: Request, __: Json) -> Response:
        reset(self._catalogue, self._world)
        self._log.clear()
        self._forget()
        return JSONResponse({"status": "reset"})

    def _read_statements(self, request: Request, _: Json) -> Response:
        return JSONResponse({"statements": self._log.entries(int(request.query_params.get("after", 0)))})

    def _clear_statements(self, _: Request, __: Json) -> Response:
        self._log.clear()
        return JSONResponse({"statements": []})

    def _read_faults(self, _: Request, __: Json) -> Response:
        return JSONResponse({"faults": faults(self._catalogue)})

    def _add_fault(self, _: Request, body: Json) -> Response:
        return JSONResponse(add_fault(self._catalogue, body), 201)

    def _clear_faults(self, _: Request, __: Json) -> Response:
        self._catalogue.store.note(FAULTS, [])
        self._catalogue.commit()
        return JSONResponse({"faults": []})

    def _read_people(self, _: Request, __: Json) -> Response:
        users = (one for one in self._catalogue.all(User) if one.body.person)
        return JSONResponse({"people": [_person(one) for one in users]})

    async def _write_people(self, request: Request) -> Response:
        """A list, or an object with the list as `people`."""
        try:
            body = json.loads(await request.body())
            set_people(self._catalogue, body.get("people") if isinstance(body, dict) else body)
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)
        return self._read_people(request, {})


def reset(catalogue: Catalogue, world: World) -> None:
    """Take everything away and begin again with the world."""
    catalogue.clear()
    begin(catalogue, world)


def begin(catalogue: Catalogue, world: World) -> None:
    for thing in world.things:
        catalogue.put(thing)
    catalogue.commit()


def live_objects(catalogue: Catalogue, world: World) -> dict[str, list[str]]:
    """What programs have made beyond the world, by kind; also grants on objects of the world that it does not have."""
    found: dict[str, list[str]] = {}
    known = {key_of(one): one for one in world.things}
    for thing in catalogue.everything():
        first = known.get(key_of(thing))
        if isinstance(thing.body, User) and thing.body.person:
            continue
        if first is None:
            found.setdefault(thing.kind, []).append(full_name(thing))
            continue
        for text in _further(thing, first):
            found.setdefault("GRANT", []).append(text)
    return {kind: sorted(found[kind]) for kind in sorted(found)}


def _further(thing: Thing[Body], first: Thing[Body]) -> list[str]:
    had = {(one.privilege, one.to, one.grantee) for one in first.grants}
    name = f"{thing.kind} {dotted(thing.path)}".strip()
    further = [
        f"{one.privilege} ON {name} TO {one.to} {one.grantee}"
        for one in thing.grants
        if (one.privilege, one.to, one.grantee) not in had and one.to == "ROLE"
    ]
    if isinstance(thing.body, Database | Schema):
        further += [
            f"FUTURE {one.privilege} ON {one.kind} IN {name} TO ROLE {one.grantee}" for one in thing.body.futures
        ]
    return further


def _person(user: Thing[User]) -> Json:
    return {"name": user.name, "display_name": user.body.display_name, "roles": list(user.body.wanted)}


def set_people(catalogue: Catalogue, given: object) -> None:
    """Replace the people: `[{name, display_name, roles}]`; a role counts as soon as it exists."""
    people = given if isinstance(given, list) else []
    wanted: dict[str, Thing[User]] = {}
    for one in people:
        name = str(one.get("name", "")) if isinstance(one, dict) else ""
        existing = catalogue.find(User, (name,))
        if not name or (existing is not None and not existing.body.person):
            raise ValueError(f"a person needs a name of their own, which {name or 'an empty one'} is not")
        body = User(
            login=name.upper(),
            display_name=str(one.get("display_name") or name),
            email=str(one["email"]) if one.get("email") else None,
            person=True,
            wanted=tuple(str(role) for role in one.get("roles", ())),
        )
        wanted[name] = Thing((name,), "ACCOUNTADMIN", time.time(), body)
    for user in catalogue.all(User):
        if user.body.person:
            catalogue.drop(user, heir="")
    for user in wanted.values():
        catalogue.put(user)
    catalogue.commit()
