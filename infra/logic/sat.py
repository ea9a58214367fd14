"""Whether a formula can hold at all, asked of python-sat where it is installed (`pip install gatehouse[sat]`).

It answers where a diagram outgrows its budget, and knows no more than yes, with an example, or no.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

from infra.logic.diagrams import Assignment
from infra.logic.formulas import Every, Formula, Is, Not, Some, attributes


class NoSolverError(Exception):
    """python-sat is not installed."""


def solve(formula: Formula) -> Assignment | None:
    """An assignment for which a formula holds, or None if there is none. Raises NoSolverError."""
    try:
        from pysat.solvers import Cadical153
    except ImportError as error:
        raise NoSolverError from error
    with Cadical153() as solver:
        clauses = _Clauses(solver)
        for attribute in {one.attribute for one in attributes(formula)}:
            values = {value for one in attributes(formula) if one.attribute == attribute for value in one.values}
            clauses.at_most_one([clauses.variable((attribute, value)) for value in sorted(values)])
        solver.add_clause([clauses.literal(formula)])
        if not solver.solve():
            return None
        true = set(solver.get_model())
        return {attribute: value for (attribute, value), number in clauses.known.items() if number in true}


class _Clauses:
    """Clauses that say what a formula says, each part of it named by a variable (Tseitin 1968)."""

    def __init__(self, solver: Any) -> None:
        self._solver = solver
        self._last = 0
        self.known: dict[tuple[tuple[str, ...], str], int] = {}

    def fresh(self) -> int:
        self._last += 1
        return self._last

    def variable(self, key: tuple[tuple[str, ...], str]) -> int:
        if key not in self.known:
            self.known[key] = self.fresh()
        return self.known[key]

    def at_most_one(self, variables: list[int]) -> None:
        """Pairs where there are few; else a chain of "one of those so far", which needs three clauses for each."""
        if len(variables) <= 6:
            for one, other in combinations(variables, 2):
                self._solver.add_clause([-one, -other])
            return
        before = variables[0]
        for variable in variables[1:]:
            so_far = self.fresh()
            for clause in ([-before, so_far], [-variable, so_far], [-before, -variable]):
                self._solver.add_clause(clause)
            before = so_far

    def literal(self, formula: Formula) -> int:
        """The variable that is true exactly if the formula is."""
        match formula:
            case Not(part):
                return -self.literal(part)
            case Is(attribute, values):
                return self._one_of([self.variable((attribute, value)) for value in sorted(values)])
            case Some(parts):
                return self._one_of([self.literal(part) for part in parts])
            case Every(parts):
                return -self._one_of([-self.literal(part) for part in parts])

    def _one_of(self, literals: list[int]) -> int:
        named = self.fresh()
        self._solver.add_clause([-named, *literals])
        for literal in literals:
            self._solver.add_clause([named, -literal])
        return named
