"""A whole review: as of which revision and day, its rows with their last changes, and a name for the policies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from infra.access.attributes import Names, in_order
from infra.access.guard import Guard, classes_of
from infra.audit.rows import Row, rows
from infra.blame import Change
from infra.diff.estates import connections
from infra.estate import App, Estate
from infra.load import Project
from infra.logic import Diagrams, TooLargeError

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
    """`revision` is what was looked at, in words; `stacks` those that have apps.

    `since` is the older revision, empty where there is none, and `news` what is to be said of the time between.
    """

    revision: str
    today: date
    digest: str
    stacks: tuple[str, ...]
    lines: tuple[Line, ...]
    since: str = ""
    news: tuple[tuple[str, str], ...] = ()


def review(project: Project, stacks: Sequence[str], changes: Sequence[Change], revision: str, today: date) -> Review:
    """All that may be entered on a day in some stacks, or in all of them. The project has all of its stacks."""
    chosen = {name: estate for name, estate in project.estates.items() if estate.apps and name in (stacks or [name])}
    lines = tuple(Line(row, _changed(row, changes)) for row in rows(chosen, project.roster, today))
    return Review(revision, today, digest(project, chosen, today), tuple(chosen), lines)


def digest(project: Project, estates: dict[str, Estate], today: date) -> str:
    """A name of who may enter what: it is another one for other people or conditions, and for nothing else."""
    guards = []
    for stack, estate in estates.items():
        providers = {name: f"{name} {trust!r}" for name, trust in connections(stack, project).items()}
        devices = {device.name: repr(device) for device in estate.devices}
        names = Names(providers, devices)
        guards += [f"{stack}\0{app.name}\0{_named(app, estate, today, names)}" for app in estate.apps]
    return sha256("\n".join(sorted(guards)).encode()).hexdigest()[:32]


def _named(app: App, estate: Estate, today: date, names: Names) -> str:
    """Whoever enters an app; where that is too large a set, what is written about it."""
    guard = Guard.of(app, estate, today, names)
    classes = classes_of([guard])
    formula = guard.entering(classes)
    try:
        diagrams = Diagrams(in_order([formula]))
        return diagrams.digest(diagrams.of(formula), classes.spelled)
    except TooLargeError:
        return guard.canonical


def _changed(row: Row, changes: Sequence[Change]) -> str:
    """The newest of the last changes of the lines that a row depends on."""
    own = (changes[line - 1] for line in sorted(row.lines)) if changes else ()
    return str(max(own, key=lambda change: change.order, default=""))
