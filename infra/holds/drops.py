"""Everything in `access` and `machines` that could be left out: what a good test would miss."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from infra.access.entitlements import phrase
from infra.estate import App, Condition, Entry
from infra.problems import Span
from infra.schema import apps as written


@dataclass(frozen=True)
class Drop:
    """An app without one thing. `what` names it, and `span` is where it is written."""

    app: App
    what: str
    span: Span


def drops(app: App, source: written.App) -> Iterator[Drop]:
    """Each condition, exclusion, department, denial, public entry and machine of an app, left out one at a time."""
    for number, (entry, line) in enumerate(zip(app.access, source.access, strict=True)):
        for change, what, span in _of_entry(entry, line):
            access = (*app.access[:number], *([change] if change else []), *app.access[number + 1 :])
            yield Drop(replace(app, access=access), what, span)
    spans = {str(word): word.span for word in source.machines}
    for machine in app.machines:
        rest = tuple(other for other in app.machines if other != machine)
        yield Drop(replace(app, machines=rest), f"machine `{machine.name}`", spans[machine.name])


def _of_entry(entry: Entry, line: written.Entry) -> Iterator[tuple[Entry | None, str, Span]]:
    for number, condition in enumerate(entry.require):
        rest = (*entry.require[:number], *entry.require[number + 1 :])
        yield (
            replace(entry, require=rest),
            f"required: {phrase(condition)}",
            _place(entry.require, line.require, number),
        )
    for number, condition in enumerate(entry.exclude):
        rest = (*entry.exclude[:number], *entry.exclude[number + 1 :])
        yield (
            replace(entry, exclude=rest),
            f"excluded: {phrase(condition)}",
            _place(entry.exclude, line.exclude, number),
        )
    if entry.decision != "allow":
        yield None, "the public entry" if entry.decision == "bypass" else "the denial", entry.at.span
        return
    spans = {str(word): word.span for word in line.allow}
    for department in entry.departments:
        others = tuple(other for other in entry.departments if other != department)
        yield (
            replace(entry, departments=others) if others else None,
            f"department `{department.name}`",
            spans[department.name],
        )


def _place(conditions: tuple[Condition, ...], lines: tuple[written.Condition, ...], number: int) -> Span:
    """Where a condition is written; each line is one (held by `checks`)."""
    assert len(conditions) == len(lines)  # noqa: S101 - nothing is left out of an estate that has passed all checks
    return lines[number].at.span
