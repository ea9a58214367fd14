"""Who may enter which app before and after: what apps.yaml says on both sides, and what was proved to change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from infra.access.entitlements import ANYBODY, entitlements_of
from infra.diff.changes import AppChange, Verdict
from infra.diff.delta import Delta
from infra.diff.estates import StackDiff
from infra.diff.pairing import pairs
from infra.diff.subjects import Row
from infra.estate import App, Estate

State = Literal["nobody", "conditions", "always"]
Effect = Literal["same", "gains", "loses", "both", "in part", "undecided"]
"""`in part`: not the subject itself, but somebody of it who has a column of their own."""
Subject = tuple[str, str]
"""A kind (`anybody`, `department`, `machine`, `person`, `others`) and a name."""

_ANYBODY: Subject = (ANYBODY, ANYBODY)


@dataclass(frozen=True)
class Entrance:
    """How somebody enters on one side. `when` has the conditions in words."""

    state: State
    when: str = ""


@dataclass(frozen=True)
class Cell:
    """One app and one subject. A side is None for somebody of whom only the change is known.

    `at` are the parts of the app's address that the change is about; it is about all of it where there is none.
    """

    before: Entrance | None
    after: Entrance | None
    effect: Effect
    when: str = ""
    at: tuple[str, ...] = ()


@dataclass(frozen=True)
class MapRow:
    """One app with a cell for each subject of its map."""

    app: str
    title: str
    verdict: Verdict
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class AccessMap:
    """Apps in the order of head, and everybody who is named on either side."""

    subjects: tuple[Subject, ...]
    rows: tuple[MapRow, ...]


def access_map(stack: StackDiff, today: date) -> AccessMap:
    """The map of one stack."""
    found = [
        (change, _entrances(base, today), _entrances(head, today))
        for (base, head), change in zip(pairs(*stack.sides), stack.changes, strict=True)
    ]
    subjects = _subjects(stack, [side for _, *sides in found for side in sides])
    return AccessMap(subjects, tuple(_row(change, before, after, subjects) for change, before, after in found))


_Entrances = dict[Subject, Entrance]
_NOBODY = Entrance("nobody")


def _entrances(app: App | None, today: date) -> _Entrances:
    said: dict[Subject, list[str]] = {}
    for one in entitlements_of(app, today) if app else ():
        said.setdefault((one.kind, one.who), []).append(one.conditions)
    return {subject: _entrance(words) for subject, words in said.items()}


def _entrance(words: Iterable[str]) -> Entrance:
    """Several ways in are as wide as the widest."""
    ways = tuple(dict.fromkeys(words))
    return Entrance("always") if "" in ways else Entrance("conditions", "; or ".join(ways))


def _subjects(stack: StackDiff, sides: Iterable[_Entrances]) -> tuple[Subject, ...]:
    """Anybody, if the file has that, departments and machines in its order, then whoever else changes."""
    used = dict.fromkeys(subject for side in sides for subject in side)
    changed = dict.fromkeys(
        (row.kind, row.who)
        for change in stack.changes
        for delta in (*change.gained, *change.lost)
        for row in delta.rows
    )
    base, head = stack.sides
    declared = dict.fromkeys((*_declared(head), *_declared(base)))
    known = [subject for subject in declared if subject[0] == "department" or subject in used or subject in changed]
    public = [_ANYBODY] if _ANYBODY in used or _ANYBODY in changed else []
    return tuple(dict.fromkeys([*public, *known, *changed]))


def _declared(estate: Estate) -> Iterator[Subject]:
    yield from (("department", item.name) for item in estate.departments)
    yield from (("machine", item.name) for item in estate.machines)


def _row(change: AppChange, before: _Entrances, after: _Entrances, subjects: tuple[Subject, ...]) -> MapRow:
    cells = tuple(_cell(change, before, after, subject) for subject in subjects)
    return MapRow(change.app, change.title, change.verdict, cells)


def _cell(change: AppChange, before: _Entrances, after: _Entrances, subject: Subject) -> Cell:
    gained, lost = (_proved(deltas, subject) for deltas in (change.gained, change.lost))
    if subject[0] not in (ANYBODY, "department", "machine") or subject[1].startswith("members of both "):
        words = (row.when for _, row in (*gained, *lost) if row.when)
        return Cell(None, None, _effect(gained, lost), "; or ".join(words), _at(gained, lost))
    one, other = _of(before, subject), _of(after, subject)
    if change.verdict == "undecided":
        return Cell(one, other, "same" if one == other else "undecided")
    if not gained and not lost and one != other:
        # Who enters as anybody does is not named beside them.
        gained, lost = (_proved(deltas, _ANYBODY) for deltas in (change.gained, change.lost))
    effect = _effect(gained, lost)
    if effect == "same" and one != other and (change.gained or change.lost):
        effect = "in part"
    return Cell(one, other, effect, at=_at(gained, lost))


def _of(entries: _Entrances, subject: Subject) -> Entrance:
    ways = [entries[one] for one in dict.fromkeys((_ANYBODY, subject)) if one in entries]
    return _entrance(one.when for one in ways) if ways else _NOBODY


_Proved = tuple[tuple[str, Row], ...]
"""Where, and what is said of somebody there."""


def _proved(deltas: Iterable[Delta], subject: Subject) -> _Proved:
    return tuple((delta.at, row) for delta in deltas for row in delta.rows if (row.kind, row.who) == subject)


def _effect(gained: _Proved, lost: _Proved) -> Effect:
    if gained:
        return "both" if lost else "gains"
    return "loses" if lost else "same"


def _at(*proved: _Proved) -> tuple[str, ...]:
    places = tuple(dict.fromkeys(at for one in proved for at, _ in one))
    return () if "" in places else places
