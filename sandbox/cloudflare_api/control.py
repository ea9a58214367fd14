"""The sandbox's own endpoints under `/__sandbox`, which the real API does not have."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.cloudflare_api import faults
from sandbox.cloudflare_api.call import now
from sandbox.cloudflare_api.document import Json, documents, visible
from sandbox.cloudflare_api.journal import Journal
from sandbox.cloudflare_api.store import Store
from sandbox.cloudflare_api.tunnels import with_connections
from sandbox.serving import Answer, endpoint

# What every account has, or what only this sandbox keeps: `destroy` is not expected to take it away.
NOT_OBJECTS = frozenset({"organizations", "zone_settings", "policy_tests", "people", "faults"})
SCOPE = "sandbox"


def live_objects(store: Store) -> dict[str, list[Json]]:
    """What a program has created and not destroyed, by collection; deleted tunnels do not count."""
    found: dict[str, list[Json]] = {}
    for key, document in store.entries():
        if key.collection not in NOT_OBJECTS and document.get("deleted_at") is None:
            found.setdefault(key.collection, []).append({"scope": key.scope, **visible(document)})
    return found


class Control:
    """The endpoints over one store and one journal. `forget` is called at a reset, for what others keep."""

    def __init__(self, store: Store, journal: Journal, forget: Callable[[], None]) -> None:
        self._store = store
        self._journal = journal
        self._forget = forget

    def routes(self) -> list[Route]:
        table: tuple[tuple[str, str, Answer], ...] = (
            ("GET", "/health", self._health),
            ("GET", "/objects", self._objects),
            ("POST", "/reset", self._reset),
            ("GET", "/journal", self._read_journal),
            ("DELETE", "/journal", self._clear_journal),
            ("GET", "/faults", self._read_faults),
            ("POST", "/faults", self._add_fault),
            ("DELETE", "/faults", self._clear_faults),
            ("GET", "/people", self._read_people),
            ("PUT", "/people", self._write_people),
            ("PUT", "/tunnels/{id}/connections", self._connect),
        )
        return [Route(f"/__sandbox{path}", endpoint(run), methods=[method]) for method, path, run in table]

    def _health(self, _: Request, __: Json) -> Response:
        return JSONResponse({"status": "ok"})

    def _objects(self, _: Request, __: Json) -> Response:
        return JSONResponse(live_objects(self._store))

    def _reset(self, _: Request, __: Json) -> Response:
        self._store.clear()
        self._store.commit()
        self._journal.clear()
        self._forget()
        return JSONResponse({"status": "reset"})

    def _read_journal(self, request: Request, _: Json) -> Response:
        after = int(request.query_params.get("after", 0))
        return JSONResponse({"requests": self._journal.after(after)})

    def _clear_journal(self, _: Request, __: Json) -> Response:
        self._journal.clear()
        return JSONResponse({"requests": []})

    def _read_faults(self, _: Request, __: Json) -> Response:
        return JSONResponse({"faults": list(self._store.all("faults", faults.SCOPE))})

    def _add_fault(self, _: Request, body: Json) -> Response:
        rule = faults.add_rule(self._store, body)
        self._store.commit()
        return JSONResponse(rule, 201)

    def _clear_faults(self, _: Request, __: Json) -> Response:
        self._drop("faults")
        return JSONResponse({"faults": []})

    def _read_people(self, _: Request, __: Json) -> Response:
        return JSONResponse({"people": list(self._store.all("people", SCOPE))})

    def _write_people(self, _: Request, body: Json) -> Response:
        """Everybody who has logged in so far, as `Visitor.of` reads them, with an optional name."""
        self._drop("people")
        for person in documents(body.get("people")):
            whole = {"id": str(uuid.uuid4()), "name": person.get("email", ""), "email": "", **person}
            self._store.put("people", SCOPE, whole["id"], whole)
        self._store.commit()
        return JSONResponse({"people": list(self._store.all("people", SCOPE))})

    def _connect(self, request: Request, body: Json) -> Response:
        """Pretend that a connector holds `connections` (a number) of this tunnel."""
        for key, tunnel in self._store.entries("tunnels"):
            if key.id == request.path_params["id"] and tunnel["deleted_at"] is None:
                lines = [_connection() for _ in range(int(body.get("connections", 1)))]
                self._store.put("tunnels", key.scope, key.id, with_connections(tunnel, lines))
                self._store.commit()
                return JSONResponse({"connections": lines})
        return JSONResponse({"error": "no such tunnel"}, 404)

    def _drop(self, collection: str) -> None:
        for row in self._store.all(collection, SCOPE):
            self._store.remove(collection, SCOPE, row["id"])
        self._store.commit()


def _connection() -> Json:
    own = str(uuid.uuid4())
    return {
        "id": own,
        "uuid": own,
        "client_id": "5b0a5d5e-0000-4000-8000-000000000001",
        "client_version": "2026.8.2",
        "colo_name": "sbx01",
        "is_pending_reconnect": False,
        "opened_at": now(),
        "origin_ip": "192.0.2.1",
    }
