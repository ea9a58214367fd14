"""A claim as a question: is there somebody like this?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from infra.access.exclusive import Pair
from infra.access.guard import Guard
from infra.estate import App, Estate
from infra.holds.claims import Claim
from infra.logic import ALWAYS, NEVER, Every, Formula, Not, Some
from infra.schema.expectations import Who


class World(Protocol):
    """One app on a day, as formulas over all people and requests."""

    @property
    def estate(self) -> Estate: ...
    @property
    def app(self) -> App: ...
    @property
    def today(self) -> date: ...
    @property
    def guard(self) -> Guard: ...
    @property
    def entering(self) -> Formula: ...
    @property
    def anonymous(self) -> Formula: ...
    @property
    def without_second_factor(self) -> Formula: ...
    def who(self, who: Who) -> Formula: ...
    def among(self, names: Iterable[str]) -> Formula: ...
    def decided_by(self, reason: str, *, entering: bool) -> Formula: ...
    def under(self, guard: Guard) -> Formula: ...
    def possible(self, formulas: Iterable[Formula]) -> Formula: ...
    def exclusions(self) -> Iterator[tuple[Pair, Formula]]: ...


@dataclass(frozen=True)
class Question:
    """Whether there is somebody for whom `formula` holds. The claim is true if there is (`exists`), or if there is not.

    `subject` are those it speaks about, of whom there must be some.
    """

    exists: bool
    formula: Formula
    subject: Formula


def question(world: World, claim: Claim) -> Question:
    """What to ask about a claim."""
    test = claim.test
    if claim.verb == "reach":
        return Question(False, Every((world.entering, Not(world.among(test.only)))), ALWAYS)
    if claim.verb == "no_public":
        nobody = not world.guard.public
        return Question(False, NEVER if nobody else Every((world.entering, world.anonymous)), ALWAYS)
    if claim.verb == "mfa_everywhere":
        return Question(False, Every((world.entering, world.without_second_factor)), ALWAYS)
    assert test.who is not None  # noqa: S101 - held by `checks`
    who = world.who(test.who)
    if claim.verb == "never":
        wrong = world.entering
        if test.reason:
            wrong = Some((wrong, Not(world.decided_by(test.reason, entering=False))))
        return Question(False, Every((who, wrong)), who)
    right = world.decided_by(test.reason, entering=True) if test.reason else world.entering
    if claim.verb == "may":
        return Question(True, Every((who, right)), who)
    return Question(False, Every((who, Not(right))), who)
