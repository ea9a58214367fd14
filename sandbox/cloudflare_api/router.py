"""From a method and a path to an operation: authentication, scope, and Cloudflare's answer to a wrong turn."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from sandbox.cloudflare_api import (
    applications,
    dns,
    identities,
    organization,
    policies,
    policy_tests,
    posture,
    tunnels,
    zones,
)
from sandbox.cloudflare_api.call import Call, Route
from sandbox.cloudflare_api.document import Json
from sandbox.cloudflare_api.envelope import Answer, Refusal
from sandbox.cloudflare_api.store import Store
from sandbox.cloudflare_api.world import Account, Token, World, Zone

RESOURCES = (
    tunnels.TUNNELS,
    dns.DNS_RECORDS,
    applications.APPLICATIONS,
    policies.POLICIES,
    policies.GROUPS,
    identities.IDENTITY_PROVIDERS,
    identities.SERVICE_TOKENS,
    identities.TAGS,
    posture.POSTURE_RULES,
)
MODULES = (tunnels, dns, applications, identities, organization, zones, policy_tests)
# The special routes come first: where a table row offers the same method and path, they win.
ROUTES: tuple[Route, ...] = (
    *(one for module in MODULES for one in module.ROUTES),
    *(one for resource in RESOURCES for one in resource.routes()),
)
IDENTIFIER = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True)
class Request:
    """A request below `/client/v4`, before anything is known about it."""

    method: str
    path: str
    query: Mapping[str, str]
    authorization: str
    body: bytes


def answer(store: Store, world: World, request: Request) -> Answer:
    """Do what the request asks, or raise the refusal. The store is not committed here."""
    segments = tuple(unquote(one) for one in request.path.strip("/").split("/"))
    chosen, ids = _route(request, segments)
    token = _token(world, request, segments)
    account, zone = _place(world, token, request.path, ids)
    call = Call(store, world, token, account, zone, ids, request.query, _body(request))
    return chosen.run(call)


def _route(request: Request, segments: tuple[str, ...]) -> tuple[Route, dict[str, str]]:
    methods = []
    for candidate in ROUTES:
        ids = _match(candidate.path, segments)
        if ids is not None and candidate.method == request.method:
            return candidate, ids
        if ids is not None:
            methods.append(candidate.method)
    if methods:
        raise Refusal(405, 10405, "Method not allowed for this endpoint")
    raise _no_route(request.path)


def _match(pattern: tuple[str, ...], segments: tuple[str, ...]) -> dict[str, str] | None:
    if len(pattern) != len(segments):
        return None
    ids = {}
    for expected, found in zip(pattern, segments, strict=True):
        if expected.startswith("{"):
            ids[expected[1:-1]] = found
        elif expected != found:
            return None
    return ids


def _no_route(path: str) -> Refusal:
    return Refusal(404, 7003, f"Could not route to {path}, perhaps your object identifier is invalid?")


def _token(world: World, request: Request, segments: tuple[str, ...]) -> Token:
    scheme, _, value = request.authorization.partition(" ")
    if not value or scheme.lower() != "bearer":
        raise Refusal(401, 10001, "Unable to authenticate request")
    token = world.token(value.strip())
    if token is None and segments[-2:] == ("tokens", "verify"):
        raise Refusal(401, 1000, "Invalid API Token")
    if token is None:
        raise Refusal(403, 10000, "Authentication error")
    return token


def _place(world: World, token: Token, path: str, ids: Mapping[str, str]) -> tuple[Account, Zone | None]:
    """The account and zone of the path. What the token cannot reach looks like what does not exist."""
    for identifier in (ids.get("accounts"), ids.get("zones")):
        if identifier is not None and not IDENTIFIER.fullmatch(identifier):
            raise _no_route(path)
    zone = world.zone(ids["zones"]) if "zones" in ids else None
    if "zones" in ids and (zone is None or zone.account not in token.accounts):
        raise Refusal(403, 9109, "Unauthorized to access requested resource")
    account_id = zone.account if zone is not None else ids.get("accounts", token.accounts[0])
    account = world.account(account_id)
    if account is None or account.id not in token.accounts:
        raise Refusal(403, 10000, "Authentication error")
    return account, zone


def _body(request: Request) -> Json:
    if not request.body or request.method in ("GET", "DELETE"):
        return {}
    try:
        body = json.loads(request.body)
    except ValueError:
        raise Refusal(400, 6007, "Malformed JSON in request body") from None
    if not isinstance(body, dict):
        raise Refusal(400, 6007, "The request body must be a JSON object")
    return body
