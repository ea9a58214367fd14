"""Departments with nobody in common: assumed only where it changes what is said of a change, and then said as well."""

from __future__ import annotations

from collections.abc import Callable

from infra.access.exclusive import Pair
from infra.diff.delta import Comparison, Delta
from infra.diff.subjects import Row
from infra.estate import Estate

Deltas = tuple[Delta | None, Delta | None]


def apart(base: Estate, head: Estate) -> frozenset[frozenset[str]]:
    """What both sides say. A change does not excuse itself: what it declares first is not assumed of it.

    Departments are those of base for the same reason; see `Comparison`.
    """
    return base.apart & head.apart


def least_assumed(comparison: Comparison, deltas: Callable[[Comparison], Deltas]) -> tuple[Deltas, tuple[Pair, ...]]:
    """Who gains and who loses, and the few pairs without which something else would have to be said."""
    plain = deltas(comparison.assuming(()))
    pairs = tuple((one.name, other.name) for one, other in comparison.pairs)
    if not pairs or plain == (None, None):
        return plain, ()
    whole = _said(deltas(comparison))
    if whole == _said(plain):
        return plain, ()
    needed = pairs
    for pair in pairs:
        rest = tuple(other for other in needed if other != pair)
        if _said(deltas(comparison.assuming(rest))) == whole:
            needed = rest
    return deltas(comparison.assuming(needed)), needed


def _said(deltas: Deltas) -> tuple[tuple[Row, ...] | None, ...]:
    """What a reader is told of a change: another set of people who cannot be there is none."""
    return tuple(delta.rows if delta else None for delta in deltas)
