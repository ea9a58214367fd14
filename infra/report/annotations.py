"""A diff as workflow commands of GitHub Actions: what lets people in first, and no more than are shown."""

from __future__ import annotations

from infra.diff.changes import WIDENING
from infra.diff.delta import Delta
from infra.diff.estates import Diff
from infra.problems import count
from infra.report.summary import WORDS, Item, items, named, stacks_of, verdict

MOST = 10
"""GitHub shows ten annotations of a kind for each step and drops the others without a word."""


def workflow_commands(diff: Diff) -> str:
    """A line for each app that changes; the last one says how many more there are."""
    found = items(diff)
    shown = found if len(found) <= MOST else found[: MOST - 1]
    lines = [_annotation(diff, item) for item in shown]
    if len(shown) < len(found):
        left = found[len(shown) :]
        level = "warning" if any(item.change.verdict in WIDENING for item in left) else "notice"
        lines.append(_command(level, {}, f"{count(len(left), 'more app')}; in all: {verdict(diff)}"))
    return "".join(f"{line}\n" for line in lines)


def _annotation(diff: Diff, item: Item) -> str:
    change = item.change
    level = "warning" if change.verdict in WIDENING else "notice"
    at = {"title": f"{change.title}: {WORDS.get(change.verdict, change.verdict)}"}
    if change.verdict != "removed":
        # A line of the older file is another one in the newer, which is the one that is shown.
        span = change.span
        at = {"file": span.source.name, "line": str(span.line + 1), "col": str(span.column + 1), **at}
    return _command(level, at, "\n".join(sentences(diff, item)))


def sentences(diff: Diff, item: Item) -> list[str]:
    """What there is to say of an app, as plain text."""
    change = item.change
    where = stacks_of(diff, item.stacks)
    lines = [f"`{change.app}` at {change.address}" + (f" in {where}" if where else "")]
    lines += [_said("gains", diff, delta) for delta in change.gained]
    lines += [_said("loses", diff, delta) for delta in change.lost]
    if change.lost and change.session:
        lines.append(f"open sessions last up to {change.session}")
    return [*lines, *change.notes]


def _said(what: str, diff: Diff, delta: Delta) -> str:
    at = f" at {delta.at}" if delta.at else ""
    known = f" ({count(len(delta.people), 'person', 'people')}: {named(diff, delta)})" if delta.people else ""
    return f"{what}{at}: {delta}{known}, for example {delta.witness}"


def _command(level: str, properties: dict[str, str], message: str) -> str:
    said = ",".join(f"{key}={_escaped(value, ':,')}" for key, value in properties.items())
    return f"::{level}{' ' if said else ''}{said}::{_escaped(message)}"


def _escaped(text: str, also: str = "") -> str:
    """`%` and line ends as %XX; in a property its delimiters too."""
    return "".join(f"%{ord(char):02X}" if char in f"%\r\n{also}" else char for char in text)
