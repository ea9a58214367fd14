"""A whole review: as of which revision and day, its rows with their last changes, and a name for the policies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from infra.access.attributes import Names
from infra.access.guard import Guard
from infra.audit.rows import Row, rows
from infra.load import Project
from infra.revisions import Change

TO_FILL = ("decision", "reviewer", "decided on", "comment")
"""What the reviewer writes: keep, reduce or revoke; who; when; why."""


@dataclass(frozen=True)
class Line:
    """A row with its last change and, where two revisions are compared, what became of it since."""

    row: Row
    changed: str
    since: str = ""


@dataclass(frozen=True)
class Review:
    """`revision` is what was looked at, in words; `since` the older one, empty where there is none.

    `leavers` are the people who are no longer in people.yaml.
    """

    revision: str
    today: date
    digest: str
    lines: tuple[Line, ...]
    since: str = ""
    leavers: tuple[str, ...] = ()


def review(project: Project, changes: Sequence[Change], revision: str, today: date) -> Review:
    """All that may be entered on a day."""
    lines = tuple(Line(row, _changed(row, changes)) for row in rows(project, today))
    return Review(revision, today, digest(project, today), lines)


def compared(new: Review, old: Review, leavers: tuple[str, ...]) -> Review:
    """What was granted, changed and revoked between two reviews; rows that are alike in both are left out."""
    return Review(new.revision, new.today, new.digest, tuple(_compared(new, old)), old.revision, leavers)


def _compared(new: Review, old: Review) -> Iterator[Line]:
    before = {line.row.terms for line in old.lines}
    was: dict[tuple[str, ...], list[Row]] = {}
    for line in old.lines:
        was.setdefault(line.row.identity, []).append(line.row)
    for line in new.lines:
        if line.row.terms not in before:
            since = "granted" if line.row.identity not in was else "changed"
            yield Line(line.row, line.changed, since)
    now = {line.row.identity for line in new.lines}
    for line in old.lines:
        if line.row.identity not in now:
            yield Line(line.row, line.changed, "revoked")


def digest(project: Project, today: date) -> str:
    """A name of who may enter what: other people or conditions have another one, other words and order have not."""
    guards = sorted(
        f"{stack}\0{app.name}\0{Guard.of(app, estate, today, Names()).canonical}"
        for stack, estate in project.estates.items()
        for app in estate.apps
    )
    return sha256("\n".join(guards).encode()).hexdigest()[:32]


def _changed(row: Row, changes: Sequence[Change]) -> str:
    """The newest of the last changes of an entry's lines; one that is not committed is newer than all."""
    lines = changes[row.line - 1 : row.last]
    return str(max(lines, key=lambda change: change.date or "uncommitted")) if lines else ""
