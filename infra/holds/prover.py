"""Somebody for whom a formula holds, or the proof that there is nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from infra.access.attributes import in_order
from infra.access.exclusive import Pair
from infra.access.witness import cost
from infra.holds.questions import World
from infra.logic import EMPTY, FULL, Assignment, Attribute, Diagrams, Every, Formula, TooLargeError
from infra.logic.sat import solve

Example = tuple[Assignment, frozenset[Attribute]]
"""Somebody, and what about them matters."""

# A person is shown with as little of this as possible, and rather without a second factor than in some country.
_LEFT_OUT_FIRST = ("ip", "country", "mfa")


@dataclass(frozen=True)
class Prover:
    """Questions about one app that share what is computed. Only what `formulas` speak of can be asked about."""

    world: World
    formulas: tuple[Formula, ...]

    @cached_property
    def _exclusions(self) -> dict[Pair, Formula]:
        return dict(self.world.exclusions())

    @cached_property
    def _possible(self) -> Formula:
        return self.world.possible([*self.formulas, *self._exclusions.values()])

    @cached_property
    def _diagrams(self) -> Diagrams:
        return Diagrams(in_order([*self.formulas, *self._exclusions.values(), self._possible]))

    def somebody(self, formula: Formula) -> Example | None:
        """Somebody for whom it holds. Raises NoSolverError where that is too much to compute."""
        return self._somebody(formula, self._exclusions)

    def assumed(self, formula: Formula) -> tuple[Pair, ...]:
        """The exclusions without which there would be somebody; none if there is somebody, or would not be."""
        if not self._exclusions or self._somebody(formula, {}) is None or self.somebody(formula) is not None:
            return ()
        needed = dict(self._exclusions)
        for pair in self._exclusions:
            rest = {other: item for other, item in needed.items() if other != pair}
            if self._somebody(formula, rest) is None:
                needed = rest
        return tuple(needed)

    def _somebody(self, formula: Formula, exclusions: Mapping[Pair, Formula]) -> Example | None:
        try:
            number = self._diagrams.of(formula)
            for exclusion in exclusions.values() if number != EMPTY else ():
                number = self._diagrams.both(number, self._diagrams.of(exclusion))
            number = self._diagrams.both(number, self._everybody) if number != EMPTY else EMPTY
            found = self._diagrams.cheapest(number, cost)
            return (found, self._deciding(number, found)) if found is not None else None
        except TooLargeError:
            solution = solve(Every((self._possible, *exclusions.values(), formula)))
            return (solution, frozenset(solution)) if solution is not None else None

    @cached_property
    def _everybody(self) -> int:
        return self._diagrams.of(self._possible)

    def _deciding(self, number: int, example: Assignment) -> frozenset[Attribute]:
        """What about somebody matters; that others cannot exist does not."""
        others = self._diagrams.minus(FULL, self._everybody)
        return self._diagrams.deciding(self._diagrams.either(number, others), example, _LEFT_OUT_FIRST)
