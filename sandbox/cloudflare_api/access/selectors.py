"""What each Access selector says about a visitor: it holds, it does not, or nobody here can tell.

"Nobody can tell" (lists by id, external evaluation, certificates, risk scores, …) lets nobody in: such a selector
never matches in an include or a require, and in an exclude it counts as a hit.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

from sandbox.cloudflare_api.access.objects import AccessObjects
from sandbox.cloudflare_api.access.visitor import Visitor
from sandbox.cloudflare_api.document import Json, section, texts

Verdict = bool | None
Question = Callable[[AccessObjects, Visitor, Json], Verdict]


def holds(objects: AccessObjects, visitor: Visitor, element: Json, path: tuple[str, ...] = ()) -> Verdict:
    """The verdict of one rule element; `None` where it cannot be told. `path` holds the groups above it."""
    if len(element) != 1:
        return None
    ((kind, payload),) = element.items()
    if kind == "group":
        return _group(objects, visitor, str(payload.get("id")), path)
    question = QUESTIONS.get(kind)
    return None if question is None else question(objects, visitor, payload)


def matches(objects: AccessObjects, visitor: Visitor, rules: Json, path: tuple[str, ...] = ()) -> bool:
    """Any include, and every require, and no exclude."""
    include = rules.get("include") or []
    require = rules.get("require") or []
    exclude = rules.get("exclude") or []
    return (
        any(holds(objects, visitor, one, path) is True for one in include)
        and all(holds(objects, visitor, one, path) is True for one in require)
        and all(holds(objects, visitor, one, path) is False for one in exclude)
    )


def _group(objects: AccessObjects, visitor: Visitor, group_id: str, path: tuple[str, ...]) -> Verdict:
    """Groups nest; one that contains itself adds nobody by doing so."""
    group = objects.groups.get(group_id)
    if group is None:
        return None
    return group_id not in path and matches(objects, visitor, group, (*path, group_id))


def _everyone(_: AccessObjects, __: Visitor, ___: Json) -> Verdict:
    return True


def _email(_: AccessObjects, visitor: Visitor, payload: Json) -> Verdict:
    # Not `casefold`: for it `straße@example.com` and `strasse@example.com` are one person.
    return bool(visitor.email) and visitor.email.lower() == str(payload["email"]).lower()


def _email_domain(_: AccessObjects, visitor: Visitor, payload: Json) -> Verdict:
    domain = str(payload["domain"]).removeprefix("@").lower()
    return visitor.email.lower().rpartition("@")[2] == domain if "@" in visitor.email else False


def _login_method(_: AccessObjects, visitor: Visitor, payload: Json) -> Verdict:
    return visitor.idp_id == str(payload["id"])


def _auth_method(_: AccessObjects, visitor: Visitor, payload: Json) -> Verdict:
    return payload["auth_method"] in visitor.auth_methods


def _asserted(objects: AccessObjects, visitor: Visitor, payload: Json, *kinds: str) -> Json | None:
    """The visitor's provider, if the rule is about it and it is of a kind that can say such a thing."""
    provider = objects.identity_providers.get(str(payload.get("identity_provider_id")))
    if provider is None or provider["id"] != visitor.idp_id or provider["type"] not in kinds:
        return None
    return provider


def _gsuite(objects: AccessObjects, visitor: Visitor, payload: Json) -> Verdict:
    if _asserted(objects, visitor, payload, "google-apps") is None:
        return False
    return str(payload["email"]).lower() in {name.lower() for name in visitor.groups}


def _azure(objects: AccessObjects, visitor: Visitor, payload: Json) -> Verdict:
    """Entra ID reports groups only to a provider with `support_groups`."""
    provider = _asserted(objects, visitor, payload, "azureAD")
    groups = provider is not None and bool(section(provider, "config").get("support_groups"))
    return groups and payload["id"] in visitor.groups


def _okta(objects: AccessObjects, visitor: Visitor, payload: Json) -> Verdict:
    return _asserted(objects, visitor, payload, "okta") is not None and payload["name"] in visitor.groups


def _github(objects: AccessObjects, visitor: Visitor, payload: Json) -> Verdict:
    team = payload.get("team")
    name = f"{payload['name']}/{team}" if team else payload["name"]
    return _asserted(objects, visitor, payload, "github") is not None and name in visitor.groups


def _oidc(objects: AccessObjects, visitor: Visitor, payload: Json) -> Verdict:
    """A claim has to be asked of the provider (`config.claims`); of several values each one counts."""
    provider = _asserted(objects, visitor, payload, "oidc", "azureAD", "google", "google-apps", "okta")
    name = str(payload["claim_name"])
    if provider is None or name not in texts(section(provider, "config").get("claims")):
        return False
    return payload["claim_value"] in visitor.claims.get(name, ())


def _saml(objects: AccessObjects, visitor: Visitor, payload: Json) -> Verdict:
    provider = _asserted(objects, visitor, payload, "saml")
    name = str(payload["attribute_name"])
    if provider is None or name not in texts(section(provider, "config").get("attributes")):
        return False
    return payload["attribute_value"] in visitor.claims.get(name, ())


def _geo(_: AccessObjects, visitor: Visitor, payload: Json) -> Verdict:
    return visitor.country is not None and visitor.country.upper() == str(payload["country_code"]).upper()


def _ip(_: AccessObjects, visitor: Visitor, payload: Json) -> Verdict:
    if visitor.ip is None:
        return False
    return ipaddress.ip_address(visitor.ip) in ipaddress.ip_network(str(payload["ip"]), strict=False)


def _device_posture(_: AccessObjects, visitor: Visitor, payload: Json) -> Verdict:
    return payload["integration_uid"] in visitor.postures


def _service_token(objects: AccessObjects, visitor: Visitor, payload: Json) -> Verdict:
    return visitor.service_token_id == payload["token_id"] and payload["token_id"] in objects.service_tokens


def _any_service_token(objects: AccessObjects, visitor: Visitor, _: Json) -> Verdict:
    return visitor.service_token_id in objects.service_tokens


QUESTIONS: dict[str, Question] = {
    "any_valid_service_token": _any_service_token,
    "auth_method": _auth_method,
    "azureAD": _azure,
    "device_posture": _device_posture,
    "email": _email,
    "email_domain": _email_domain,
    "everyone": _everyone,
    "geo": _geo,
    "github-organization": _github,
    "gsuite": _gsuite,
    "ip": _ip,
    "login_method": _login_method,
    "oidc": _oidc,
    "okta": _okta,
    "saml": _saml,
    "service_token": _service_token,
}
