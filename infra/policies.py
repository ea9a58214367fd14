"""What `access` says, as Access policies: few, reusable, in Cloudflare's order, named by their content.

Two apps that admit the same departments under the same conditions share one policy. Its name ends in a hash of
decision, members, conditions and session, so changing a policy for one app never changes it for another; reason and
expiry are not part of it, because they do not change who enters.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TypeVar

from infra import names
from infra.estate import (
    App,
    Condition,
    Countries,
    Decision,
    Department,
    Devices,
    Emails,
    Entry,
    Estate,
    Machine,
    Members,
    Mfa,
    Networks,
    Provider,
)

Canonical = tuple[str, tuple[str, ...]]
Content = tuple[Decision, tuple[str, ...], tuple[Canonical, ...], tuple[Canonical, ...], str]


@dataclass(frozen=True)
class AnyOf:
    """An OR inside `require`. Cloudflare ANDs the entries of `require`, so an OR is an Access group of its own."""

    condition: Condition

    @property
    def content(self) -> Canonical:
        return canonical(self.condition)

    @property
    def name(self) -> str:
        kind, values = self.content
        return names.keyed(["any-of", kind, *values], [kind, values])


@dataclass(frozen=True)
class Policy:
    """A decision and its rules. It includes departments or machines, or everyone when it names neither."""

    decision: Decision
    departments: tuple[Department, ...] = ()
    machines: tuple[Machine, ...] = ()
    require: tuple[Condition, ...] = ()
    exclude: tuple[Condition, ...] = ()
    session: str = "24h"

    @property
    def members(self) -> tuple[str, ...]:
        """The names of those included, sorted; their order means nothing."""
        return tuple(sorted({*(d.name for d in self.departments), *(m.name for m in self.machines)}))

    @property
    def is_everyone(self) -> bool:
        return not self.departments and not self.machines

    @cached_property
    def content(self) -> Content:
        """All that decides who enters, and for how long: equal for equal meaning."""
        require = tuple(sorted(canonical(condition) for condition in set(self.require)))
        exclude = tuple(sorted(canonical(condition) for condition in set(self.exclude)))
        return (self.decision, self.members, require, exclude, self.session)

    @cached_property
    def name(self) -> str:
        """Frozen by a golden test: a change of this scheme replaces every policy in every account."""
        decision, members, require, exclude, _ = self.content
        kinds = [kind for kind, _ in require] + [f"not-{kind}" for kind, _ in exclude]
        return names.keyed([decision.replace("_", "-"), *(members or ("everyone",)), *kinds], self.content)

    @property
    def any_of(self) -> tuple[AnyOf, ...]:
        """The groups that this policy's OR lists need."""
        return tuple(AnyOf(condition) for condition in self.require if len(canonical(condition)[1]) > 1)


Named = TypeVar("Named", Policy, AnyOf)

DENY_EVERYONE = Policy("deny")


def canonical(condition: Condition) -> Canonical:
    """The kind of a condition and its values, sorted: equal for equal meaning."""
    match condition:
        case Mfa():
            return ("mfa", ())
        case Countries(codes):
            return ("country", tuple(sorted(codes)))
        case Networks(cidrs):
            return ("ip", tuple(sorted(cidrs)))
        case Devices(devices):
            return ("device", tuple(sorted(device.name for device in devices)))
        case Members(departments):
            return ("department", tuple(sorted(department.name for department in departments)))
        case Emails(addresses):
            return ("email", tuple(sorted(addresses)))


def policies_of(app: App, today: date) -> tuple[Policy, ...]:
    """The policies of an app in the order in which Cloudflare evaluates them, each once; expired entries are left out.

    Service Auth and Bypass come first whatever precedence they are given (policy-management in Cloudflare's
    documentation), so they are put first: what is read is what happens.
    """
    machines = [Policy("non_identity", machines=(machine,), session=app.session) for machine in app.machines]
    first: dict[Content, Policy] = {}
    for policy in (*machines, *map(_policy, _in_force(app, today))):
        first.setdefault(policy.content, policy)
    return tuple(first.values())


def entries_by_policy(app: App, today: date) -> dict[str, Entry]:
    """The entry that each policy of an app comes from, by the policy's name: of equal ones the first decides."""
    found: dict[str, Entry] = {}
    for entry in _in_force(app, today):
        found.setdefault(_policy(entry).name, entry)
    return found


def _in_force(app: App, today: date) -> list[Entry]:
    return sorted((entry for entry in app.access if entry.holds_on(today)), key=lambda one: one.decision != "bypass")


def _policy(entry: Entry) -> Policy:
    return Policy(entry.decision, entry.departments, (), entry.require, entry.exclude, entry.session)


def allowed_providers(app: App, estate: Estate, today: date) -> tuple[Provider, ...]:
    """The identity providers an app offers: those of the departments it admits.

    It is never empty while the estate has a provider: Cloudflare reads an empty list as all of the account.
    """
    allows = [entry for entry in app.access if entry.decision == "allow" and entry.holds_on(today)]
    admitted = [department.provider for entry in allows for department in entry.departments]
    fallback = [estate.default_provider] if estate.default_provider else list(estate.providers[:1])
    return tuple(dict.fromkeys(admitted or fallback))


def all_policies(estate: Estate, today: date) -> tuple[Policy, ...]:
    """Every policy of the estate once, with the denial that covers shared host names."""
    denial = [DENY_EVERYONE] if estate.shared_hostnames else []
    return _once([*denial, *(policy for app, _ in estate.tunnelled for policy in policies_of(app, today))])


def all_any_of(policies: Iterable[Policy]) -> tuple[AnyOf, ...]:
    """Every OR group once."""
    return _once(group for policy in policies for group in policy.any_of)


def _once(items: Iterable[Named]) -> tuple[Named, ...]:
    first: dict[str, Named] = {}
    for item in items:
        same = first.setdefault(item.name, item)
        # The hash is short enough to be forged, and an app must never get the policy of another one.
        if same is not item and same.content != item.content:
            raise AssertionError(f"two different rules have the name `{item.name}`; change one of them")
    return tuple(first.values())
