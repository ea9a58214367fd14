"""What is left where a diagram outgrows its budget: a SAT solver, if one is installed, says whether anybody changes."""

from __future__ import annotations

from infra.diff.delta import Comparison, Delta, Side, example
from infra.logic import Every, Not
from infra.logic.sat import solve


def solved(comparison: Comparison, side: Side, other: Side, stated: frozenset[str] | None) -> Delta | None:
    """The same as `delta`, with one example only. Raises NoSolverError."""
    beyond = comparison.beyond(side, other)
    found = solve(beyond)
    if found is None:
        return None
    beside = None if stated is None else solve(Every((beyond, Not(comparison.subjects.named(stated)))))
    return example(comparison, found, beside, side)
