"""The decision of Access over a request.

Bypass and Service Auth policies come first in order of precedence, then Allow and Block; the first match ends.
No match is a denial. Bypass and Service Auth are decided without a login, so they see no identity; Allow and Block
see no service token.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sandbox.cloudflare_api.access.objects import AccessObjects
from sandbox.cloudflare_api.access.places import application_at
from sandbox.cloudflare_api.access.selectors import matches
from sandbox.cloudflare_api.access.visitor import Request, Visitor
from sandbox.cloudflare_api.document import Json, documents, texts

ENDINGS = {"bypass": "bypass", "non_identity": "service_auth", "allow": "allow", "deny": "deny"}


@dataclass(frozen=True)
class Outcome:
    """What Access answers, by which application and policy, and why in words.

    `decision` is `allow`, `deny`, `bypass`, `service_auth`, `login_required` (nobody is logged in yet) or
    `unprotected` (no application stands there: the request passes Access by).
    """

    decision: str
    application_id: str | None
    policy_id: str | None
    reason: str


def evaluate(objects: AccessObjects, visitor: Visitor, request: Request) -> Outcome:
    """The answer to a visitor at a URL."""
    application = application_at(objects.applications, request.host, request.path)
    if application is None:
        return Outcome("unprotected", None, None, "no application covers this URL")
    return evaluate_application(objects, application, visitor)


def evaluate_application(objects: AccessObjects, application: Json, visitor: Visitor) -> Outcome:
    """The answer of one application to a visitor."""
    outcome = evaluate_policies(objects, policies_of(objects, application), visitor, offered_idps(objects, application))
    return replace(outcome, application_id=str(application["id"]))


def policies_of(objects: AccessObjects, application: Json) -> list[Json]:
    """The policies of an application in full, each with its precedence there."""
    return [_whole(objects, entry) for entry in documents(application.get("policies"))]


def offered_idps(objects: AccessObjects, application: Json) -> tuple[str, ...]:
    """The identity providers that an application offers; one that names none offers all of the account."""
    return texts(application.get("allowed_idps")) or tuple(objects.identity_providers)


def evaluate_policies(
    objects: AccessObjects,
    policies: Sequence[Json],
    visitor: Visitor,
    offered_idps: Sequence[str] | None = None,
) -> Outcome:
    """The answer of a list of whole policies, each with its `precedence`, to a visitor.

    `offered_idps` are the identity providers that a visitor may come in by; without it, all of the account.
    """
    ordered = sorted(policies, key=lambda policy: int(policy["precedence"]))
    machine = replace(Visitor(), country=visitor.country, ip=visitor.ip, postures=visitor.postures)
    token_bearer = replace(machine, service_token_id=visitor.service_token_id)
    for policy in ordered:
        sees = {"bypass": machine, "non_identity": token_bearer}.get(policy["decision"])
        if sees is not None and matches(objects, sees, policy):
            return _ended(policy)
    if visitor.idp_id is None:
        return Outcome("login_required", None, None, "no policy admits this request without a login")
    offered = tuple(objects.identity_providers) if offered_idps is None else offered_idps
    if visitor.idp_id not in offered:
        return Outcome("deny", None, None, "the application does not offer this identity provider")
    person = _as_stored(objects, replace(visitor, service_token_id=None))
    for policy in ordered:
        if policy["decision"] in ("allow", "deny") and matches(objects, person, policy):
            return _ended(policy)
    return Outcome("deny", None, None, "no policy matches")


def _ended(policy: Json) -> Outcome:
    name = policy.get("name") or policy.get("id")
    decision = ENDINGS[policy["decision"]]
    return Outcome(decision, None, str(policy.get("id")), f"policy {name} matches")


def _whole(objects: AccessObjects, entry: Json) -> Json:
    """A policy in full, with its precedence in this application."""
    policy = objects.policies.get(str(entry.get("id")), entry)
    if "decision" not in policy:
        raise ValueError(f"application refers to policy {entry.get('id')}, which is not among the objects")
    return {**policy, "precedence": entry["precedence"]}


def _as_stored(objects: AccessObjects, visitor: Visitor) -> Visitor:
    """A one-time PIN proves an address and nothing else: its identity has no groups and no claims."""
    provider = objects.identity_providers.get(str(visitor.idp_id))
    if provider is None or provider["type"] != "onetimepin":
        return visitor
    return replace(visitor, groups=(), claims={}, auth_methods=())
