"""Identity providers, service tokens and tags of Access."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from sandbox.cloudflare_api.call import Call, Route, new_hex, new_secret, now, route, timestamp
from sandbox.cloudflare_api.document import Json, misfit, section, texts, visible
from sandbox.cloudflare_api.envelope import Answer, invalid
from sandbox.cloudflare_api.policies import rule_user
from sandbox.cloudflare_api.rules import SELECTORS
from sandbox.cloudflare_api.table import Resource

# What each kind of provider cannot log anybody in without.
PROVIDER_CONFIG: dict[str, tuple[str, ...]] = {
    "onetimepin": (),
    "azureAD": ("client_id", "client_secret", "directory_id"),
    "centrify": ("client_id", "client_secret", "centrify_account", "centrify_app_id"),
    "facebook": ("client_id", "client_secret"),
    "github": ("client_id", "client_secret"),
    "google": ("client_id", "client_secret"),
    "google-apps": ("client_id", "client_secret", "apps_domain"),
    "linkedin": ("client_id", "client_secret"),
    "oidc": ("client_id", "client_secret", "auth_url", "token_url", "certs_url"),
    "okta": ("client_id", "client_secret", "okta_account"),
    "onelogin": ("client_id", "client_secret", "onelogin_account"),
    "pingone": ("client_id", "client_secret", "ping_env_id"),
    "saml": ("issuer_url", "sso_target_url"),
    "yandex": ("client_id", "client_secret"),
}
CONFIG_LISTS = dict.fromkeys(("attributes", "claims", "idp_public_certs", "scopes"), "a list of texts")
HOURS = re.compile(r"(\d+)h")
FOREVER = timedelta(days=100 * 365)


def _prepared_provider(call: Call, body: Json, before: Json | None) -> Json:
    kind = body["type"]
    if kind not in PROVIDER_CONFIG:
        raise invalid(f"unknown identity provider type {kind}")
    if before is not None and before["type"] != kind:
        raise invalid("the type of an identity provider cannot be changed")
    # A secret that is not sent again stays, since nobody can read it back in order to send it.
    config = {**section(body, "config")}
    if before is not None and "client_secret" in section(before, "config"):
        config.setdefault("client_secret", before["config"]["client_secret"])
    wrong = misfit(config, {**dict.fromkeys(PROVIDER_CONFIG[kind], "a text"), **CONFIG_LISTS})
    if wrong is not None:
        raise invalid(f"config.{wrong}")
    for key in PROVIDER_CONFIG[kind]:
        if not config.get(key):
            raise invalid(f"config.{key} is required for {kind}")
    if kind == "onetimepin":
        others = call.store.all("identity_providers", call.scope)
        if before is None and any(one["type"] == kind for one in others):
            raise invalid("a one-time PIN identity provider already exists")
        config["redirect_url"] = f"https://{call.account.auth_domain}/cdn-cgi/access/callback"
    return {**body, "config": config}


def _show_provider(_: Call, provider: Json) -> Json:
    config = {key: value for key, value in section(provider, "config").items() if key != "client_secret"}
    return {**visible(provider), "config": config}


def _provider_user(call: Call, provider: Json) -> str | None:
    for app in call.store.all("applications"):
        if provider["id"] in texts(app.get("allowed_idps")):
            return f"application {app['name']}"
    return _named_in_a_rule(call, "identity_providers", str(provider["id"]))


def _named_in_a_rule(call: Call, collection: str, object_id: str) -> str | None:
    users = (
        rule_user(call, name, key, object_id)
        for name, selector in SELECTORS.items()
        for key, target in selector.references.items()
        if target == collection
    )
    return next((user for user in users if user is not None), None)


def _prepared_token(_: Call, body: Json, before: Json | None) -> Json:
    """A first secret, and a new one when `client_secret_version` rises; an expiry that follows the duration."""
    version, duration = body.get("client_secret_version"), body["duration"]
    if before is None:
        made = {"client_id": f"{new_hex(body)}.access", "client_secret_version": int(version or 1)}
        return {**body, **made, "expires_at": _expiry(duration), "_client_secret": new_secret()}
    kept = {key: before[key] for key in ("client_id", "client_secret_version", "expires_at", "_client_secret")}
    if version is not None and version > before["client_secret_version"]:
        kept |= {"client_secret_version": int(version), "_client_secret": new_secret()}
    if duration != before["duration"]:
        kept["expires_at"] = _expiry(duration)
    return {**body, **kept}


def _expiry(duration: object) -> str:
    hours = HOURS.fullmatch(str(duration))
    if duration != "forever" and hours is None:
        raise invalid("duration must be a number of hours such as 8760h, or forever")
    return timestamp(datetime.now(UTC) + (FOREVER if hours is None else timedelta(hours=int(hours[1]))))


def _show_secret(_: Call, token: Json) -> Json:
    return {**visible(token), "client_secret": token["_client_secret"]}


def _replace_token(call: Call) -> Answer:
    """A PUT shows the secret only when a raised `client_secret_version` made a new one."""
    before = SERVICE_TOKENS.find(call)
    answer = SERVICE_TOKENS.replace(call)
    after = SERVICE_TOKENS.find(call)
    rotated = after["_client_secret"] != before["_client_secret"]
    return Answer(_show_secret(call, after)) if rotated else answer


def _rotate(call: Call) -> Answer:
    token = SERVICE_TOKENS.find(call)
    version = int(token["client_secret_version"]) + 1
    fresh = {**token, "_client_secret": new_secret(), "client_secret_version": version, "updated_at": now()}
    call.store.put("service_tokens", call.scope, str(token["id"]), fresh)
    return Answer(_show_secret(call, fresh))


def _refresh(call: Call) -> Answer:
    token = SERVICE_TOKENS.find(call)
    fresh = {**token, "expires_at": _expiry(token["duration"]), "updated_at": now()}
    call.store.put("service_tokens", call.scope, str(token["id"]), fresh)
    return Answer(visible(fresh))


def _token_user(call: Call, token: Json) -> str | None:
    return _named_in_a_rule(call, "service_tokens", str(token["id"]))


def _prepared_tag(call: Call, body: Json, before: Json | None) -> Json:
    name = str(body["name"])
    if len(name) > 35:
        raise invalid("a tag has at most 35 characters")
    if before is None and call.find("tags", name) is not None:
        raise invalid(f"tag {name} already exists")
    if before is not None and before["name"] != name:
        raise invalid("a tag cannot be renamed")
    return body


def _tagged(call: Call, tag: Json) -> list[Json]:
    return [app for app in call.store.all("applications") if tag["name"] in texts(app.get("tags"))]


def _show_tag(call: Call, tag: Json) -> Json:
    return {**visible(tag), "app_count": len(_tagged(call, tag))}


def _tag_user(call: Call, tag: Json) -> str | None:
    apps = _tagged(call, tag)
    return f"application {apps[0]['name']}" if apps else None


BOTH = ("accounts", "zones")

IDENTITY_PROVIDERS = Resource(
    collection="identity_providers",
    path="access/identity_providers",
    scopes=BOTH,
    required=("name", "type"),
    fields={"config": "an object", "scim_config": "an object"},
    defaults={"config": {}},
    computed=("id", "created_at", "updated_at"),
    prepare=_prepared_provider,
    show=_show_provider,
    used_by=_provider_user,
    stamps=None,
)

SERVICE_TOKENS = Resource(
    collection="service_tokens",
    path="access/service_tokens",
    scopes=BOTH,
    fields={"duration": "a text", "client_secret_version": "a number"},
    defaults={"duration": "8760h"},
    computed=("id", "client_id", "client_secret", "expires_at", "created_at", "updated_at"),
    prepare=_prepared_token,
    show_created=_show_secret,
    used_by=_token_user,
    removed_status=200,
    updates=(),
)

TAGS = Resource(
    collection="tags",
    path="access/tags",
    computed=("app_count", "created_at", "updated_at"),
    prepare=_prepared_tag,
    show=_show_tag,
    used_by=_tag_user,
    id_key="name",
)

ROUTES: tuple[Route, ...] = tuple(
    route(method, f"{scope}/{{{scope}}}/access/service_tokens/{{id}}{tail}", run)
    for scope in BOTH
    for method, tail, run in (
        ("PUT", "", _replace_token),
        ("POST", "/rotate", _rotate),
        ("POST", "/refresh", _refresh),
    )
)
