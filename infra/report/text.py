"""A diff for terminals."""

from __future__ import annotations

from collections.abc import Iterator

from infra.diff.delta import Delta
from infra.diff.estates import Diff
from infra.problems import count
from infra.report.summary import WORDS, Item, facts, items, named, people, stacks_of, verdict
from infra.terminal import bold, colored

SIGNS = {"gains": "+", "loses": "-"}
_COLORS = {"gains": "33", "loses": "36"}


def text(diff: Diff, *, color: bool = False) -> str:
    """What a reviewer reads first comes first: the verdict, then who gains, then who loses."""
    headline = verdict(diff)
    lines = [bold(headline[0].upper() + headline[1:], color) + f", as of {diff.today}"]
    if who := people(diff):
        lines.append(who)
    for item in items(diff):
        lines += ["", *_item(diff, item, color)]
    if told := list(facts(diff)):
        lines += ["", bold("Also", color)]
        for fact, stacks in told:
            where = stacks_of(diff, stacks)
            lines.append(
                f"  {'+' if fact.appears else '-'} {fact.kind}: {fact.text}" + (f"  ({where})" if where else "")
            )
    if soon := list(_lapses(diff)):
        lines += ["", bold("Lapses within 14 days", color), *soon]
    return "\n".join(lines) + "\n"


def _item(diff: Diff, item: Item, color: bool) -> Iterator[str]:
    change = item.change
    where = stacks_of(diff, item.stacks)
    word = WORDS.get(change.verdict, change.verdict)
    place = f"{change.span}" + (f", {where}" if where else "")
    yield f"{bold(f'{change.title}', color)} (`{change.app}`): {word}  {place}"
    for which, deltas in (("gains", change.gained), ("loses", change.lost)):
        for delta in deltas:
            yield from _delta(diff, which, delta, change.session, color)
    for note in change.notes:
        yield f"  ~ {note}"


def _delta(diff: Diff, which: str, delta: Delta, session: str, color: bool) -> Iterator[str]:
    at = f" at {delta.at}" if delta.at else ""
    for number, row in enumerate(delta.rows):
        head = f"{SIGNS[which]} {which}" if number == 0 else " " * 7
        yield f"  {colored(head, _COLORS[which], color)}  {row}{at}"
    yield f"           for example {delta.witness}"
    if delta.people:
        yield f"           {count(len(delta.people), 'person', 'people')} of people.yaml: {named(diff, delta)}"
    if which == "loses" and session:
        yield f"           open sessions last up to {session}"
    if delta.unstated:
        yield f"           not stated: {delta.unstated}"


def _lapses(diff: Diff) -> Iterator[str]:
    for stack in diff.stacks:
        for lapse in stack.lapses:
            for which, deltas in (("gains", lapse.change.gained), ("loses", lapse.change.lost)):
                for delta in deltas:
                    warning = ": a denial or an exclusion ends" if which == "gains" else ""
                    yield (
                        f"  {SIGNS[which]} after {lapse.day} {delta} {which} `{lapse.change.app}`{warning}"
                        f"  ({stack.stack})"
                    )
