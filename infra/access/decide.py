"""The decision about one request, in Cloudflare's exact order of evaluation.

Source: Cloudflare's pages "Access policies" and "Application paths" (cloudflare-one/access-controls/policies). The most
specific application answers alone and inherits nothing. Bypass and Service Auth come before Allow and Block; the first
match ends; no match means denied.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from infra.access.person import Person, Request, holds, is_member
from infra.estate import App, Estate
from infra.policies import Policy, allowed_providers, policies_of

Verdict = Literal["public", "machine", "allowed", "denied", "sign-in"]


@dataclass(frozen=True)
class Outcome:
    """What happens and why. `policy` is the one that decided, if one did; `app` the application that answered."""

    verdict: Verdict
    reason: str
    app: App | None = None
    policy: Policy | None = None

    @property
    def enters(self) -> bool:
        return self.verdict in ("public", "machine", "allowed")


def decide(estate: Estate, person: Person | None, request: Request, today: date) -> Outcome:
    """Decide one request. Without a person, an app that is not public asks for a login (`sign-in`)."""
    app = app_at(estate, request)
    if app is None:
        return Outcome("denied", "nothing is served at this address")
    policies = policies_of(app, today)
    for policy in policies:
        if policy.decision == "bypass" and _applies(policy, None, request):
            return Outcome("public", "the app is public", app, policy)
        if policy.decision == "non_identity" and request.machine in policy.members:
            return Outcome("machine", f"service token `{request.machine}`", app, policy)
    if person is None:
        return Outcome("sign-in", "nobody has signed in", app)
    if person.provider not in {provider.name for provider in allowed_providers(app, estate, today)}:
        return Outcome("denied", f"the app does not offer `{person.provider}` as a login", app)
    for policy in policies:
        if policy.decision in ("allow", "deny") and _includes(policy, person) and _applies(policy, person, request):
            verdict: Verdict = "allowed" if policy.decision == "allow" else "denied"
            return Outcome(verdict, f"policy `{policy.name}`", app, policy)
    return Outcome("denied", "no policy matches", app)


def app_at(estate: Estate, request: Request) -> App | None:
    """The most specific app at an address: whole path segments, case-sensitive."""
    hostname, path = request.hostname.lower(), request.path
    while path and (hostname, path) not in estate.answering:
        path = path.rpartition("/")[0]
    return estate.answering.get((hostname, path))


def _includes(policy: Policy, person: Person) -> bool:
    return policy.is_everyone or any(is_member(person, department) for department in policy.departments)


def _applies(policy: Policy, person: Person | None, request: Request) -> bool:
    required = all(holds(condition, person, request) for condition in policy.require)
    return required and not any(holds(condition, person, request) for condition in policy.exclude)
