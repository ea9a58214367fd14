"""What an app's rules come to for somebody: whether they enter, and what one entry has to do with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

from infra.access.person import Person, is_member
from infra.diff.subjects import Identity, identity_of
from infra.estate import App, Department, Entry, Estate, InSnowflake, Machine
from infra.logic import Attribute, TooLargeError, attributes
from infra.why import granted
from infra.why.explain import ALIKE, Explainer, Explanation, Step


@dataclass(frozen=True)
class Verdict:
    """`enters` and `decides` are `always`, `never` or `if …`: for the app as a whole, and through one entry.

    `denials` are the entries above it that turn somebody away whom it would let in.
    """

    enters: str
    decides: str
    denials: tuple[Entry, ...] = ()


@dataclass(frozen=True)
class Judge:
    """One app on a day. Whoever is the same to its rules is answered once."""

    app: App
    estate: Estate
    today: date
    known: dict[frozenset[tuple[object, object]], Explanation] = field(default_factory=dict)

    @cached_property
    def explainer(self) -> Explainer:
        return Explainer(self.app, self.estate, self.today)

    @cached_property
    def relevant(self) -> frozenset[Attribute]:
        """What the app's own rules ask about people; it takes nothing else to tell two of them apart."""
        found = (self.explainer.matching(policy) for policy in self.explainer.guard.policies)
        return frozenset(one.attribute for formula in found for one in attributes(formula))

    def person(self, person: Person) -> Explanation:
        if isinstance(self.app.home, InSnowflake):
            return self._granted(item for item in self.estate.departments if is_member(person, item))
        try:
            return self._explained(identity_of(person, self.explainer.classes, self.explainer.guard.names))
        except TooLargeError as error:
            return _undecided(error)

    def address(self, person: Person) -> Explanation:
        """Somebody of whom nothing is known but the address."""
        if isinstance(self.app.home, InSnowflake):
            return self.person(person)
        try:
            return _noted(self.explainer.address(person))
        except TooLargeError as error:
            return _undecided(error)

    def machine(self, machine: Machine) -> Explanation:
        try:
            return self.explainer.machine(machine)
        except TooLargeError as error:
            return _undecided(error)

    def anybody(self) -> Explanation:
        """Whoever does not sign in."""
        try:
            return self._explained({})
        except TooLargeError as error:
            return _undecided(error)

    def others(self, department: Department) -> tuple[Explanation, ...]:
        """Members of whom nothing else is known, one for each way in but that of being named; in Snowflake just one."""
        if isinstance(self.app.home, InSnowflake):
            return (self._granted([department]),)
        if not (department.groups or department.claim or department.domains):
            return ()
        try:
            found = tuple(self.explainer.department(department))
        except TooLargeError as error:
            return (_undecided(error),) * (len(department.groups) + bool(department.claim) + len(department.domains))
        return tuple(map(_noted, found))

    def _explained(self, identity: Identity) -> Explanation:
        key = frozenset(item for item in identity.items() if item[0] in self.relevant)
        if key not in self.known:
            self.known[key] = self.explainer.explain(identity)
        return self.known[key]

    def _granted(self, mine: Iterable[Department]) -> Explanation:
        assert isinstance(self.app.home, InSnowflake)  # noqa: S101 - asked by the callers
        return granted.explain(self.app, self.app.home, self.estate, self.today, list(mine))


def verdict(explanation: Explanation, entry: Entry) -> Verdict:
    """An explanation as far as it is about one entry, which is known by its identity: two may say the same."""
    step = next((one for one in explanation.steps if one.rule.entry is entry), None)
    if step is None:
        return Verdict(explanation.when, explanation.when)
    denials = tuple(one.entry for one in step.above if one.entry and one.entry.decision == "deny")
    return Verdict(explanation.when, _decides(step, turned_away=bool(denials)), denials)


def _decides(step: Step, *, turned_away: bool) -> str:
    no, _, why = step.matches.partition("no: ")
    if not no and why:
        return f"never: {why}"
    if not step.decides.startswith("admits"):
        let_in = any(one.policy is not None and one.policy.decision != "deny" for one in step.above)
        found = " or ".join(word for word, said in (("turned away", turned_away), ("let in", let_in)) if said)
        return f"never: {found} by an entry above"
    return step.decides.removeprefix("admits").strip() or "always"


def _noted(explanation: Explanation) -> Explanation:
    """What is not so of everybody of whom no more is known says so."""
    if explanation.note == ALIKE:
        return explanation
    return replace(explanation, when=f"{explanation.when}, with exceptions")


def _undecided(error: TooLargeError) -> Explanation:
    return Explanation(f"undecided: {error}", ())
