"""Of whom a set of people and requests consists, in the words of apps.yaml: departments, people, machines, anybody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from infra.access.attributes import CLAIM, EMAIL, GROUP, MACHINE, PROVIDER, ROLE, YES, Classes, Names
from infra.access.person import Person
from infra.diff.phrases import conditions
from infra.estate import Department
from infra.logic import EMPTY, Attribute, Diagrams, Formula, Is, Some

Kind = Literal["anybody", "machine", "department", "person", "others"]
Identity = dict[Attribute, str | None]

_IDENTITY = frozenset({"provider", "machine", "email", GROUP, CLAIM, ROLE})


@dataclass(frozen=True)
class Row:
    """Somebody who gains or loses. `when` is empty where nothing more is asked of them.

    `others` are those whom no other row speaks of; `partly` says that it is not everybody of this kind.
    """

    kind: Kind
    who: str
    when: str
    partly: bool = False

    def __str__(self) -> str:
        who = f"machine {self.who}" if self.kind == "machine" else self.who
        who = f"some of {who}" if self.partly else who
        return f"{who} ({self.when})" if self.when else who


@dataclass(frozen=True)
class Subjects:
    """Everybody whom the rules of two sides name. `spelled` turns what formulas call things into their names."""

    departments: tuple[tuple[Department, Names], ...]
    roles: Mapping[str, tuple[Department, ...]]
    machines: tuple[str, ...]
    classes: Classes
    spelled: Mapping[str, str]

    @property
    def formulas(self) -> tuple[Formula, ...]:
        """What must be known to the diagrams that these are asked about."""
        members = [self.classes.member(department, names) for department, names in self.departments]
        emails = [Is(EMAIL, self.classes.emails)] if self.classes.emails else []
        machines = [Is(MACHINE, frozenset(self.machines))] if self.machines else []
        return (*members, *emails, *machines, *(Is((ROLE, role), YES) for role in self.roles))

    def rows(self, diagrams: Diagrams, number: int, settled: int) -> tuple[Row, ...]:
        """Who is in a set, and when. For those who are `settled` nothing changes, or they cannot exist."""
        return tuple(self._rows(diagrams, number, diagrams.either(number, settled)))

    def _rows(self, diagrams: Diagrams, number: int, spoken_for: int) -> Iterator[Row]:
        anybody = self._narrowed(diagrams, number, {})
        if anybody != EMPTY:
            yield Row("anybody", "anybody", self._when(diagrams, anybody))
        rest = diagrams.both(number, diagrams.of(self._identified()))
        for machine in self.machines:
            inside = self._narrowed(diagrams, number, {MACHINE: machine})
            if inside not in (EMPTY, anybody):
                yield Row("machine", machine, self._when(diagrams, inside))
            rest = diagrams.minus(rest, diagrams.of(Is(MACHINE, frozenset({machine}))))
        for role, holders in self.roles.items():
            if self._narrowed(diagrams, number, {(ROLE, role): "yes"}) != EMPTY:
                yield from (Row("department", item.name, "") for item in holders)
            rest = diagrams.minus(rest, diagrams.of(Is((ROLE, role), YES)))
        for department, names in self.departments:
            if row := self._department(diagrams, number, spoken_for, department, names, anybody):
                yield row
                rest = diagrams.minus(rest, diagrams.of(self.classes.member(department, names)))
        for email in sorted(self.classes.emails):
            if row := self._person(diagrams, rest, email):
                yield row
                rest = diagrams.minus(rest, diagrams.of(Is(EMAIL, frozenset({email}))))
        if diagrams.minus(rest, anybody) != EMPTY:
            yield Row("others", "others", "")

    def _identified(self) -> Formula:
        """Being somebody: a person who has signed in, a machine, or a holder of a role."""
        providers = frozenset(names.provider(item.provider.name) for item, names in self.departments)
        ways: list[Formula] = [Is(PROVIDER, providers)] if providers else []
        ways += [Is(MACHINE, frozenset(self.machines))] if self.machines else []
        return Some((*ways, *(Is((ROLE, role), YES) for role in self.roles)))

    def _department(
        self, diagrams: Diagrams, number: int, spoken_for: int, department: Department, names: Names, anybody: int
    ) -> Row | None:
        for identity in _ways(department, names):
            inside = self._narrowed(diagrams, number, identity)
            if inside not in (EMPTY, anybody):
                members = diagrams.both(diagrams.of(self.classes.member(department, names)), inside)
                partly = diagrams.minus(members, spoken_for) != EMPTY
                return Row("department", department.name, self._when(diagrams, inside), partly)
        return None

    def _person(self, diagrams: Diagrams, rest: int, email: str) -> Row | None:
        """Somebody who is named, as far as they are not among those who have been spoken of."""
        for provider in dict.fromkeys(names.provider(item.provider.name) for item, names in self.departments):
            inside = self._narrowed(diagrams, rest, {PROVIDER: provider, EMAIL: email})
            if inside != EMPTY:
                return Row("person", email, self._when(diagrams, inside))
        return None

    def includes(self, diagrams: Diagrams, number: int, person: Person, names: Names) -> bool:
        """Whether somebody real is in a set, in some circumstances."""
        provider = names.provider(person.provider)
        email = person.email if person.email in self.classes.emails else f"@{person.email.rpartition('@')[2]}"
        chosen: Identity = {PROVIDER: provider, EMAIL: email}
        chosen |= {(GROUP, provider, group): "yes" for group in person.groups}
        chosen |= {(CLAIM, provider, name, value): "yes" for name, value in person.claims}
        return self._narrowed(diagrams, number, chosen) != EMPTY

    def _narrowed(self, diagrams: Diagrams, number: int, identity: Identity) -> int:
        """What an identity has to fulfil; what is not said of it is anything else."""
        every: Identity = {one: identity.get(one) for one in diagrams.order if one[0] in _IDENTITY}
        return diagrams.given(number, every)

    def _when(self, diagrams: Diagrams, number: int) -> str:
        return conditions(diagrams, number, self.classes, self.spelled)


def _ways(department: Department, names: Names) -> Iterator[Identity]:
    """Members who are in nothing else, one for each way in but that of being named."""
    provider = names.provider(department.provider.name)
    for group in department.groups:
        around = (GROUP, provider, group.id.partition("/")[0])
        yield {PROVIDER: provider, around: "yes", (GROUP, provider, group.id): "yes"}
    if department.claim:
        yield {PROVIDER: provider, (CLAIM, provider, department.claim.name, department.claim.value): "yes"}
    for domain in department.domains:
        yield {PROVIDER: provider, EMAIL: f"@{domain}"}
