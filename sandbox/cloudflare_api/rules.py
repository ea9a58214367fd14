"""Validation of Access rules: the lists `include`, `exclude` and `require` of policies and groups.

An element holds exactly one selector with the payload that Cloudflare documents for it. References to groups,
identity providers, service tokens and posture rules are followed, since a dangling one is refused.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field

from sandbox.cloudflare_api.call import Call
from sandbox.cloudflare_api.document import Json, misfit, section
from sandbox.cloudflare_api.envelope import invalid

RULE_LISTS = ("include", "exclude", "require")


@dataclass(frozen=True)
class Selector:
    """The payload keys of a selector, what they refer to, and what it needs of a visitor."""

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    references: dict[str, str] = field(default_factory=dict)
    identity: bool = False
    machine: bool = False


def _of_provider(*keys: str, optional: tuple[str, ...] = ()) -> Selector:
    provider = {"identity_provider_id": "identity_providers"}
    return Selector((*keys, "identity_provider_id"), optional, provider, identity=True)


SELECTORS: dict[str, Selector] = {
    "any_valid_service_token": Selector(machine=True),
    "auth_context": _of_provider("id", "ac_id"),
    "auth_method": Selector(("auth_method",), identity=True),
    "azureAD": _of_provider("id"),
    "certificate": Selector(),
    "cloudflare_account_member": Selector(optional=("account_id",), identity=True),
    "common_name": Selector(("common_name",)),
    "device_posture": Selector(("integration_uid",), ("account_id",), {"integration_uid": "posture_rules"}),
    "email": Selector(("email",), identity=True),
    "email_domain": Selector(("domain",), identity=True),
    "email_list": Selector(("id",), identity=True),
    "everyone": Selector(),
    "external_evaluation": Selector(("evaluate_url", "keys_url"), identity=True),
    "geo": Selector(("country_code",)),
    "github-organization": _of_provider("name", optional=("team",)),
    "group": Selector(("id",), (), {"id": "groups"}),
    "gsuite": _of_provider("email"),
    "ip": Selector(("ip",)),
    "ip_list": Selector(("id",)),
    "linked_app_token": Selector(("app_uid",), (), {"app_uid": "applications"}, machine=True),
    "login_method": Selector(("id",), (), {"id": "identity_providers"}, identity=True),
    "oidc": _of_provider("claim_name", "claim_value"),
    "okta": _of_provider("name"),
    "saml": _of_provider("attribute_name", "attribute_value"),
    "service_token": Selector(("token_id",), (), {"token_id": "service_tokens"}, machine=True),
    "user_risk_score": Selector(("user_risk_score",), identity=True),
}


def prepared_rules(call: Call, body: Json, decision: str | None = None) -> Json:
    """The three rule lists of a policy (with its decision) or a group, checked and in stored form."""
    lists = {}
    for name in RULE_LISTS:
        lists[name] = [_prepared(call, name, element, decision) for element in body.get(name) or []]
    if not lists["include"]:
        raise invalid("at least one include rule is required")
    return lists


def refers_to(document: Json, selector: str, key: str, object_id: str) -> bool:
    """Whether a policy or group has a rule with that selector and reference."""
    return any(section(element, selector).get(key) == object_id for name in RULE_LISTS for element in document[name])


def _prepared(call: Call, name: str, element: Json, decision: str | None) -> Json:
    if len(element) != 1:
        raise invalid(f"invalid {name} rule: an element holds exactly one selector")
    ((kind, payload),) = element.items()
    selector = SELECTORS.get(kind)
    if selector is None:
        raise invalid(f"invalid {name} rule: unknown selector {kind}")
    if not isinstance(payload, dict):
        raise invalid(f"invalid {name} rule: {kind} must be an object")
    if decision == "bypass" and (selector.identity or selector.machine):
        raise invalid(f"invalid {name} rule: {kind} cannot be used in a bypass policy")
    if decision in ("allow", "deny") and selector.machine:
        raise invalid(f"invalid {name} rule: {kind} needs a policy with decision non_identity")
    return {kind: _payload(call, name, kind, selector, payload)}


def _payload(call: Call, name: str, kind: str, selector: Selector, payload: Json) -> Json:
    for key in selector.required:
        if payload.get(key) in (None, "", []):
            raise invalid(f"invalid {name} rule: {kind} requires {key}")
    for key in payload:
        if key not in (*selector.required, *selector.optional):
            raise invalid(f"invalid {name} rule: {kind} has no {key}")
    wrong = misfit(payload, {key: "a text" for key in payload if key != "user_risk_score"})
    if wrong is not None:
        raise invalid(f"invalid {name} rule: {kind}.{wrong}")
    for key, collection in selector.references.items():
        if call.find(collection, payload[key]) is None:
            raise invalid(f"invalid {name} rule: {kind} refers to {payload[key]}, which does not exist")
    if kind == "ip":
        return {"ip": _network(name, str(payload["ip"]))}
    if kind == "geo" and not re.fullmatch("[A-Z][A-Z0-9]", str(payload["country_code"])):
        raise invalid(f"invalid {name} rule: geo requires a two-letter country_code")
    if kind == "email" and "@" not in str(payload["email"]):
        raise invalid(f"invalid {name} rule: email must be an e-mail address")
    return payload


def _network(name: str, text: str) -> str:
    """A bare address comes back as a network of one, as the real API does it."""
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise invalid(f"invalid {name} rule: ip must be an address or a CIDR range") from None
    return text if "/" in text else str(network)
