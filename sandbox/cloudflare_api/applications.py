"""Access applications: one domain seen three ways, policies by reference, and a stable AUD."""

from __future__ import annotations

import re
import time

from sandbox.cloudflare_api.call import Call, Route, new_secret, new_uuid, route
from sandbox.cloudflare_api.document import Json, documents, misfit, texts, visible
from sandbox.cloudflare_api.envelope import Answer, Refusal, invalid
from sandbox.cloudflare_api.policies import check_duration, prepared_policy
from sandbox.cloudflare_api.table import Resource

HOSTED_TYPES = ("self_hosted", "ssh", "vnc", "rdp", "mcp_portal")
OTHER_TYPES = ("saas", "app_launcher", "warp", "biso", "bookmark", "dash_sso", "infrastructure", "mcp")
MOST_TAGS = 25
MOST_DOMAINS = 5


def _prepared(call: Call, body: Json, before: Json | None) -> Json:
    if body["type"] not in (*HOSTED_TYPES, *OTHER_TYPES, "proxy_endpoint"):
        raise invalid(f"unknown application type {body['type']}")
    check_duration(body.get("session_duration"))
    _check_references(call, body)
    # A body without `policies` leaves them as they are; only an empty list detaches them.
    policies = body["policies"] if "policies" in body else (before or {"policies": []})["policies"]
    document = {**body, "policies": _prepared_policies(call, policies)}
    document["tags"] = sorted(texts(body.get("tags")))
    document["aud"] = new_secret() if before is None else before["aud"]
    return {**document, **_places(call, body, before)} if body["type"] in HOSTED_TYPES else document


def _check_references(call: Call, body: Json) -> None:
    providers, tags = texts(body.get("allowed_idps")), texts(body.get("tags"))
    for provider in providers:
        if call.find("identity_providers", provider) is None:
            raise invalid(f"allowed_idps names {provider}, which does not exist")
    if body.get("auto_redirect_to_identity") and len(providers) != 1:
        raise invalid("auto_redirect_to_identity requires exactly one identity provider in allowed_idps")
    if len(tags) > MOST_TAGS:
        raise invalid(f"an application has at most {MOST_TAGS} tags")
    for tag in tags:
        if call.find("tags", tag) is None:
            raise invalid(f"tag {tag} does not exist")
    if body.get("cors_headers") and body.get("options_preflight_bypass"):
        raise invalid("options_preflight_bypass cannot be set together with cors_headers")


def _places(call: Call, body: Json, before: Json | None) -> Json:
    """`domain`, `self_hosted_domains` and `destinations`: three views of where the application stands."""
    domain = body.get("domain")
    destinations = list(documents(body.get("destinations")))
    if not destinations:
        uris = texts(body.get("self_hosted_domains")) or ((domain,) if domain else ())
        destinations = [{"type": "public", "uri": uri} for uri in uris]
    public = [str(one.get("uri", "")) for one in destinations if one.get("type", "public") == "public"]
    domain = domain or (public[0] if public else None)
    if not domain:
        raise invalid("domain is required")
    if public and domain not in public:
        raise invalid("domain must be one of the public destinations")
    if len(public) > MOST_DOMAINS:
        raise invalid(f"an application has at most {MOST_DOMAINS} domains")
    for uri in public:
        _check_domain(call, uri, before)
    return {"domain": domain, "self_hosted_domains": public, "destinations": destinations}


def _check_domain(call: Call, uri: str, before: Json | None) -> None:
    host, _, path = uri.partition("/")
    if not host or re.search(r"[\s:?#]", uri):
        raise invalid(f"domain {uri} must be a hostname and a path, without scheme, port, query or fragment")
    if any(label.count("*") > 1 for label in (*host.split("."), *path.split("/"))):
        raise invalid(f"domain {uri} has more than one wildcard between two dots or slashes")
    zone = call.world.zone_of_hostname(host, call.account.id)
    if zone is None or (call.zone is not None and zone.id != call.zone.id):
        raise invalid(f"domain {uri} does not belong to a zone of this account")
    own = None if before is None else before["id"]
    for app in call.store.all("applications"):
        taken = [one.lower() for one in texts(app.get("self_hosted_domains"))]
        if app["id"] != own and uri.lower() in taken:
            raise Refusal(409, 11010, "access.api.error.application_already_exists")


def _prepared_policies(call: Call, entries: list[str | Json]) -> list[Json]:
    """Policies by reference as `{id, precedence}`, and those written inside the application in full."""
    prepared: list[Json] = []
    last = 0
    for sent in entries:
        entry = {"id": sent} if isinstance(sent, str) else dict(sent)
        wrong = misfit(entry, {"id": "a text", "name": "a text", "precedence": "a number"})
        if wrong is not None:
            raise invalid(f"policies: {wrong}")
        last = int(entry.get("precedence") or last + 1)
        if "decision" in entry:
            own = {"session_duration": "24h", **entry, "id": entry.get("id") or new_uuid(entry)}
            prepared.append({**prepared_policy(call, own, None), "precedence": last, "reusable": False})
        elif call.find("policies", entry.get("id")) is not None:
            prepared.append({"id": entry["id"], "precedence": last})
        else:
            raise invalid(f"policy {entry.get('id')} does not exist")
    if len({one["precedence"] for one in prepared}) != len(prepared):
        raise invalid("policy precedences must be unique")
    return sorted(prepared, key=lambda one: int(one["precedence"]))


def expanded_policies(call: Call, app: Json) -> list[Json]:
    """The policies of an application in full, each with its precedence here."""
    return [
        {**visible(call.find("policies", entry["id"]) or entry), "precedence": entry["precedence"]}
        for entry in documents(app.get("policies"))
    ]


def _show(call: Call, app: Json) -> Json:
    return {**visible(app), "policies": expanded_policies(call, app)}


def _revoke(call: Call) -> Answer:
    """Tokens carry whole seconds: one of this very second is revoked as well."""
    own = str(APPLICATIONS.find(call)["id"])
    call.store.put("revocations", call.scope, own, {"id": own, "at": int(time.time())})
    return Answer({}, 202)


APPLICATIONS = Resource(
    collection="applications",
    path="access/apps",
    scopes=("accounts", "zones"),
    required=("name", "type"),
    fields={
        "domain": "a text",
        "destinations": "a list of objects",
        "self_hosted_domains": "a list of texts",
        "policies": "a list of texts or objects",
        "allowed_idps": "a list of texts",
        "tags": "a list of texts",
        "session_duration": "a text",
        "cors_headers": "an object",
        "auto_redirect_to_identity": "a flag",
        "options_preflight_bypass": "a flag",
    },
    defaults={
        "type": "self_hosted",
        "session_duration": "24h",
        "app_launcher_visible": True,
        "http_only_cookie_attribute": True,
        "auto_redirect_to_identity": False,
        "enable_binding_cookie": False,
        "options_preflight_bypass": False,
        "allowed_idps": [],
    },
    computed=("id", "aud", "created_at", "updated_at"),
    prepare=_prepared,
    show=_show,
    filters=("name", "domain", "aud"),
)

ROUTES: tuple[Route, ...] = tuple(
    route("POST", f"{scope}/{{{scope}}}/access/apps/{{id}}/revoke_tokens", _revoke) for scope in ("accounts", "zones")
)
