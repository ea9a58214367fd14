"""Other engines say the same: z3, which knows addresses bit by bit, and python-sat, which answers what is too large."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.access.attributes import Names
from infra.access.guard import Guard
from infra.diff import changes as module
from infra.diff import delta as delta_module
from infra.diff.changes import AppChange, Sides, compare
from infra.diff.delta import Comparison, Side
from infra.estate import App, Estate
from infra.logic import ALWAYS, EMPTY, FULL, NEVER, Diagrams, Every, Is, Not, Some, TooLargeError
from infra.logic.sat import solve
from infra.logic.sets import MOST_ATTRIBUTES
from tests.universes import TODAY, universe

SEEDS = range(20_000, 20_350)
HAS_Z3, HAS_SAT = (importlib.util.find_spec(name) is not None for name in ("z3", "pysat"))
ROOT = Path(__file__).parent.parent
needs_z3 = pytest.mark.skipif(not HAS_Z3, reason="Z3 IS NOT INSTALLED: NOTHING IS HELD AGAINST IT HERE")
needs_sat = pytest.mark.skipif(not HAS_SAT, reason="PYTHON-SAT IS NOT INSTALLED: THE FALLBACK IS NOT TRIED HERE")


def compared_pairs(seeds: range) -> list[tuple[str, App, App, Comparison]]:
    """The apps of universes that are on both sides and are not the same there."""
    found = []
    for seed in seeds:
        one = universe(seed)
        before = {app.name: app for app in one.base.apps}
        for app in one.head.apps if not one.reconnected else ():
            old = before.get(app.name)
            if old is not None and old.access != app.access:
                guards = [side(old, one.base), side(app, one.head)]
                found.append((f"universe({seed}), {app.name}", old, app, Comparison(*guards)))
    return found


def side(app: App, estate: Estate) -> Side:
    return Side(Guard.of(app, estate, TODAY, Names()), ("", ""), estate.departments)


def says(comparison: Comparison) -> tuple[bool, bool]:
    base, head, diagrams = comparison.base, comparison.head, comparison.diagrams
    gained, lost = comparison.beyond(head, base), comparison.beyond(base, head)
    return diagrams.of(gained) != EMPTY, diagrams.of(lost) != EMPTY


@needs_z3
def test_z3_says_the_same() -> None:
    from bench.peers.by_z3 import Pair

    found = compared_pairs(range(20_000, 20_900))[:500]
    assert len(found) == 500
    answers = set()
    for what, old, new, comparison in found:
        pair = Pair(old, new, TODAY)
        answers.add(says(comparison))
        assert says(comparison) == (pair.gains(), pair.loses()), what
    assert len(answers) == 4


@needs_sat
def test_python_sat_says_the_same_and_its_example_is_in_the_set() -> None:
    for what, _, _, comparison in compared_pairs(range(20_000, 20_900))[:500]:
        base, head, diagrams = comparison.base, comparison.head, comparison.diagrams
        for formula in (comparison.beyond(head, base), comparison.beyond(base, head)):
            number, example = diagrams.of(formula), solve(formula)
            assert (example is None) == (number == EMPTY), what
            if example is not None:
                assert diagrams.given(number, {one: example.get(one) for one in diagrams.order}) == FULL, what


@needs_sat
def test_python_sat_knows_formulas_without_attributes() -> None:
    one = Is(("country",), frozenset({"JP", "US"}))
    for formula, holds in ((ALWAYS, True), (NEVER, False), (Not(ALWAYS), False), (Every((one, Not(one))), False)):
        assert (solve(formula) is not None) == holds
    assert solve(Some((NEVER, one))) in ({("country",): "JP"}, {("country",): "US"})
    many = [Is(("email",), frozenset({f"{number}@corp.example"})) for number in range(20)]
    assert solve(Every((many[3], many[17]))) is None
    assert solve(Every((many[3], Not(many[17])))) == {("email",): "3@corp.example"}


def verdicts(seed: int) -> tuple[AppChange, ...]:
    one = universe(seed)
    names = Names({name: f"{name} as it is now" for name in one.reconnected})
    return tuple(compare(Sides(one.base, one.head, TODAY, names, {}, TODAY, {})))


@needs_sat
def test_what_outgrows_its_budget_is_asked_of_python_sat(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = {seed: verdicts(seed) for seed in SEEDS}
    monkeypatch.setattr(delta_module, "Diagrams", lambda order: Diagrams(order, budget=12))
    asked, names = 0, set()
    for seed, changes in exact.items():
        for one, other in zip(changes, verdicts(seed), strict=True):
            assert one.verdict == other.verdict, f"universe({seed}), {one.app}"
            for part in other.gained:
                if part.digest.startswith("of "):
                    asked += 1
                    names.add(part.digest)
                    assert part.unstated is not None, "somebody gains of whom nothing was said"
    assert asked > 50
    assert len(names) > asked / 2


def test_without_python_sat_it_is_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delta_module, "Diagrams", lambda order: Diagrams(order, budget=12))
    monkeypatch.setitem(sys.modules, "pysat", None)
    monkeypatch.setitem(sys.modules, "pysat.solvers", None)
    seen = [change for seed in SEEDS for change in verdicts(seed) if change.verdict == "undecided"]
    assert len(seen) > 50
    advice = "install the extra `sat` (`pip install 'gatehouse[sat]'`), or split the app's policies"
    assert {change.notes[-1] for change in seen} == {f"not decided: more than 12 nodes; {advice}"}
    assert all(change.verdict in module.WIDENING and not change.gained for change in seen)


def digests() -> Iterator[str]:
    """Everything by which sets are named, in some universes: diagrams, and the policies of what is not decided."""
    for seed in SEEDS[:60]:
        yield from (part.digest for change in verdicts(seed) for part in (*change.gained, *change.lost))
        one = universe(seed)
        for estate in (one.base, one.head):
            yield from (Guard.of(app, estate, TODAY, Names()).canonical for app in estate.apps)


def test_a_digest_is_the_same_in_every_process() -> None:
    """Sets have another order in another process, and what was approved there counts here."""
    script = "from tests.test_solvers import digests; print(*digests(), sep='\\n')"
    said = [
        subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()
        for seed in ("1", "2")
    ]
    assert len(said[0]) > 250
    for one, other in zip(*said, strict=True):
        assert one == other


def test_equal_meaning_has_one_name_and_another_meaning_another() -> None:
    """Undecided sets bear the name of their guards, so an approval of one must not be one of another."""
    names: dict[str, object] = {}
    for seed in SEEDS:
        one = universe(seed)
        for app, estate in [(app, side) for side in (one.base, one.head) for app in side.apps]:
            guard = Guard.of(app, estate, TODAY, Names())
            assert names.setdefault(guard.canonical, guard.meaning) == guard.meaning, f"universe({seed}), {app.name}"
    assert len({*names.values()}) == len(names) > 200


def test_as_many_attributes_as_are_allowed() -> None:
    order = [("group", "okta", str(number)) for number in range(MOST_ATTRIBUTES)]
    diagrams = Diagrams(order)
    one = diagrams.of(Some(tuple(Is(attribute, frozenset({"yes"})) for attribute in order)))
    none = diagrams.of(Every(tuple(Not(Is(attribute, frozenset({"yes"}))) for attribute in order)))
    assert diagrams.minus(FULL, one) == none
    assert diagrams.within(one, diagrams.either(one, none)) == one
    assert diagrams.given(one, {order[-1]: "yes"}) == FULL
    assert len(diagrams.cheapest(one, lambda *_: 1) or {}) == 1
    assert len(list(diagrams.paths(one))) == MOST_ATTRIBUTES
    assert len(diagrams.digest(one, lambda _, leads, rest: [rest, sorted(leads.items())])) == 64
    with pytest.raises(TooLargeError, match="more than 400 attributes"):
        Diagrams([*order, ("mfa",)])
