"""What became of who may enter what between two reviews, and whether a rule or a list of people changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from infra.audit.review import Line, Review
from infra.audit.rows import OTHERS, Row
from infra.diff.pairing import pairs
from infra.load import Project

Entrance = tuple[str, str, str]
"""Who enters what, and in which stack."""


def compared(new: Review, old: Review, after: Project, before: Project) -> Review:
    """What differs between two reviews. Rows that are alike in both are left out; so is where they are written."""
    names = _renamed(after, before, set(new.stacks) & set(old.stacks))
    formerly = [replace(line, row=replace(line.row, app=names.get(line.row.app, line.row.app))) for line in old.lines]
    since = f"{old.revision}, evaluated for {old.today}"
    return replace(new, lines=_in_order(_compared(new.lines, formerly)), since=since, news=_news(after, before, names))


def _in_order(lines: Iterable[Line]) -> tuple[Line, ...]:
    """App by app, and within each what somebody has beside what they had."""
    found = list(lines)
    apps = list(dict.fromkeys(line.row.app for line in found))
    people = list(dict.fromkeys(line.row.who for line in found))
    return tuple(sorted(found, key=lambda line: (apps.index(line.row.app), people.index(line.row.who))))


@dataclass(frozen=True)
class _Side:
    """One of the two reviews. `listed` has everybody as a member of a department, whether or not they enter."""

    terms: frozenset[tuple[object, ...]]
    entering: frozenset[Entrance]
    refused: frozenset[Entrance]
    listed: frozenset[tuple[str, str, str]]

    @staticmethod
    def of(lines: Iterable[Line]) -> _Side:
        rows = [line.row for line in lines]
        entering = frozenset(one for row in rows if row.is_in for one in _entrances(row))
        return _Side(
            frozenset(map(_terms, rows)),
            entering,
            frozenset(one for row in rows for one in _entrances(row)) - entering,
            frozenset((row.who, row.department, row.app) for row in rows),
        )

    def would_admit(self, row: Row) -> bool:
        """Whether the rules let members of the row's department in, of whom somebody is just not one here."""
        listed = (row.who, row.department, row.app) in self.listed
        return not listed and self.entering.issuperset(_entrances(replace(row, person=OTHERS, email="")))


def _compared(new: Sequence[Line], old: Sequence[Line]) -> Iterator[Line]:
    after, before = _Side.of(new), _Side.of(old)
    for line in new:
        if _terms(line.row) not in before.terms:
            yield replace(line, since=_came(line.row, before))
    for line in old:
        if _terms(line.row) not in after.terms:
            yield replace(line, since=_went(line.row, after))


def _came(row: Row, before: _Side) -> str:
    """What to say of a row that was not there before."""
    if not row.is_in:
        return "revoked" if before.entering.intersection(_entrances(row)) else "changed"
    if before.entering.issuperset(_entrances(row)):
        return "changed"
    return "joined" if before.would_admit(row) else "granted"


def _went(row: Row, after: _Side) -> str:
    """What to say of a row that is no more. Of whoever is refused now a row of today says so."""
    if not row.is_in or (after.entering | after.refused).issuperset(_entrances(row)):
        return "formerly"
    return "left" if after.would_admit(row) else "revoked"


def _entrances(row: Row) -> frozenset[Entrance]:
    return frozenset((row.who, row.app, stack) for stack in row.stacks)


def _terms(row: Row) -> tuple[object, ...]:
    """All that matters of a row but what it is called and where it is written."""
    said = tuple(words for _, words in row.denials)
    return row.who, replace(row, person="", title="", denials=(), line=0, lines=frozenset()), said


def _renamed(after: Project, before: Project, stacks: Iterable[str]) -> Mapping[str, str]:
    """The names of apps that are called otherwise now, by what they were called before."""
    found: dict[str, str] = {}
    for stack in sorted(stacks):
        for old, new in pairs(before.estates[stack], after.estates[stack]):
            if old and new and old.name != new.name:
                found[old.name] = new.name
    return found


def _news(after: Project, before: Project, names: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    now, then = ({email.lower() for email in one.roster.people} if one.roster else set() for one in (after, before))
    return (
        ("renamed", ", ".join(f"{old} → {new}" for old, new in names.items())),
        ("new in people.yaml", ", ".join(sorted(now - then))),
        ("no longer in people.yaml", ", ".join(sorted(then - now))),
    )
