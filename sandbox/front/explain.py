"""Why an application refused somebody, policy by policy, in words."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.cloudflare_api.access import AccessObjects, Visitor, policies_of
from sandbox.cloudflare_api.access.selectors import holds
from sandbox.cloudflare_api.document import Json, documents

DECISIONS = {"allow": "Allow", "deny": "Block", "bypass": "Bypass", "non_identity": "Service Auth"}


@dataclass(frozen=True)
class Finding:
    """What one policy said."""

    policy: str
    action: str
    sentence: str


def findings(objects: AccessObjects, application: Json, visitor: Visitor) -> tuple[Finding, ...]:
    """One finding per policy that a person can meet, in the order of evaluation; none where they cannot be read."""
    try:
        return _findings(objects, policies_of(objects, application), visitor)
    except (KeyError, TypeError, ValueError):
        return ()


def _findings(objects: AccessObjects, policies: list[Json], visitor: Visitor) -> tuple[Finding, ...]:
    ordered = sorted(policies, key=lambda policy: int(policy["precedence"]))
    people = [policy for policy in ordered if policy["decision"] in ("allow", "deny")]
    return tuple(
        Finding(str(policy.get("name") or policy["id"]), DECISIONS[policy["decision"]], _said(objects, visitor, policy))
        for policy in people
    )


def _said(objects: AccessObjects, visitor: Visitor, policy: Json) -> str:
    include, require, exclude = (documents(policy.get(name)) for name in ("include", "require", "exclude"))
    hit = [one for one in exclude if holds(objects, visitor, one) is not False]
    missing = [one for one in require if holds(objects, visitor, one) is not True]
    if not any(holds(objects, visitor, one) is True for one in include):
        return f"It is for {_listed(objects, include, 'or')}"
    if missing:
        return f"It also requires {_listed(objects, missing, 'and')}"
    if hit:
        return f"It leaves out {_listed(objects, hit, 'and')}"
    return "It matches"


def _listed(objects: AccessObjects, elements: tuple[Json, ...] | list[Json], word: str) -> str:
    phrases = list(dict.fromkeys(phrase(objects, element) for element in elements))
    shown = phrases if len(phrases) <= 4 else [*phrases[:3], f"{len(phrases) - 3} more"]
    return f" {word} ".join(filter(None, (", ".join(shown[:-1]), shown[-1]))) if shown else "nobody"


def phrase(objects: AccessObjects, element: Json) -> str:
    """One rule in words."""
    if len(element) != 1:
        return "a rule that cannot be read"
    ((kind, payload),) = element.items()
    named = {
        "group": (objects.groups, "id", "the group"),
        "login_method": (objects.identity_providers, "id", "a login by"),
        "device_posture": (objects.posture_rules, "integration_uid", "the device check"),
        "service_token": (objects.service_tokens, "token_id", "the service token"),
    }
    if kind in named:
        rows, key, word = named[kind]
        return f"{word} {rows.get(str(payload.get(key)), {}).get('name') or payload.get(key)}"
    written = _WORDS.get(kind)
    return written.format_map(payload) if written else kind.replace("_", " ")


_WORDS = {
    "everyone": "everyone",
    "email": "{email}",
    "email_domain": "addresses at {domain}",
    "gsuite": "the Google group {email}",
    "azureAD": "the Entra group {id}",
    "okta": "the Okta group {name}",
    "github-organization": "the GitHub organization {name}",
    "oidc": "people whose {claim_name} is {claim_value}",
    "saml": "people whose {attribute_name} is {attribute_value}",
    "geo": "requests from {country_code}",
    "ip": "requests from {ip}",
    "auth_method": "a login with {auth_method}",
}
