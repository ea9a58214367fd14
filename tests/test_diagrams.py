"""Diagrams against tables: each set of a few attributes with few values, listed in full."""

from __future__ import annotations

import random
from itertools import product

import pytest

from infra.logic import ALWAYS, EMPTY, FULL, NEVER, Attribute, Diagrams, Every, Formula, Is, Not, Some, TooLargeError

ORDER: tuple[Attribute, ...] = (("a",), ("b",), ("c",), ("d",))
VALUES = ("x", "y", None)
ROWS = tuple(dict(zip(ORDER, row, strict=True)) for row in product(VALUES, repeat=len(ORDER)))
Table = frozenset[int]


def formula(chance: random.Random, depth: int = 3) -> Formula:
    if depth == 0 or chance.random() < 0.2:
        values = frozenset(chance.sample(("x", "y"), chance.randint(1, 2)))
        return chance.choice((Is(chance.choice(ORDER), values), Is(chance.choice(ORDER), values), ALWAYS, NEVER))
    parts = tuple(formula(chance, depth - 1) for _ in range(chance.randint(1, 3)))
    return chance.choice((Every(parts), Some(parts), Not(parts[0])))


def table(one: Formula) -> Table:
    return frozenset(number for number, row in enumerate(ROWS) if holds(one, row))


def holds(one: Formula, row: dict[Attribute, str | None]) -> bool:
    match one:
        case Is(attribute, values):
            return row[attribute] in values
        case Not(part):
            return not holds(part, row)
        case Every(parts):
            return all(holds(part, row) for part in parts)
        case Some(parts):
            return any(holds(part, row) for part in parts)


def listed(diagrams: Diagrams, number: int) -> Table:
    return frozenset(place for place, row in enumerate(ROWS) if diagrams.given(number, row) == FULL)


def matters(rows: Table, attribute: Attribute) -> bool:
    same = [(tuple(v for a, v in ROWS[n].items() if a != attribute), n in rows) for n in range(len(ROWS))]
    return len(set(same)) > len({rest for rest, _ in same})


@pytest.mark.parametrize("seed", range(60))
def test_sets_are_what_their_tables_say(seed: int) -> None:
    chance = random.Random(seed)
    diagrams = Diagrams(ORDER)
    (one, first), (two, second) = ((diagrams.of(f), table(f)) for f in (formula(chance), formula(chance)))
    assert (listed(diagrams, one), listed(diagrams, two)) == (first, second)
    assert (one == two) == (first == second), "equal sets are one number"
    assert listed(diagrams, diagrams.both(one, two)) == first & second
    assert listed(diagrams, diagrams.either(one, two)) == first | second
    assert listed(diagrams, diagrams.minus(one, two)) == first - second
    assert diagrams.minus(diagrams.either(one, two), two) == diagrams.minus(one, two)
    assert diagrams.looked_at(one) == {attribute for attribute in ORDER if matters(first, attribute)}
    covered = [
        n for cube in diagrams.paths(one) for n, row in enumerate(ROWS) if all((row[a] in v) == m for a, v, m in cube)
    ]
    assert sorted(covered) == sorted(first), "each member is in one cube"


@pytest.mark.parametrize("seed", range(120))
def test_within_what_is_possible_the_set_is_the_same_and_looks_at_less(seed: int) -> None:
    chance = random.Random(seed)
    diagrams = Diagrams(ORDER)
    one, two = formula(chance), formula(chance)
    number, possible = diagrams.of(one), diagrams.of(two)
    found = diagrams.within(number, possible)
    assert listed(diagrams, diagrams.both(found, possible)) == table(one) & table(two)
    assert diagrams.looked_at(found) <= diagrams.looked_at(number)


def test_within_does_not_say_what_everybody_has_in_common() -> None:
    diagrams = Diagrams(ORDER)
    a, b = Is(ORDER[0], frozenset({"x"})), Is(ORDER[1], frozenset({"y"}))
    both, only_a, only_b = (diagrams.of(one) for one in (Every((a, b)), a, b))
    assert diagrams.within(both, only_a) == only_b
    assert diagrams.within(both, only_b) == only_a
    assert diagrams.within(both, both) == FULL
    assert diagrams.within(both, diagrams.of(Not(a))) == EMPTY
    assert diagrams.within(diagrams.of(Every((Not(a), b))), diagrams.of(Not(a))) == only_b


@pytest.mark.parametrize("seed", range(40))
def test_the_cheapest_costs_least(seed: int) -> None:
    chance = random.Random(seed)
    costs = {(a, v): chance.randint(1, 9) for a in ORDER for v in ("x", "y")}
    diagrams, one = Diagrams(ORDER), formula(chance)
    found = diagrams.cheapest(diagrams.of(one), lambda attribute, value: costs[attribute, value])
    prices = [sum(costs[a, v] for a, v in ROWS[n].items() if v is not None) for n in table(one)]
    assert (found is None) == (not prices)
    if found is not None:
        assert sum(costs[item] for item in found.items()) == min(prices)
        assert holds(one, {a: found.get(a) for a in ORDER})


def test_the_budget_is_what_it_says() -> None:
    one = Is(ORDER[0], frozenset({"x"}))
    assert Diagrams(ORDER, budget=3).of(one) == 2
    with pytest.raises(TooLargeError, match="more than 2 nodes"):
        Diagrams(ORDER, budget=2).of(one)
