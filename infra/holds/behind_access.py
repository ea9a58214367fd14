"""An app behind Cloudflare Access, as formulas: who is spoken about, and who enters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from infra.access.attributes import DEVICE, EMAIL, MACHINE, MFA, PROVIDER, YES, Classes, Names, possible
from infra.access.exclusive import Pair, exclusions, pairs_of
from infra.access.guard import Guard
from infra.estate import App, Condition, Countries, Department, Emails, Estate, Members, Networks
from infra.holds.claims import Claim, named
from infra.logic import NEVER, Every, Formula, Is, Not, Some
from infra.policies import entries_by_policy
from infra.schema.expectations import Who
from infra.spelling import cidr


@dataclass(frozen=True)
class BehindAccess:
    """One app on a day, and all that will be asked about it: that decides which people are told apart."""

    estate: Estate
    app: App
    today: date
    asked: tuple[Claim, ...]

    @cached_property
    def guard(self) -> Guard:
        return Guard.of(self.app, self.estate, self.today, Names())

    @cached_property
    def _departments(self) -> dict[str, Department]:
        return {item.name: item for item in self.estate.departments}

    @cached_property
    def _mentioned(self) -> tuple[Department, ...]:
        """The departments that the app or a test speaks of."""
        inside = (item for one in self.guard.conditions if isinstance(one, Members) for item in one.departments)
        return (*self.guard.departments, *inside, *named(self.asked, self._departments))

    @cached_property
    def classes(self) -> Classes:
        conditions: list[Condition] = list(self.guard.conditions)
        for claim in self.asked:
            who, only = claim.test.who, claim.test.only
            emails = [word.lower() for word in (*only, *([who.email] if who and who.email else [])) if "@" in word]
            conditions += [Emails(tuple(emails))] if emails else []
            conditions += [Networks((cidr(who.ip),))] if who and who.ip else []
        return Classes.of(self._mentioned, conditions)

    def _member(self, department: Department) -> Formula:
        return self.classes.member(department, self.guard.names)

    @cached_property
    def entering(self) -> Formula:
        return self.under(self.guard)

    def under(self, guard: Guard) -> Formula:
        """Whoever enters under another guard, which names nobody and nothing that this one does not."""
        return guard.entering(self.classes)

    @cached_property
    def _signed_in(self) -> Formula:
        providers = frozenset(item.name for item in self.estate.providers)
        return Is(PROVIDER, providers) if providers else NEVER

    @cached_property
    def _a_machine(self) -> Formula:
        machines = frozenset(item.name for item in self.estate.machines)
        return Is(MACHINE, machines) if machines else NEVER

    @property
    def anonymous(self) -> Formula:
        """Whoever has not signed in and is no machine."""
        return Every((Not(self._signed_in), Not(self._a_machine)))

    @property
    def without_second_factor(self) -> Formula:
        return Every((Not(self._a_machine), Not(Is(MFA, YES))))

    def who(self, who: Who) -> Formula:
        """The people of a test; what is left out is left open."""
        parts = [self._identity(who)]
        if who.mfa is not None:
            parts.append(Is(MFA, YES) if who.mfa else Not(Is(MFA, YES)))
        if who.country:
            parts.append(self._request(Countries((who.country,))))
        if who.ip:
            parts.append(self._request(Networks((cidr(who.ip),))))
        parts += [Is((DEVICE, str(name)), YES) for name in who.device]
        parts += [Not(Is((DEVICE, str(name)), YES)) for name in who.without_device]
        return Every(tuple(parts))

    def _identity(self, who: Who) -> Formula:
        if who.machine:
            return Is(MACHINE, frozenset({str(who.machine)}))
        if who.anybody:
            return self.anonymous
        parts = [Is(PROVIDER, frozenset({str(who.provider)})) if who.provider else self._signed_in]
        parts += [self._member(self._departments[name]) for name in who.department]
        parts += [Is(EMAIL, frozenset({who.email.lower()}))] if who.email else []
        return Every(tuple(parts))

    def _request(self, condition: Condition) -> Formula:
        return self.classes.holds(condition, self.guard.names, signed_in=True)

    def among(self, names: Iterable[str]) -> Formula:
        """Being one of these departments, people and machines."""
        ways: list[Formula] = []
        machines = {item.name for item in self.estate.machines}
        for name in names:
            ways += [self._member(self._departments[name])] if name in self._departments else []
            ways += [Is(MACHINE, frozenset({str(name)}))] if name in machines else []
            ways += [Every((self._signed_in, Is(EMAIL, frozenset({name.lower()}))))] if "@" in name else []
        return Some(tuple(ways))

    def decided_by(self, reason: str, *, entering: bool) -> Formula:
        """Whoever is let in, or turned away, by an entry with this reason."""
        entries = entries_by_policy(self.app, self.today)
        ways = (
            formula
            for policy, formula in self.guard.deciding(self.classes)
            if policy.name in entries
            and entries[policy.name].reason == reason
            and (policy.decision != "deny") == entering
        )
        return Some(tuple(ways))

    def possible(self, formulas: Iterable[Formula]) -> Formula:
        reporting = {item.name for item in self.estate.providers if item.reports_mfa}
        nested = {item.name for item in self.estate.providers if item.has_teams}
        return possible(formulas, self.classes, reporting, nested)

    def exclusions(self) -> Iterator[tuple[Pair, Formula]]:
        names = {item.name for item in self._mentioned}
        listed = (item for item in self.estate.departments if item.name in names)
        return exclusions(pairs_of(listed, self.estate.apart), self._member)
