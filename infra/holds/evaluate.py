"""Whether what `tests` say of an app is so: a proof over all people and requests, or somebody for whom it is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Literal

from infra.access.attributes import in_order
from infra.access.witness import Witness, cost
from infra.estate import App, Entry, Estate, Tunnelled
from infra.holds.behind_access import BehindAccess, Pair
from infra.holds.by_role import ByRole
from infra.holds.claims import Claim, claims
from infra.holds.questions import Question, World, question
from infra.holds.shown import shown
from infra.logic import FULL, Assignment, Attribute, Diagrams, Every, Formula, TooLargeError
from infra.logic.sat import NoSolverError, solve

Example = tuple[Assignment, frozenset[Attribute]]
Status = Literal["held", "failed", "lapsed", "undecided"]


@dataclass(frozen=True)
class Finding:
    """What became of a claim in one estate.

    `witness` is somebody for whom it is not so, or, of a `may` that holds, somebody who enters; `enters` and `entry`
    say whether they do, and what in `access` decides it. `vacuous`: it speaks about nobody. `assuming` are the
    departments with nobody in common without which the answer would be another one. It has `lapsed` if it held before
    `entry` ended.
    """

    claim: Claim
    app: App
    status: Status
    witness: Witness | None = None
    enters: bool = False
    entry: Entry | None = None
    vacuous: bool = False
    assuming: tuple[Pair, ...] = ()

    @property
    def is_good(self) -> bool:
        """Whether nothing has to be done about it: time alone makes no claim about who enters false."""
        return self.status in ("held", "lapsed")


def claims_by_app(estate: Estate) -> dict[str, tuple[Claim, ...]]:
    """All that is said of each app."""
    found: dict[str, list[Claim]] = {}
    for claim in claims(estate.tests, estate.apps):
        found.setdefault(claim.app, []).append(claim)
    return {app: tuple(asked) for app, asked in found.items()}


def evaluate_app(estate: Estate, app: App, today: date, asked: tuple[Claim, ...]) -> Iterator[Finding]:
    """What becomes of the claims about one app."""
    if not asked:
        return
    answers = _Answers(_world(estate, app, today, asked), asked)
    lapsed = next((entry for entry in app.access if not entry.holds_on(today)), None)
    for claim in asked:
        finding = answers.finding(claim)
        if lapsed and finding.status == "failed" and claim.verb in ("may", "must"):
            before = _Answers(_world(estate, app, date.min, asked), asked).finding(claim)
            finding = replace(finding, status="lapsed", entry=lapsed) if before.status == "held" else finding
        yield finding


def _world(estate: Estate, app: App, today: date, asked: tuple[Claim, ...]) -> World:
    if isinstance(app.home, Tunnelled):
        return BehindAccess(estate, app, today, asked)
    return ByRole(estate, app, today)


@dataclass(frozen=True)
class _Answers:
    """All questions about one app; they share what is computed."""

    world: World
    asked: tuple[Claim, ...]

    @cached_property
    def _questions(self) -> dict[tuple[object, ...], Question]:
        return {claim.key: question(self.world, claim) for claim in self.asked}

    @cached_property
    def _formulas(self) -> tuple[Formula, ...]:
        return tuple(part for one in self._questions.values() for part in (one.subject, one.formula))

    @cached_property
    def _possible(self) -> Formula:
        return self.world.possible([*self._formulas, *self._exclusions.values()])

    @cached_property
    def _exclusions(self) -> dict[Pair, Formula]:
        return dict(self.world.exclusions(self._formulas))

    @cached_property
    def _diagrams(self) -> Diagrams:
        return Diagrams(in_order([*self._formulas, *self._exclusions.values(), self._possible]))

    def finding(self, claim: Claim) -> Finding:
        try:
            return self._found(claim, self._questions[claim.key])
        except NoSolverError:
            return Finding(claim, self.world.app, "undecided")

    def _found(self, claim: Claim, asked: Question) -> Finding:
        app = self.world.app
        example = self._somebody(asked.formula, self._exclusions)
        if example is None and self._somebody(asked.subject, self._exclusions) is None:
            # Of nobody everything is true, so what is said of nobody is a mistake.
            return Finding(claim, app, "failed", vacuous=True, assuming=self._needed(asked.subject))
        status: Status = "held" if (example is not None) == asked.exists else "failed"
        if example is None:
            return Finding(claim, app, status, assuming=self._needed(asked.formula))
        who = [one.test.who for one in self.asked if one.test.who]
        witness, enters, entry = shown(self.world, *example, who)
        self._confirm(claim, witness, enters)
        return Finding(claim, app, status, witness, enters, entry)

    def _confirm(self, claim: Claim, witness: Witness, enters: bool) -> None:
        """A proof that `decide` contradicts is a bug, and must not be believed. With a reason both can be true."""
        if enters != (claim.verb != "must") and not claim.test.reason:
            said = "does not enter" if enters else "enters"
            raise AssertionError(f"the proof says that {witness} {said} `{claim.app}`, and `decide` says otherwise")

    def _somebody(self, formula: Formula, exclusions: Mapping[Pair, Formula]) -> Example | None:
        """Somebody for whom a formula holds, with what that depends on. Raises NoSolverError."""
        whole = Every((self._possible, *exclusions.values(), formula))
        try:
            number = self._diagrams.of(whole)
            found = self._diagrams.cheapest(number, cost)
            return (found, self._deciding(number, found)) if found is not None else None
        except TooLargeError:
            solution = solve(whole)
            return (solution, frozenset(solution)) if solution is not None else None

    def _deciding(self, number: int, example: Assignment) -> frozenset[Attribute]:
        """What about somebody matters; that others cannot exist does not."""
        others = self._diagrams.minus(FULL, self._diagrams.of(self._possible))
        return self._diagrams.deciding(self._diagrams.either(number, others), example, ("ip", "country", "mfa"))

    def _needed(self, formula: Formula) -> tuple[Pair, ...]:
        """The exclusions without which there would be somebody for whom a formula holds."""
        if not self._exclusions or self._somebody(formula, {}) is None:
            return ()
        needed = dict(self._exclusions)
        for pair in self._exclusions:
            rest = {other: item for other, item in needed.items() if other != pair}
            if self._somebody(formula, rest) is None:
                needed = rest
        return tuple(needed)
