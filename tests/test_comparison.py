"""The comparison is right: it says of everybody in 2,000 small universes what counting them one by one says."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from infra import estate as e
from infra.access import Person, Request, decide
from infra.access.attributes import Names
from infra.diff import changes as module
from infra.diff.changes import AppChange, Sides, Verdict, compare
from infra.diff.delta import Comparison, Delta, Residents, Side
from infra.diff.delta import delta as real_delta
from infra.logic import EMPTY, FULL
from tests.brute_force import Somebody, World, answering, entering
from tests.diagram_readers import Reading
from tests.universes import TODAY, Universe, universe

UNIVERSES = range(2000)
SHARES = [UNIVERSES[start : start + 250] for start in range(0, len(UNIVERSES), 250)]
ASKED = 6  # questions to `decide` for each app of a side
AGAIN = " as it is now"


@pytest.fixture(autouse=True)
def kept(monkeypatch: pytest.MonkeyPatch) -> dict[int, tuple[Comparison, int]]:
    """The diagrams in which each delta was found, by its witness."""
    found: dict[int, tuple[Comparison, int]] = {}

    def recording(
        comparison: Comparison, side: Side, other: Side, roster: Residents, stated: frozenset[str] | None
    ) -> Delta | None:
        part = real_delta(comparison, side, other, roster, stated)
        if part is not None:
            found[id(part.witness)] = comparison, comparison.diagrams.of(comparison.beyond(side, other))
        return part

    monkeypatch.setattr(module, "delta", recording)
    return found


def compared(one: Universe) -> tuple[AppChange, ...]:
    names = Names({name: name + AGAIN for name in one.reconnected})
    return tuple(compare(Sides(one.base, one.head, TODAY, names, {}, TODAY)))


def world_of(one: Universe) -> World:
    return World((one.base, {}), (one.head, {name: name + AGAIN for name in one.reconnected}))


@pytest.mark.parametrize("seeds", SHARES, ids=lambda seeds: f"{seeds.start}-{seeds.stop - 1}")
def test_it_says_of_everybody_what_counting_says(seeds: range, kept: dict[int, tuple[Comparison, int]]) -> None:
    seen: dict[Verdict, int] = {}
    for seed in seeds:
        for verdict in held(seed, kept):
            seen[verdict] = seen.get(verdict, 0) + 1
    verdicts: tuple[Verdict, ...] = ("equivalent", "narrowed", "broadened", "both", "new", "removed")
    assert min(seen.get(verdict, 0) for verdict in verdicts) > 9


def held(seed: int, kept: dict[int, tuple[Comparison, int]]) -> Iterator[Verdict]:
    """Hold one universe, and say which verdicts were in it."""
    one = universe(seed)
    world = world_of(one)
    expected = {place: points for place, points in counted(one, world) if points}
    actual: dict[Place, Delta] = {}
    for change in compared(one):
        actual |= {(change.app, part.at, "gained"): part for part in change.gained}
        actual |= {(change.app, part.at, "lost"): part for part in change.lost}
        yield change.verdict
    assert actual.keys() == expected.keys(), f"universe({seed})"
    for place, part in actual.items():
        comparison, number = kept[id(part.witness)]
        found = Reading(comparison, world).members(number)
        assert found == expected[place], f"universe({seed}), {place}: somebody else {place[2]} {part}"
        assert is_right(one, place, part), f"universe({seed}), {place}: not so of {part.witness}"
    kept.clear()


@pytest.mark.parametrize("seeds", SHARES, ids=lambda seeds: f"{seeds.start}-{seeds.stop - 1}")
def test_counting_says_what_decide_says(seeds: range) -> None:
    for seed in seeds:
        chance = random.Random(seed)
        one = universe(seed)
        world = world_of(one)
        points = list(world.points())
        for side, estate in enumerate((one.base, one.head)):
            for app, home in estate.tunnelled:
                entering = world.entering(side, app)
                for bit, somebody, asked in chance.sample(points, min(ASKED, len(points))):
                    person = as_person(somebody, side, one)
                    if person is NOT_HERE:
                        continue
                    request = Request(
                        home.hostname, f"{home.path}/q", asked.country, asked.ip, asked.devices, somebody.machine
                    )
                    outcome = decide(estate, person, request, TODAY)
                    if outcome.app is app:
                        assert outcome.enters == bool(entering & bit), (
                            f"universe({seed}), {app.name}: {somebody}, {asked}"
                        )


def test_everybody_is_looked_up(kept: dict[int, tuple[Comparison, int]]) -> None:
    """The same of a few universes without reading diagrams as lists of cubes."""
    for seed in range(40):
        one = universe(seed)
        world = world_of(one)
        expected = dict(counted(one, world))
        for change in compared(one):
            parts = [("gained", part) for part in change.gained] + [("lost", part) for part in change.lost]
            for which, part in parts:
                comparison, number = kept[id(part.witness)]
                reading = Reading(comparison, world)
                if reading.in_snowflake:
                    continue
                points = expected[change.app, part.at, which]
                for bit, somebody, asked in world.points():
                    answer = comparison.diagrams.given(number, reading.chosen(somebody, asked))
                    assert answer == (FULL if points & bit else EMPTY), (
                        f"universe({seed}), {change.app}: {somebody}, {asked}"
                    )


Place = tuple[str, str, str]
"""An app, the part of its address, and `gained` or `lost`."""


def counted(one: Universe, world: World) -> Iterator[tuple[Place, int]]:
    """Who gains and who loses, app by app, and where an address changes hands part by part."""
    before, after = {app.name: app for app in one.base.apps}, {app.name: app for app in one.head.apps}
    became = successors(one)
    kept = {old for old, new in became.items() if shown(before[old]) == shown(after[new])}
    for old, new in became.items():
        was, now = entering(world, 0, before[old]), entering(world, 1, after[new])
        yield (new, "", "gained"), now & ~was if old in kept else now
        yield (new, "", "lost"), was & ~now if old in kept else was
    for name in before.keys() - became.keys():
        yield (name, "", "lost"), entering(world, 0, before[name])
    for name in after.keys() - set(became.values()):
        yield (name, "", "gained"), entering(world, 1, after[name])
    homes = [app.home for app in (*one.base.apps, *one.head.apps) if isinstance(app.home, e.Tunnelled)]
    for host, path in {(home.hostname, home.path) for home in homes}:
        first, second = answering(one.base, host, path), answering(one.head, host, path)
        if first is None or second is None or became.get(first.name) == second.name:
            continue
        was, now = world.entering(0, first), world.entering(1, second)
        there, left = (now & ~was, was & ~now) if behind(first) == behind(second) else (now, was)
        if (host, path) != at(second):
            yield (second.name, f"{path}/" if path else host, "gained"), there
        if (host, path) != at(first):
            yield (became.get(first.name, first.name), f"{path}/" if path else host, "lost"), left


def is_right(one: Universe, place: Place, part: Delta) -> bool:
    """Whether a witness enters on the one side and not on the other. `decide` knows nobody of another provider of the
    same name, and nothing of Snowflake."""
    name, below, which = place
    old = {new: old for old, new in successors(one).items()}.get(name, name)
    estates = (one.base, one.head) if which == "lost" else (one.head, one.base)
    names = (old, name) if which == "lost" else (name, old)
    apps = [
        next((app for app in estate.apps if app.name == name), None)
        for estate, name in zip(estates, names, strict=True)
    ]
    if one.reconnected or any(app and isinstance(app.home, e.InSnowflake) for app in apps):
        return True
    enters = []
    for estate, app in zip(estates, apps, strict=True):
        host, _, path = below.removesuffix("/").partition("/")
        inside = apps[0] if below.startswith("/") else app
        if inside is not None and not host:
            host, path = at(inside)[0], path if below else at(inside)[1].removeprefix("/")
        request = replace(part.witness.request, hostname=host, path=f"/{path}")
        enters.append(decide(estate, part.witness.person, request, TODAY).enters)
    first, second = apps
    fresh = not below and (first is None or second is None or shown(first) != shown(second))
    if below and inside is not None:
        other = answering(estates[1], host, f"/{path}" if path else "")
        fresh = other is None or behind(other) != behind(inside)
    return enters[0] and (fresh or not enters[1])


def shown(app: e.App) -> tuple[str, ...]:
    """What is seen by whoever enters: a service is told the path, an app of a folder is the same everywhere."""
    home = app.home
    if isinstance(home, e.InSnowflake):
        return ("snowflake", home.source)
    return (home.source,) if home.source else (home.service, home.path)


def behind(app: e.App) -> str:
    """What answers at an address."""
    home = app.home
    assert isinstance(home, e.Tunnelled)
    return home.source or home.service


def successors(one: Universe) -> dict[str, str]:
    """What apps of base are called in head: another name where that one alone shows the same."""
    gone = [app for app in one.base.apps if all(app.name != other.name for other in one.head.apps)]
    come = [app for app in one.head.apps if all(app.name != other.name for other in one.base.apps)]
    found = {app.name: app.name for app in one.base.apps if app not in gone}
    for app in gone:
        former = [other for other in gone if shown(other) == shown(app)]
        latter = [other for other in come if shown(other) == shown(app)]
        if len(former) == len(latter) == 1:
            found[app.name] = latter[0].name
    return found


def at(app: e.App) -> tuple[str, str]:
    assert isinstance(app.home, e.Tunnelled)
    return app.home.hostname, app.home.path


NOT_HERE = Person("", "")


def as_person(one: Somebody, side: int, within: Universe) -> Person | None:
    """Somebody as the evaluator of one side knows them; a provider that was reconnected is another one in head."""
    if one.provider is None:
        return None
    name = one.provider.removesuffix(AGAIN)
    if name in within.reconnected and (name == one.provider) == (side == 1):
        return NOT_HERE
    return Person(name, one.email, one.groups, one.claims, one.mfa)
