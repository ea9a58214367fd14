"""Rules: what includes, requirements and exclusions are made of, in the words of the Cloudflare SDK.

An element of include, exclude or require holds exactly one selector. Rules are sets at Cloudflare, so each selector
appears once and in an order that does not depend on the file's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.estate import Claim, Condition, Countries, Department, Devices, Emails, Group, Members, Mfa, Networks
from infra.policies import AnyOf, Policy, canonical

# An id is text or an Output that will be: this module passes it on and looks no further. A selector is a document of
# the vendor's with one key; the SDK has a class of its own for each place where it can stand.
Id = Any
Selector = dict[str, Any]

EVERYONE: Selector = {"everyone": {}}


@dataclass(frozen=True)
class Ids:
    """Cloudflare's ids of what rules refer to, by name."""

    providers: Mapping[str, Id] = field(default_factory=dict)
    departments: Mapping[str, Id] = field(default_factory=dict)
    machines: Mapping[str, Id] = field(default_factory=dict)
    devices: Mapping[str, Id] = field(default_factory=dict)
    any_of: Mapping[str, Id] = field(default_factory=dict)


def members(department: Department, ids: Ids) -> list[Selector]:
    """Who is in a department: any of these."""
    provider = ids.providers[department.provider.name]
    groups = {group.id: group for group in department.groups}
    found = [_group(department, groups[key], provider) for key in sorted(groups)]
    if department.claim:
        found.append(_claim(department, department.claim, provider))
    found += [{"email": {"email": email}} for email in sorted(set(department.emails))]
    found += [{"email_domain": {"domain": domain}} for domain in sorted(set(department.domains))]
    return found


def vouched_for(department: Department, ids: Ids) -> list[Selector]:
    """The login method of a department, so that no other provider can assert its people's addresses."""
    return [{"login_method": {"id": ids.providers[department.provider.name]}}]


def included(policy: Policy, ids: Ids) -> list[Selector]:
    """Whom a policy speaks about."""
    departments = sorted({department.name for department in policy.departments})
    machines = sorted({machine.name for machine in policy.machines})
    found: list[Selector] = [{"group": {"id": ids.departments[name]}} for name in departments]
    found += [{"service_token": {"token_id": ids.machines[name]}} for name in machines]
    if policy.is_everyone and policy.decision not in ("bypass", "deny"):
        raise AssertionError(f"a policy that includes nobody must not become one for everyone: `{policy.name}`")
    return [EVERYONE] if policy.is_everyone else found


def required(policy: Policy, ids: Ids) -> list[Selector]:
    """What must hold as well: all of these, so an OR list stands as the group made for it."""
    grouped = {group.condition for group in policy.any_of}
    found = []
    for condition in sorted(set(policy.require), key=canonical):
        if condition in grouped:
            found.append({"group": {"id": ids.any_of[AnyOf(condition).name]}})
        else:
            found += alternatives(condition, ids)
    return found


def excluded(policy: Policy, ids: Ids) -> list[Selector]:
    """What must not hold: none of these, so an OR list is simply written out."""
    conditions = sorted(set(policy.exclude), key=canonical)
    found = [selector for condition in conditions for selector in alternatives(condition, ids)]
    return [selector for position, selector in enumerate(found) if selector not in found[:position]]


def alternatives(condition: Condition, ids: Ids) -> list[Selector]:
    """The selectors of a condition, any of which fulfils it."""
    _, values = canonical(condition)
    match condition:
        case Mfa():
            return [{"auth_method": {"auth_method": "mfa"}}]
        case Countries():
            return [{"geo": {"country_code": code}} for code in values]
        case Networks():
            return [{"ip": {"ip": cidr}} for cidr in values]
        case Devices():
            return [{"device_posture": {"integration_uid": ids.devices[name]}} for name in values]
        case Members():
            return [{"group": {"id": ids.departments[name]}} for name in values]
        case Emails():
            return [{"email": {"email": address}} for address in values]


def _group(department: Department, group: Group, provider: Id) -> Selector:
    bound = {"identity_provider_id": provider}
    match department.provider.type:
        case "google-workspace":
            return {"gsuite": {"email": group.id, **bound}}
        case "entra-id":
            return {"azure_ad": {"id": group.id, **bound}}
        case "okta":
            return {"okta": {"name": group.id, **bound}}
        case "github":
            organization, _, team = group.id.partition("/")
            return {"github_organization": {"name": organization, **({"team": team} if team else {}), **bound}}
        case _:
            raise AssertionError(f"{department.provider.type} has no groups; `checks` refuses them")


def _claim(department: Department, claim: Claim, provider: Id) -> Selector:
    if department.provider.type == "saml":
        return {
            "saml": {
                "attribute_name": claim.name,
                "attribute_value": claim.value,
                "identity_provider_id": provider,
            }
        }
    return {"oidc": {"claim_name": claim.name, "claim_value": claim.value, "identity_provider_id": provider}}
