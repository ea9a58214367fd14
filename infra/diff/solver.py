"""What is left where a diagram outgrows its budget: a SAT solver, if one is installed, says whether anybody changes."""

from __future__ import annotations

from infra.diff.delta import Comparison, Delta, Side, example
from infra.logic.sat import solve


def solved(comparison: Comparison, side: Side, other: Side) -> Delta | None:
    """The same as `delta`, with one example only. Raises NoSolverError."""
    found = solve(comparison.beyond(side, other))
    return example(comparison, found, side) if found is not None else None
