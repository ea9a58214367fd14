"""What one side lets in and the other does not: exactly who, when, and one of them by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256

from infra.access.attributes import Classes, Names, in_order, possible
from infra.access.exclusive import Pair, exclusions, holding, pairs_of
from infra.access.guard import Guard
from infra.access.person import Person
from infra.access.witness import Witness, cost, witness
from infra.diff.subjects import Row, Subjects
from infra.estate import Countries, Department, Members
from infra.logic import EMPTY, Assignment, Attribute, Diagrams, Every, Formula, Not

Residents = Mapping[str, tuple[Person, ...]]
"""The people of people.yaml by address, each as every provider knows them."""


@dataclass(frozen=True)
class Unstated:
    """Those of whom the pull request does not say that they gain, and one of them."""

    rows: tuple[Row, ...]
    witness: Witness

    def __str__(self) -> str:
        return ", ".join(map(str, self.rows)) if self.rows else str(self.witness)


@dataclass(frozen=True)
class Delta:
    """Those who gain, or lose. `digest` names the set: another set has another one, whatever the files look like.

    `at` is the part of the app's address that this is about, empty for all of it; `people` are those of people.yaml.
    `unstated` are those of whom the pull request does not say that they gain.
    """

    rows: tuple[Row, ...]
    witness: Witness
    digest: str
    at: str = ""
    people: tuple[str, ...] = ()
    unstated: Unstated | None = None

    def __str__(self) -> str:
        return ", ".join(map(str, self.rows))


@dataclass(frozen=True)
class Side:
    """An app on one side: its guard, and where and among whom it stands."""

    guard: Guard
    address: tuple[str, str]
    departments: tuple[Department, ...]


@dataclass(frozen=True)
class Comparison:
    """Two guards of one thing. Their diagrams are shared by both questions: who gains, and who loses.

    `apart` names each two departments of which it is assumed that they have nobody in common. They are those of base:
    by what it says of a department a change cannot make people impossible who gain from it.
    """

    base: Side
    head: Side
    apart: frozenset[frozenset[str]] = frozenset()

    def assuming(self, pairs: Iterable[Pair]) -> Comparison:
        """The same comparison with other assumptions."""
        return replace(self, apart=frozenset(map(frozenset, pairs)))

    @cached_property
    def pairs(self) -> tuple[tuple[Department, ...], ...]:
        """The pairs that are apart among the departments that a guard speaks of. Others could matter, and are not
        assumed: what is not assumed raises an alarm at worst."""
        named = {item.name for guard in self.guards for item in _mentioned(guard)}
        named |= {item.name for guard in self.guards for holders in guard.roles.values() for item in holders}
        return tuple(pairs_of((item for item in self.base.departments if item.name in named), self.apart))

    @cached_property
    def guards(self) -> tuple[Guard, ...]:
        return self.base.guard, self.head.guard

    @cached_property
    def subjects(self) -> Subjects:
        listed = [(item, guard.names) for guard in self.guards for item in _mentioned(guard)]
        machines = (
            name
            for guard in self.guards
            for policy in guard.policies
            for name in _machines(policy.members, policy.decision)
        )
        holders: dict[str, dict[str, Department]] = {}
        for role, departments in (item for guard in self.guards for item in guard.roles.items()):
            for department in departments:
                holders.setdefault(role, {}).setdefault(department.name, department)
        roles = {role: tuple(held.values()) for role, held in holders.items()}
        spelled = {
            key: name
            for guard in self.guards
            for names in (guard.names.providers, guard.names.devices)
            for name, key in names.items()
        }
        seen: dict[object, tuple[Department, Names]] = {}
        for item, names in listed:
            seen.setdefault((item.name, self.classes.member(item, names)), (item, names))
        return Subjects(tuple(seen.values()), roles, tuple(dict.fromkeys(machines)), self.classes, spelled)

    @cached_property
    def classes(self) -> Classes:
        departments = [item for guard in self.guards for item in _mentioned(guard)]
        departments += [item for pair in self.pairs for item in pair]
        return Classes.of(departments, [condition for guard in self.guards for condition in guard.conditions])

    @cached_property
    def _entering(self) -> tuple[Formula, Formula]:
        return self.base.guard.entering(self.classes), self.head.guard.entering(self.classes)

    def entering(self, guard: Guard) -> Formula:
        """Whoever enters, as a formula."""
        return self._entering[guard is self.head.guard]

    @cached_property
    def possible(self) -> Formula:
        formulas = [*self._entering, *self.subjects.formulas]
        providers = {names.provider(item.provider.name): item.provider for item, names in self.subjects.departments}
        reporting = {name for name, provider in providers.items() if provider.reports_mfa}
        nested = {name for name, provider in providers.items() if provider.has_teams}
        assumed = tuple(formula for _, formula in exclusions(self.pairs, self._being))
        return Every((possible([*formulas, *assumed], self.classes, reporting, nested), *assumed))

    def _being(self, department: Department) -> Formula:
        in_snowflake = any(guard.roles for guard in self.guards)
        return holding(department) if in_snowflake else self.classes.member(department, self.base.guard.names)

    @cached_property
    def able(self) -> int:
        """The set of what is possible."""
        return self.diagrams.of(self.possible)

    @cached_property
    def _inside(self) -> tuple[int, int]:
        base, head = self._entering
        return self.diagrams.of(base), self.diagrams.of(head)

    def inside(self, side: Side) -> int:
        """The set of whoever enters."""
        return self._inside[side is self.head]

    def beyond(self, side: Side, other: Side) -> Formula:
        """Whoever enters on one side and not on the other."""
        return Every((self.possible, self.entering(side.guard), Not(self.entering(other.guard))))

    @cached_property
    def diagrams(self) -> Diagrams:
        formulas = [*self._entering, *self.subjects.formulas, self.possible]
        return Diagrams(in_order(formulas))


def _mentioned(guard: Guard) -> Iterable[Department]:
    yield from guard.departments
    for condition in guard.conditions:
        if isinstance(condition, Members):
            yield from condition.departments


def _machines(members: Iterable[str], decision: str) -> Iterable[str]:
    return members if decision == "non_identity" else ()


def delta(
    comparison: Comparison, side: Side, other: Side, roster: Residents, stated: frozenset[str] | None
) -> Delta | None:
    """Whoever enters on one side only, or None; `stated` names who is said to, None where nothing is said.

    Raises TooLargeError.
    """
    diagrams = comparison.diagrams
    number = diagrams.both(comparison.able, diagrams.minus(comparison.inside(side), comparison.inside(other)))
    if number == EMPTY:
        return None
    subjects = comparison.subjects
    people = subjects.among(diagrams, number, roster, side.guard.names)
    settled, able = comparison.inside(other), comparison.able
    found = _member(comparison, number, side)
    assert found is not None  # noqa: S101 - the set is not empty
    said = number if stated is None else diagrams.both(number, diagrams.of(subjects.named(stated)))
    rest = diagrams.minus(number, said)
    somebody = _member(comparison, rest, side)
    return Delta(
        subjects.rows(diagrams, number, settled, able),
        found,
        diagrams.digest(number, comparison.classes.spelled),
        people=people,
        unstated=Unstated(subjects.rows(diagrams, rest, diagrams.either(settled, said), able), somebody)
        if somebody
        else None,
    )


def _member(comparison: Comparison, number: int, side: Side) -> Witness | None:
    """The member of a set that is said in the fewest words, if it has one."""
    diagrams = comparison.diagrams
    assignment = diagrams.cheapest(number, cost)
    if assignment is None:
        return None
    # What matters to others in the set need not matter to this one.
    inside, able = (comparison.subjects.narrowed(diagrams, one, {**assignment}) for one in (number, comparison.able))
    return _shown(comparison, assignment, diagrams.looked_at(diagrams.within(inside, able)), side)


def example(comparison: Comparison, assignment: Assignment, unstated: Assignment | None, side: Side) -> Delta:
    """A set of which nothing but one member is known, and one of whom nobody says that they gain; its name is never the
    same twice over other policies."""
    found = _shown(comparison, assignment, assignment, side)
    beside = Unstated((), _shown(comparison, unstated, unstated, side)) if unstated is not None else None
    meaning = "\n".join(guard.canonical for guard in comparison.guards)
    named = f"of {sha256(meaning.encode()).hexdigest()}"
    return Delta((Row("others", "others", ""),), found, named, unstated=beside)


def _shown(comparison: Comparison, assignment: Assignment, looked_at: Iterable[Attribute], side: Side) -> Witness:
    conditions = [condition for guard in comparison.guards for condition in guard.conditions]
    return witness(
        assignment,
        looked_at,
        address=side.address,
        departments=side.departments,
        networks=comparison.classes.networks,
        countries=[code for condition in conditions if isinstance(condition, Countries) for code in condition.codes],
        spelled=comparison.subjects.spelled,
    )
