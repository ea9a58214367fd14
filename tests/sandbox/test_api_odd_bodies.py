"""Whatever stands in a body, the API stores it or refuses it with a 4xx: it has no way to break."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.cloudflare_api import Store
from sandbox.cloudflare_api.envelope import Refusal
from sandbox.cloudflare_api.router import Request, answer

from .conftest import ACCOUNT, TOKEN, WORLD, ZONE

ODD = (None, 0, -1, 1.5, True, "", "x", [], {}, [None], [1], ["x"], [{}], {"x": None}, {"a": {"b": [1]}})
ACCESS = f"/accounts/{ACCOUNT}/access"
EVERYONE: list[dict[str, Any]] = [{"everyone": {}}]
RULES = {
    "include": [{"email": {"email": "ann@example.com"}}, {"group": {"id": "absent"}}],
    "exclude": [{"ip": {"ip": "192.0.2.1"}}],
    "require": [{"geo": {"country_code": "JP"}}, {"user_risk_score": {"user_risk_score": ["low"]}}],
}
TUNNEL = {"id": "tunnel", "name": "t", "deleted_at": None, "connections": [], "conns_active_at": None}
ACCESS_TO = {"access": {"required": True, "audTag": ["x"], "teamName": "t"}}
BODIES: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", f"/accounts/{ACCOUNT}/cfd_tunnel", {"name": "n", "config_src": "cloudflare", "tunnel_secret": "x"}),
    (
        "POST",
        f"/zones/{ZONE}/dns_records",
        {"name": "n", "type": "A", "content": "192.0.2.1", "ttl": 1, "proxied": True, "comment": "c", "tags": ["t"]},
    ),
    (
        "POST",
        f"{ACCESS}/apps",
        {
            "name": "n",
            "type": "self_hosted",
            "domain": "n.example.com",
            "destinations": [{"type": "public", "uri": "n.example.com"}],
            "self_hosted_domains": ["n.example.com"],
            "policies": [{"name": "own", "decision": "allow", "include": EVERYONE, "precedence": 1}],
            "allowed_idps": ["absent"],
            "tags": ["absent"],
            "session_duration": "1h",
            "auto_redirect_to_identity": False,
        },
    ),
    ("POST", f"{ACCESS}/policies", {"name": "n", "decision": "allow", "session_duration": "1h", **RULES}),
    ("POST", f"{ACCESS}/groups", {"name": "n", **RULES}),
    (
        "POST",
        f"{ACCESS}/identity_providers",
        {
            "name": "n",
            "type": "okta",
            "config": {"client_id": "c", "client_secret": "s", "okta_account": "o", "claims": ["c"]},
        },
    ),
    ("POST", f"{ACCESS}/service_tokens", {"name": "n", "duration": "1h", "client_secret_version": 1}),
    ("POST", f"{ACCESS}/tags", {"name": "n"}),
    ("POST", f"{ACCESS}/policy-tests", {"policies": [{"name": "n", "decision": "allow", "include": EVERYONE}]}),
    ("PUT", f"{ACCESS}/organizations", {"name": "n", "session_duration": "1h", "auth_domain": "x"}),
    (
        "POST",
        f"/accounts/{ACCOUNT}/devices/posture",
        {"name": "n", "type": "warp", "match": [{"platform": "mac"}], "input": {}},
    ),
    ("PATCH", f"/zones/{ZONE}/settings/always_use_https", {"value": "on"}),
    (
        "PUT",
        f"/accounts/{ACCOUNT}/cfd_tunnel/tunnel/configurations",
        {
            "config": {
                "ingress": [
                    {"hostname": "a", "path": "/x", "service": "http://a", "originRequest": ACCESS_TO},
                    {"service": "http_status:404"},
                ]
            }
        },
    ),
]


def spots(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value inside a JSON value."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield (*path, key)
        yield from spots(child, (*path, key))


def with_odd(body: dict[str, Any], path: tuple[Any, ...], odd: object) -> dict[str, Any]:
    changed = copy.deepcopy(body)
    holder: Any = changed
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = odd
    return changed


@pytest.mark.parametrize(("method", "path", "body"), BODIES, ids=lambda one: str(one).rpartition("/")[2])
def test_odd_values_are_stored_or_refused(method: str, path: str, body: dict[str, Any]) -> None:
    for spot in spots(body):
        for odd in ODD:
            store = Store()
            store.put("tunnels", f"accounts/{ACCOUNT}", "tunnel", TUNNEL)
            content = json.dumps(with_odd(body, spot, odd)).encode()
            try:
                answer(store, WORLD, Request(method, path, {}, f"Bearer {TOKEN}", content))
            except Refusal as refusal:
                assert 400 <= refusal.status < 500
            read = Request("GET", path, {}, f"Bearer {TOKEN}", b"")
            if method == "POST" and not path.endswith("policy-tests"):
                answer(store, WORLD, read)
