"""Whether what `tests` say of an app is so: a proof over all people and requests, or somebody for whom it is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Literal

from infra.access.exclusive import Pair
from infra.access.witness import Witness
from infra.estate import App, Entry, Estate, Tunnelled
from infra.holds.behind_access import BehindAccess
from infra.holds.by_role import ByRole
from infra.holds.claims import Claim, claims
from infra.holds.prover import Prover
from infra.holds.questions import Question, World, question
from infra.holds.shown import shown
from infra.logic import ALWAYS
from infra.logic.sat import NoSolverError

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
    answers = _Answers(world_of(estate, app, today, asked), asked)
    lapsed = next((entry for entry in app.access if not entry.holds_on(today)), None)
    for claim in asked:
        finding = answers.finding(claim)
        if lapsed and finding.status == "failed" and claim.verb in ("may", "must"):
            before = _Answers(world_of(estate, app, date.min, asked), asked).finding(claim)
            finding = replace(finding, status="lapsed", entry=lapsed) if before.status == "held" else finding
        yield finding


def world_of(estate: Estate, app: App, today: date, asked: tuple[Claim, ...] = ()) -> World:
    """One app of an estate as formulas."""
    if isinstance(app.home, Tunnelled):
        return BehindAccess(estate, app, today, asked)
    return ByRole(estate, app, today, asked)


@dataclass(frozen=True)
class _Answers:
    """All questions about one app."""

    world: World
    asked: tuple[Claim, ...]

    @cached_property
    def _questions(self) -> dict[tuple[object, ...], Question]:
        return {claim.key: question(self.world, claim) for claim in self.asked}

    @cached_property
    def _prover(self) -> Prover:
        return Prover(
            self.world, tuple(part for one in self._questions.values() for part in (one.subject, one.formula))
        )

    def finding(self, claim: Claim) -> Finding:
        try:
            return self._found(claim, self._questions[claim.key])
        except NoSolverError:
            return Finding(claim, self.world.app, "undecided")

    def _found(self, claim: Claim, asked: Question) -> Finding:
        app, prover = self.world.app, self._prover
        example = prover.somebody(asked.formula)
        if example is None and asked.subject != ALWAYS and prover.somebody(asked.subject) is None:
            # Of nobody everything is true, so what is said of nobody is a mistake.
            return Finding(claim, app, "failed", vacuous=True, assuming=prover.assumed(asked.subject))
        status: Status = "held" if (example is not None) == asked.exists else "failed"
        if example is None:
            return Finding(claim, app, status, assuming=prover.assumed(asked.formula))
        who = [one.test.who for one in self.asked if one.test.who]
        witness, enters, entry = shown(self.world, *example, who)
        self._confirm(claim, witness, enters)
        return Finding(claim, app, status, witness, enters, entry)

    def _confirm(self, claim: Claim, witness: Witness, enters: bool) -> None:
        """A proof that `decide` contradicts is a bug, and must not be believed. With a reason both can be true."""
        if enters != (claim.verb != "must") and not claim.test.reason:
            said = "does not enter" if enters else "enters"
            raise AssertionError(f"the proof says that {witness} {said} `{claim.app}`, and `decide` says otherwise")
