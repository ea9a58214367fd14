"""What is assumed of people and cannot be proved: departments that have nobody in common."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import combinations

from infra.access.attributes import ROLE, YES
from infra.estate import Department
from infra.logic import Every, Formula, Is, Not

Pair = tuple[str, str]


def pairs_of(departments: Iterable[Department], apart: Collection[frozenset[str]]) -> Iterator[tuple[Department, ...]]:
    """The pairs among some departments that are apart, as `Estate.apart` says it."""
    if apart:
        named = {item.name: item for item in departments}
        for one, other in combinations(named.values(), 2):
            if frozenset({one.name, other.name}) in apart:
                yield one, other


def exclusions(
    pairs: Iterable[tuple[Department, ...]], being: Callable[[Department], Formula]
) -> Iterator[tuple[Pair, Formula]]:
    """For each pair, that nobody is in both. `being` is being in a department."""
    for one, other in pairs:
        both = being(one), being(other)
        if both[0] != both[1]:
            yield (one.name, other.name), Not(Every(both))


def holding(department: Department) -> Formula:
    """Being in a department as Snowflake sees it: holding its role."""
    return Is((ROLE, department.snowflake_role), YES)


def assumption(pairs: Iterable[Pair]) -> str:
    """`assuming that nobody is in both finance and contractors`."""
    said = [f"{'both ' if number == 0 else ''}{one} and {other}" for number, (one, other) in enumerate(pairs)]
    return f"assuming that nobody is in {', or in '.join(said)}"
