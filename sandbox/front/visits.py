"""A request at the front door, the same for HTTP and WebSocket, and the circumstances it comes in."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.types import Scope

from sandbox.cloudflare_api.access import AccessObjects
from sandbox.front import cookies
from sandbox.front.idp.people import Circumstances, People
from sandbox.front.paths import decoded, host_of
from sandbox.front.sessions import Session


@dataclass(frozen=True)
class Visit:
    """What somebody asks for; `path` is the decoded one, `target` the path and query as they were sent."""

    method: str
    host: str
    path: str
    target: str
    headers: tuple[tuple[str, str], ...]
    peer: str
    is_websocket: bool = False
    ray: str = field(default_factory=lambda: f"{secrets.token_hex(8)}-SBX")

    @classmethod
    def of(cls, scope: Scope, host: str) -> Visit:
        """From an ASGI scope; an ambiguous path raises `AmbiguousPathError`."""
        raw: bytes = scope.get("raw_path") or scope["path"].encode()
        query = scope["query_string"].decode("latin-1")
        return cls(
            method=scope.get("method", "GET"),
            host=host,
            path=decoded(raw),
            target=raw.decode("latin-1") + (f"?{query}" if query else ""),
            headers=headers_of(scope),
            peer=(scope.get("client") or ("127.0.0.1",))[0],
            is_websocket=scope["type"] == "websocket",
        )

    def header(self, name: str) -> str:
        return next((value for found, value in self.headers if found == name), "")

    def cookies(self, name: str) -> tuple[str, ...]:
        return cookies.values((value for found, value in self.headers if found == "cookie"), name)


def headers_of(scope: Scope) -> tuple[tuple[str, str], ...]:
    """Header names in lower case, and values."""
    return tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"])


def asked_host(scope: Scope) -> str | None:
    """The one host that a request names."""
    named = {value for name, value in headers_of(scope) if name == "host"}
    return host_of(named.pop()) if len(named) == 1 else None


def visit_of(request: Request) -> Visit:
    """The visit that a request at one of our own hosts is."""
    return Visit.of(request.scope, asked_host(request.scope) or "")


def circumstances(people: People, session: Session | None, peer: str) -> Circumstances:
    """From where a request comes: set per person in the sandbox, and never taken from the request's headers."""
    person = people.find(session.person) if session is not None else None
    known = people.anonymous if person is None else person.circumstances
    return Circumstances(known.country, known.ip or people.anonymous.ip or peer, known.postures)


def passing(objects: AccessObjects, named: Iterable[str] | None) -> tuple[str, ...]:
    """The ids of the posture rules that are named by id or name; of all where none are named at all."""
    if named is None:
        return tuple(objects.posture_rules)
    wanted = set(named)
    rules = objects.posture_rules.items()
    return tuple(rule_id for rule_id, rule in rules if rule_id in wanted or str(rule.get("name")) in wanted)
