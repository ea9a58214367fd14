"""A small world for Access evaluation: identity providers, visitors, and rules in few words."""

from __future__ import annotations

from typing import Any

from sandbox.cloudflare_api.access import AccessObjects, Outcome, Request, Visitor, evaluate

Json = dict[str, Any]
ALLOW, DENY = "allow", "deny"
EVERYONE = {"everyone": {}}
TOKEN = {"service_token": {"token_id": "export"}}
ANY_TOKEN = {"any_valid_service_token": {}}

PROVIDERS = [
    {"id": "google", "type": "google-apps", "config": {"claims": ["team"]}},
    {"id": "entra", "type": "azureAD", "config": {"support_groups": True}},
    {"id": "entra-bare", "type": "azureAD", "config": {}},
    {"id": "okta", "type": "okta", "config": {}},
    {"id": "oidc", "type": "oidc", "config": {"claims": ["employment"]}},
    {"id": "saml", "type": "saml", "config": {"attributes": ["unit"]}},
    {"id": "github", "type": "github", "config": {}},
    {"id": "pin", "type": "onetimepin", "config": {}},
]
ANN = Visitor(
    idp_id="google",
    email="ann@example.com",
    groups=("marketing@example.com",),
    claims={"team": ("blue", "green"), "secretly": ("yes",)},
    auth_methods=("pwd", "mfa"),
    country="JP",
    ip="192.0.2.7",
    postures=("laptop",),
)
NOBODY = Visitor(country="JP", ip="192.0.2.7", postures=("laptop",))
ROBOT = Visitor(service_token_id="export")


def email(address: str) -> Json:
    return {"email": {"email": address}}


def country(code: str) -> Json:
    return {"geo": {"country_code": code}}


def group(name: str) -> Json:
    return {"group": {"id": name}}


def of(kind: str, provider: str, **payload: str) -> Json:
    return {kind: {"identity_provider_id": provider, **payload}}


def policy(decision: str, *include: Json, require: tuple[Json, ...] = (), exclude: tuple[Json, ...] = ()) -> Json:
    return {"decision": decision, "include": list(include), "require": list(require), "exclude": list(exclude)}


def decided(*policies: Json, who: Visitor = ANN, idps: tuple[str, ...] = (), groups: tuple[Json, ...] = ()) -> Outcome:
    """The outcome at one application with those policies, in that order, ids `p1`, `p2`, …"""
    numbered = [{"id": f"p{number}", "name": f"p{number}", **one} for number, one in enumerate(policies, start=1)]
    app = {
        "id": "app",
        "domain": "apps.example.com",
        "allowed_idps": list(idps),
        "policies": [{"id": one["id"], "precedence": number} for number, one in enumerate(numbered, start=1)],
    }
    objects = AccessObjects.of(
        applications=[app],
        policies=numbered,
        groups=groups,
        identity_providers=PROVIDERS,
        service_tokens=[{"id": "export"}],
        posture_rules=[{"id": "laptop"}],
    )
    return evaluate(objects, who, Request("apps.example.com"))
