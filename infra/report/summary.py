"""What every form says in the same order: the verdict, what is worst first, and what stacks have in common."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from infra.diff.changes import AppChange, Verdict
from infra.diff.delta import Delta
from infra.diff.estates import Diff, StackDiff
from infra.diff.lapses import Lapse
from infra.diff.surroundings import Fact
from infra.problems import count

ORDER: tuple[Verdict, ...] = ("undecided", "broadened", "both", "new", "narrowed", "removed", "equivalent")
WORDS = {"both": "broadened and narrowed", "equivalent": "the same people"}


@dataclass(frozen=True)
class Item:
    """A change of one app that several stacks have alike. `change` is that of the first of them."""

    stacks: tuple[str, ...]
    change: AppChange


def items(diff: Diff) -> tuple[Item, ...]:
    """The changes that there is something to say about, those that let people in first."""
    found: dict[object, Item] = {}
    for stack, change in diff.changes:
        if not change.is_silent:
            key = (change.app, change.verdict, change.notes, *(_said(one) for one in (*change.gained, *change.lost)))
            stacks = (*found[key].stacks, stack) if key in found else (stack,)
            found[key] = Item(stacks, found[key].change if key in found else change)
    return tuple(sorted(found.values(), key=lambda item: ORDER.index(item.change.verdict)))


def _said(delta: Delta) -> object:
    return delta.at, delta.rows, delta.people


def facts(diff: Diff) -> Iterator[tuple[Fact, tuple[str, ...]]]:
    """Each fact with the stacks in which it is one."""
    found: dict[Fact, tuple[str, ...]] = {}
    for item in diff.stacks:
        for fact in item.facts:
            found[fact] = (*found.get(fact, ()), item.stack)
    yield from sorted(found.items(), key=lambda pair: (pair[0].kind, not pair[0].appears))


def verdict(diff: Diff) -> str:
    """`1 app broadened, 2 narrowed, 4 unchanged`. An app counts once, with its worst verdict in any stack."""
    worst: dict[str, Verdict] = {}
    for _, change in diff.changes:
        worst[change.app] = min(worst.get(change.app, "equivalent"), change.verdict, key=ORDER.index)
    if set(worst.values()) <= {"equivalent"}:
        return f"nobody gains and nobody loses access to {_apps(len(worst))}"
    parts: list[str] = []
    for one in ORDER:
        number = sum(1 for found in worst.values() if found == one)
        word = "unchanged" if one == "equivalent" else WORDS.get(one, one)
        if number:
            parts.append(f"{number if parts else count(number, 'app')} {word}")
    return ", ".join(parts)


def _apps(number: int) -> str:
    return count(number, "app")


def people(diff: Diff) -> str:
    """`2 people of people.yaml gain, 1 loses`; empty where none does or there is no roster."""
    gain, lose = len(diff.people("gained")), len(diff.people("lost"))
    parts = [f"{count(gain, 'person', 'people')} {'gains' if gain == 1 else 'gain'} something"] if gain else []
    parts += [f"{count(lose, 'person', 'people')} {'loses' if lose == 1 else 'lose'} something"] if lose else []
    return ", ".join(parts)


def named(diff: Diff, delta: Delta) -> str:
    """The people of a delta: all by name where they are few."""
    names = [diff.names.get(email, email) for email in delta.people]
    if len(names) <= MOST_NAMES:
        return ", ".join(names)
    return f"{', '.join(names[:MOST_NAMES])} and {len(names) - MOST_NAMES} more"


MOST_NAMES = 5


def stacks_of(diff: Diff, stacks: tuple[str, ...]) -> str:
    """The stacks of something, where it is not all of those that have apps."""
    return "" if set(stacks) >= _with_apps(diff.stacks) else ", ".join(stacks)


def _with_apps(stacks: tuple[StackDiff, ...]) -> set[str]:
    return {item.stack for item in stacks if item.changes}


def lapses(diff: Diff) -> Iterator[tuple[Lapse, tuple[str, ...]]]:
    """Each lapse with the stacks that have it alike, the nearest first."""
    found: dict[object, tuple[Lapse, tuple[str, ...]]] = {}
    for item in diff.stacks:
        for lapse in item.lapses:
            change = lapse.change
            key = (lapse.day, change.app, *map(_said, change.gained), "", *map(_said, change.lost))
            first, stacks = found.get(key, (lapse, ()))
            found[key] = (first, (*stacks, item.stack))
    yield from sorted(found.values(), key=lambda pair: pair[0].day)
