"""Who enters an app, as a formula over all possible people and requests: `decide` for everybody at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from infra.access.attributes import MACHINE, PROVIDER, ROLE, YES, Classes, Names
from infra.estate import App, Condition, Department, Estate, Tunnelled
from infra.logic import NEVER, Every, Formula, Is, Not, Some
from infra.policies import Policy, allowed_providers, canonical, policies_of


@dataclass(frozen=True)
class Guard:
    """What decides who enters one app on a day. `providers` are the logins it offers.

    In Snowflake `roles` decide and nothing else does: whoever holds one of them enters.
    """

    policies: tuple[Policy, ...]
    providers: frozenset[str]
    roles: Mapping[str, tuple[Department, ...]]
    names: Names = field(default_factory=Names)

    @staticmethod
    def of(app: App, estate: Estate, today: date, names: Names) -> Guard:
        policies = policies_of(app, today)
        if isinstance(app.home, Tunnelled):
            offered = frozenset(names.provider(item.name) for item in allowed_providers(app, estate, today))
            return Guard(policies, offered, {}, names)
        roles: dict[str, tuple[Department, ...]] = {}
        for policy in policies:
            for department in policy.departments if policy.decision == "allow" else ():
                roles[department.snowflake_role] = (*roles.get(department.snowflake_role, ()), department)
        return Guard((), frozenset(), roles, names)

    @property
    def meaning(self) -> object:
        """Equal for guards that admit the same people, though not always unequal for others.

        Names of departments, order of rules that are sets, reasons and sessions are no part of it.
        """
        return tuple(self._rule(policy) for policy in self.policies), self.providers, frozenset(self.roles)

    @property
    def canonical(self) -> str:
        """The meaning as text: equal for equal meaning, in every process."""
        return json.dumps(_ordered(self.meaning))

    def _rule(self, policy: Policy) -> object:
        members = frozenset(self._department(department) for department in policy.departments)
        machines = frozenset(machine.name for machine in policy.machines)
        require, exclude = (frozenset(map(self._condition, part)) for part in (policy.require, policy.exclude))
        return policy.decision, members, machines, require, exclude

    def _department(self, item: Department) -> object:
        groups = frozenset(group.id for group in item.groups)
        provider = self.names.provider(item.provider.name)
        return provider, groups, item.claim, frozenset(item.emails), frozenset(item.domains)

    def _condition(self, condition: Condition) -> object:
        kind, values = canonical(condition)
        if kind == "device":
            return kind, frozenset(map(self.names.device, values))
        departments = getattr(condition, "departments", None)
        return (kind, frozenset(map(self._department, departments))) if departments else (kind, frozenset(values))

    @property
    def departments(self) -> tuple[Department, ...]:
        return tuple(department for policy in self.policies for department in policy.departments)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        return tuple(condition for policy in self.policies for condition in (*policy.require, *policy.exclude))

    @property
    def public(self) -> tuple[Policy, ...]:
        return tuple(policy for policy in self.policies if policy.decision == "bypass")

    def entering(self, classes: Classes) -> Formula:
        """Whoever enters. Bypass and Service Auth come first, then the first match of the others decides."""
        if self.roles:
            return Some(tuple(Is((ROLE, role), YES) for role in sorted(self.roles)))
        ways: list[Formula] = []
        denied: list[Formula] = []
        allowed: list[Formula] = []
        for policy in self.policies:
            if policy.decision == "non_identity":
                ways.append(Is(MACHINE, frozenset(policy.members)))
                continue
            match = self.matching(policy, classes)
            if policy.decision == "bypass":
                ways.append(match)
            elif policy.decision == "deny":
                denied.append(Not(match))
            else:
                allowed.append(Every((match, *denied)))
        if allowed and self.providers:
            ways.append(Every((Is(PROVIDER, self.providers), Some(tuple(allowed)))))
        return Some(tuple(ways)) if ways else NEVER

    def matching(self, policy: Policy, classes: Classes) -> Formula:
        """Whoever a policy matches, whatever was looked at before it."""
        signed_in = policy.decision != "bypass"
        parts: list[Formula] = []
        if not policy.is_everyone:
            parts.append(Some(tuple(classes.member(department, self.names) for department in policy.departments)))
        parts += [classes.holds(condition, self.names, signed_in=signed_in) for condition in policy.require]
        parts += [Not(classes.holds(condition, self.names, signed_in=signed_in)) for condition in policy.exclude]
        return Every(tuple(parts))

    def deciding(self, classes: Classes) -> Iterator[tuple[Policy, Formula]]:
        """Each policy with whomever it decides about, in the order in which they are looked at."""
        before: list[Formula] = []
        for policy in self.policies:
            if policy.decision == "non_identity":
                yield policy, Is(MACHINE, frozenset(policy.members))
                continue
            match = self.matching(policy, classes)
            if policy.decision != "bypass":
                match = Every((Is(PROVIDER, self.providers), match))
            yield policy, Every((match, *before))
            before.append(Not(match))


def _ordered(value: object) -> object:
    """Sets as lists in one order."""
    if isinstance(value, frozenset):
        return sorted(map(_ordered, value), key=repr)
    return list(map(_ordered, value)) if isinstance(value, tuple) else str(value)


def classes_of(guards: Iterable[Guard], departments: Iterable[Department] = ()) -> Classes:
    """The classes that all of these tell apart."""
    listed = list(guards)
    members = [item for guard in listed for item in guard.departments]
    return Classes.of([*members, *departments], [item for guard in listed for item in guard.conditions])
