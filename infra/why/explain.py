"""An app's rules as one identity meets them: which match, which one decides, and when the identity enters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from infra.access.attributes import EMAIL, MACHINE, PROVIDER, Classes, Names, in_order, possible
from infra.access.entitlements import phrase
from infra.access.guard import Guard, classes_of
from infra.access.person import Person
from infra.diff.phrases import conditions
from infra.diff.subjects import IDENTITY, Identity, identity_of, ways
from infra.estate import App, Condition, Department, Estate, Machine, Mfa
from infra.logic import EMPTY, FULL, Diagrams, Every, Formula, Is
from infra.policies import Policy
from infra.why.entries import Rule, rules

ALIKE = "that is so for every member"
VERBS = {"allow": "admits", "bypass": "admits", "non_identity": "admits", "deny": "turns away"}


@dataclass(frozen=True)
class Step:
    """A rule, as one identity meets it. `decided` are the circumstances under which it decides.

    `above` are the rules that decide before it under some of the circumstances under which it matches.
    """

    rule: Rule
    matches: str
    decides: str
    decided: int = EMPTY
    above: tuple[Rule, ...] = ()


@dataclass(frozen=True)
class Explanation:
    """`when` says when an identity enters: `always`, `never`, or `if …`. `note` says whether others of its kind do.

    Where no rule decides nobody enters; `undecided` says that it can come to that.
    """

    when: str
    steps: tuple[Step, ...]
    undecided: bool = False
    note: str = ""


@dataclass(frozen=True)
class Explainer:
    """One app behind the tunnel on a day."""

    app: App
    estate: Estate
    today: date

    @cached_property
    def guard(self) -> Guard:
        return Guard.of(self.app, self.estate, self.today, Names())

    @cached_property
    def classes(self) -> Classes:
        return classes_of([self.guard], self.estate.departments)

    @cached_property
    def deciding(self) -> dict[str, Formula]:
        return {policy.name: formula for policy, formula in self.guard.deciding(self.classes)}

    @cached_property
    def possible(self) -> Formula:
        reporting = [provider.name for provider in self.estate.providers if provider.reports_mfa]
        nested = [provider.name for provider in self.estate.providers if provider.has_teams]
        return possible(self.formulas, self.classes, reporting, nested)

    @cached_property
    def formulas(self) -> tuple[Formula, ...]:
        members = [self.classes.member(department, self.guard.names) for department in self.estate.departments]
        matching = [self.matching(policy) for policy in self.guard.policies]
        return (*members, *matching, *self.deciding.values(), self.admitting)

    @cached_property
    def diagrams(self) -> Diagrams:
        return Diagrams(in_order([*self.formulas, self.possible]))

    def person(self, person: Person) -> Explanation:
        """As a provider knows somebody."""
        return self.explain(identity_of(person, self.classes, self.guard.names))

    def address(self, person: Person) -> Explanation:
        """As somebody of whom the address is known; `note` says whether groups and claims could make a difference."""
        identity = identity_of(person, self.classes, self.guard.names)
        known: Identity = {PROVIDER: identity[PROVIDER], EMAIL: identity[EMAIL], MACHINE: None}
        whoever = self.diagrams.given(self.diagrams.of(self.possible), known)
        return replace(self.explain(identity), note=self.others(whoever, identity, known))

    def machine(self, machine: Machine) -> Explanation:
        return self.explain({MACHINE: machine.name})

    def department(self, department: Department) -> Iterator[Explanation]:
        """Its members who are in no other, for each way in that makes a difference."""
        found = list(ways(department, self.guard.names))
        if not found:
            people = [Person(department.provider.name, email) for email in department.emails]
            found = [identity_of(person, self.classes, self.guard.names) for person in people]
        member = self.diagrams.of(self.classes.member(department, self.guard.names))
        for identity in found:
            explanation = self.explain(identity)
            yield replace(explanation, note=self.others(member, identity))

    def others(self, members: int, identity: Identity, known: Identity | None = None) -> str:
        """Whether what is true of one member is true of all, of whom some things are `known`."""
        diagrams = self.diagrams
        everybody = diagrams.both(members, diagrams.of(self.possible))
        enters, able = self.entering(identity), diagrams.of(self.admitting)
        able, everybody = (diagrams.given(one, known or {}) for one in (able, everybody))
        apart = diagrams.either(diagrams.minus(enters, able), diagrams.minus(able, enters))
        if diagrams.both(everybody, apart) == EMPTY:
            return ALIKE
        return "members who are named, or in another department as well, may fare otherwise"

    def explain(self, identity: Identity) -> Explanation:
        able = self.seen(self.possible, identity)
        steps: list[Step] = []
        left = FULL
        for rule in rules(self.app, self.today):
            if rule.policy is None:
                steps.append(Step(rule, f"no: {rule.idle}", ""))
                continue
            matching = self.seen(self.matching(rule.policy), identity)
            decided = self.diagrams.both(left, self.seen(self.deciding[rule.policy.name], identity))
            left = self.diagrams.minus(left, decided)
            matches = self.words(matching, able)
            if matches == "never":
                steps.append(Step(rule, f"no: {self.missing(rule.policy, identity, able)}", ""))
                continue
            when = self.words(decided, able)
            decides = f"{VERBS[rule.policy.decision]} {when}".removesuffix(" always")
            decides = "an entry above has decided" if when == "never" else decides
            both = self.diagrams.both(matching, able)
            above = tuple(step.rule for step in steps if self.diagrams.both(step.decided, both) != EMPTY)
            steps.append(Step(rule, "yes" if matches == "always" else matches, decides, decided, above))
        undecided = self.diagrams.both(left, able) != EMPTY
        return Explanation(self.words(self.entering(identity), able), tuple(steps), undecided)

    def entering(self, identity: Identity) -> int:
        return self.seen(self.admitting, identity)

    @cached_property
    def admitting(self) -> Formula:
        return self.guard.entering(self.classes)

    @cached_property
    def matches(self) -> dict[str, Formula]:
        return {policy.name: self._matching(policy) for policy in self.guard.policies}

    def matching(self, policy: Policy) -> Formula:
        """Whoever a policy matches; those of a login need one that the app offers."""
        return self.matches[policy.name]

    def _matching(self, policy: Policy) -> Formula:
        if policy.decision == "non_identity":
            return Is(MACHINE, frozenset(policy.members))
        match = self.guard.matching(policy, self.classes)
        return match if policy.decision == "bypass" else Every((Is(PROVIDER, self.guard.providers), match))

    def seen(self, formula: Formula, identity: Identity) -> int:
        """A formula as an identity sees it: what is left are circumstances."""
        diagrams = self.diagrams
        every: Identity = {one: identity.get(one) for one in diagrams.order if one[0] in IDENTITY}
        return diagrams.given(diagrams.of(formula), every)

    def words(self, number: int, able: int) -> str:
        """`always`, `never`, or `if second factor, in JP or US`."""
        diagrams = self.diagrams
        if diagrams.both(number, able) == EMPTY:
            return "never"
        if diagrams.minus(able, number) == EMPTY:
            return "always"
        return f"if {conditions(diagrams, diagrams.within(number, able), self.classes, {})}"

    def missing(self, policy: Policy, identity: Identity, able: int) -> str:
        """Why a policy never matches an identity."""
        if policy.decision == "non_identity":
            return "another service token, or none"
        signed_in = policy.decision != "bypass"
        provider = identity.get(PROVIDER)
        if signed_in and provider is None:
            return "needs a login"
        if signed_in and provider not in self.guard.providers:
            return f"the app does not offer `{provider}` as a login"
        members = [self.classes.member(department, self.guard.names) for department in policy.departments]
        if members and all(self.seen(member, identity) == EMPTY for member in members):
            return f"not a member of {' or '.join(department.name for department in policy.departments)}"
        for condition in policy.require:
            if self.diagrams.both(self.holding(condition, identity, signed_in), able) == EMPTY:
                never = f", which `{provider}` never reports" if isinstance(condition, Mfa) else ""
                return f"needs {_asked(condition)}{never}"
        for condition in policy.exclude:
            if self.diagrams.minus(able, self.holding(condition, identity, signed_in)) == EMPTY:
                return f"needs not {_asked(condition)}"
        return "its conditions cannot be met together"

    def holding(self, condition: Condition, identity: Identity, signed_in: bool) -> int:
        return self.seen(self.classes.holds(condition, self.guard.names, signed_in=signed_in), identity)


def _asked(condition: Condition) -> str:
    return "a second factor" if isinstance(condition, Mfa) else f"to be {phrase(condition)}"
