"""Of whom a set of people and requests consists, in the words of apps.yaml: departments, people, machines, anybody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations, product
from typing import Literal

from infra.access.attributes import CLAIM, EMAIL, GROUP, MACHINE, PROVIDER, ROLE, YES, Classes, Names
from infra.access.person import Person, is_member
from infra.diff.phrases import conditions
from infra.estate import Department
from infra.logic import ALWAYS, EMPTY, Attribute, Diagrams, Every, Formula, Is, Some

Kind = Literal["anybody", "machine", "department", "person", "others"]
Identity = dict[Attribute, str | None]

IDENTITY = frozenset({"provider", "machine", "email", GROUP, CLAIM, ROLE})


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

    @cached_property
    def formulas(self) -> tuple[Formula, ...]:
        """What must be known to the diagrams that these are asked about."""
        members = [self.classes.member(department, names) for department, names in self.departments]
        emails = [Is(EMAIL, self.classes.emails)] if self.classes.emails else []
        machines = [Is(MACHINE, frozenset(self.machines))] if self.machines else []
        return (*members, *emails, *machines, *(Is((ROLE, role), YES) for role in self.roles))

    def named(self, names: frozenset[str]) -> Formula:
        """Being in a department, or a machine, of one of these names; `anybody` is everybody."""
        if "anybody" in names:
            return ALWAYS
        ways = [self.classes.member(item, spelled) for item, spelled in self.departments if item.name in names]
        machines = frozenset(self.machines) & names
        ways += [Is(MACHINE, machines)] if machines else []
        ways += [Is((ROLE, role), YES) for role, held in self.roles.items() if {item.name for item in held} & names]
        emails = self.classes.emails & names
        return Some((*ways, *([Is(EMAIL, emails)] if emails else [])))

    def rows(self, diagrams: Diagrams, number: int, settled: int, possible: int) -> tuple[Row, ...]:
        """Who is in a set, and when. For those who are `settled` nothing changes; only the `possible` exist."""
        return tuple(_Reading(self, diagrams, number, settled, possible).rows())

    def identified(self) -> Formula:
        """Being somebody: a person who has signed in, a machine, or a holder of a role."""
        providers = frozenset(names.provider(item.provider.name) for item, names in self.departments)
        ways: list[Formula] = [Is(PROVIDER, providers)] if providers else []
        ways += [Is(MACHINE, frozenset(self.machines))] if self.machines else []
        return Some((*ways, *(Is((ROLE, role), YES) for role in self.roles)))

    def among(
        self, diagrams: Diagrams, number: int, people: Mapping[str, tuple[Person, ...]], names: Names
    ) -> tuple[str, ...]:
        """Which of these people, by address, are in a set in some circumstances, each being known to some providers."""
        looked_at = [one for one in diagrams.looked_at(number) if one[0] in IDENTITY]
        answers: dict[tuple[str | None, ...], bool] = {}

        def is_in(person: Person) -> bool:
            chosen = identity_of(person, self.classes, names)
            for role, holders in self.roles.items():
                if any(is_member(person, item) for item in holders):
                    chosen[ROLE, role] = "yes"
            # Thousands of people differ in a few ways.
            key = tuple(chosen.get(one) for one in looked_at)
            if key not in answers:
                answers[key] = self.narrowed(diagrams, number, chosen) != EMPTY
            return answers[key]

        return tuple(email for email, known in people.items() if any(map(is_in, known)))

    def narrowed(self, diagrams: Diagrams, number: int, identity: Identity) -> int:
        """What an identity has to fulfil; what is not said of it is anything else."""
        every: Identity = {one: identity.get(one) for one in diagrams.order if one[0] in IDENTITY}
        return diagrams.given(number, every)


@dataclass(frozen=True)
class _Reading:
    """One set, read for the subjects in it."""

    subjects: Subjects
    diagrams: Diagrams
    number: int
    settled: int
    possible: int
    known: dict[tuple[int, frozenset[tuple[Attribute, str | None]]], int] = field(default_factory=dict)

    def rows(self) -> Iterator[Row]:
        diagrams, subjects = self.diagrams, self.subjects
        if self.inside(self.number, {}) != EMPTY:
            yield Row("anybody", "anybody", self.when({}))
        rest = diagrams.both(self.number, diagrams.of(subjects.identified()))
        for machine in subjects.machines:
            if self.is_more({MACHINE: machine}):
                yield Row("machine", machine, self.when({MACHINE: machine}))
            rest = diagrams.minus(rest, diagrams.of(Is(MACHINE, frozenset({machine}))))
        for role, holders in subjects.roles.items():
            if self.inside(self.number, {(ROLE, role): "yes"}) != EMPTY:
                yield from (Row("department", item.name, "") for item in holders)
            rest = diagrams.minus(rest, diagrams.of(Is((ROLE, role), YES)))
        for department, names in subjects.departments:
            if row := self.department(department, names):
                yield row
                rest = diagrams.minus(rest, diagrams.of(subjects.classes.member(department, names)))
        rest = diagrams.minus(rest, self.inside(self.number, {}))
        for row, formula in self.special(rest):
            yield row
            rest = diagrams.minus(rest, diagrams.of(formula))
        if rest != EMPTY:
            yield Row("others", "others", "")

    def department(self, department: Department, names: Names) -> Row | None:
        for identity in ways(department, names):
            if self.is_more(identity):
                diagrams = self.diagrams
                members = diagrams.both(
                    diagrams.of(self.subjects.classes.member(department, names)), self.inside(self.number, identity)
                )
                known = diagrams.either(self.number, self.settled)
                partly = diagrams.minus(diagrams.both(members, self.possible), known) != EMPTY
                return Row("department", department.name, self.when(identity), partly)
        return None

    def special(self, rest: int) -> Iterator[tuple[Row, Formula]]:
        """Those who are named, and members of two departments, as far as nobody has spoken of them."""
        diagrams, classes = self.diagrams, self.subjects.classes
        for email in sorted(classes.emails) if rest != EMPTY else ():
            named = Is(EMAIL, frozenset({email}))
            if diagrams.both(rest, diagrams.of(named)) == EMPTY:
                continue
            for department, identity in self.appearances(email):
                if self.inside(rest, identity) != EMPTY:
                    who = f"{email} in {department}" if department else email
                    yield Row("person", who, self.when(identity)), named
                    rest = diagrams.minus(rest, diagrams.of(named))
                    break
        for (one, names), (other, others) in combinations(self.subjects.departments, 2) if rest != EMPTY else ():
            if one.provider.name != other.provider.name or one.name == other.name:
                continue
            both = Every((classes.member(one, names), classes.member(other, others)))
            if diagrams.both(rest, diagrams.of(both)) == EMPTY:
                continue
            for first, second in product(ways(one, names), ways(other, others)):
                if self.inside(rest, first | second) != EMPTY:
                    who = f"members of both {one.name} and {other.name}"
                    yield Row("department", who, self.when(first | second)), both
                    rest = diagrams.minus(rest, diagrams.of(both))
                    break

    def appearances(self, email: str) -> Iterator[tuple[str, Identity]]:
        """Somebody by name: alone, and as a member of each department."""
        departments = self.subjects.departments
        for provider in dict.fromkeys(names.provider(item.provider.name) for item, names in departments):
            yield "", {PROVIDER: provider, EMAIL: email}
        for department, names in departments:
            for identity in ways(department, names):
                yield department.name, {**identity, EMAIL: email}

    def inside(self, number: int, identity: Identity) -> int:
        key = number, frozenset(identity.items())
        if key not in self.known:
            self.known[key] = self.subjects.narrowed(self.diagrams, number, identity)
        return self.known[key]

    def is_more(self, identity: Identity) -> bool:
        """Whether an identity is in the set, and not only as everybody is."""
        return self.diagrams.minus(self.inside(self.number, identity), self.inside(self.number, {})) != EMPTY

    def when(self, identity: Identity) -> str:
        """The conditions of an identity. That they exclude what cannot be need not be said."""
        said = self.diagrams.within(self.inside(self.number, identity), self.inside(self.possible, identity))
        return conditions(self.diagrams, said, self.subjects.classes, self.subjects.spelled)


def identity_of(person: Person, classes: Classes, names: Names) -> Identity:
    """What a provider says of somebody, as far as classes tell people apart."""
    provider = names.provider(person.provider)
    email = person.email.lower()
    _, at, domain = email.rpartition("@")
    chosen: Identity = {PROVIDER: provider, EMAIL: email if email in classes.emails else f"@{domain}" if at else None}
    chosen |= {(GROUP, provider, group): "yes" for group in person.groups}
    return chosen | {(CLAIM, provider, name, value): "yes" for name, value in person.claims}


def ways(department: Department, names: Names) -> Iterator[Identity]:
    """Members who are in nothing else, one for each way in but that of being named."""
    provider = names.provider(department.provider.name)
    for group in department.groups:
        inside = [group.id, *([group.id.partition("/")[0]] if department.provider.has_teams else [])]
        yield {PROVIDER: provider, **{(GROUP, provider, one): "yes" for one in inside}}
    if department.claim:
        yield {PROVIDER: provider, (CLAIM, provider, department.claim.name, department.claim.value): "yes"}
    for domain in department.domains:
        yield {PROVIDER: provider, EMAIL: f"@{domain}"}
