"""A diff without personal data: addresses masked, names left out. What was proved, and its digest, stay as they are."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from infra.access.witness import SOMEBODY, Witness
from infra.diff.changes import AppChange
from infra.diff.delta import Delta, Unstated
from infra.diff.estates import Diff, StackDiff
from infra.diff.lapses import Lapse
from infra.diff.subjects import Row
from infra.estate import App, Condition, Emails, Entry, Estate

# The addresses of groups are those of no person, and the `somebody` of examples is nobody.
_ADDRESS = re.compile(rf"(?<!group )(?<![\w.+*-])(?!{SOMEBODY})[\w.!#$%&'+/=?^{{|}}~-]+@[\w-]+(?:\.[\w-]+)+")


def redact(diff: Diff) -> Diff:
    """The same diff with `m***@example.com` for every address of a person."""
    masks = _Masks()
    # The same person has the same mask everywhere, whatever is masked first.
    for email in sorted({*diff.names, *diff.people("gained"), *diff.people("lost")}):
        masks.masked(email)
    stacks = tuple(_stack(item, masks) for item in diff.stacks)
    stated = None if diff.stated is None else {app: frozenset(map(masks.text, who)) for app, who in diff.stated.items()}
    return replace(diff, stacks=stacks, names={}, stated=stated)


@dataclass
class _Masks:
    """Which address has which mask. People whose addresses begin alike stay different people: `m***2@example.com`."""

    known: dict[str, str] = field(default_factory=dict)

    def masked(self, email: str) -> str:
        key = email.lower()
        if key not in self.known:
            local, _, domain = key.rpartition("@")
            taken = set(self.known.values())
            numbered = (f"{local[:1]}***{number if number > 1 else ''}@{domain}" for number in range(1, len(taken) + 2))
            self.known[key] = next(mask for mask in numbered if mask not in taken)
        return self.known[key]

    def text(self, text: str) -> str:
        return _ADDRESS.sub(lambda found: self.masked(found[0]), text)


def _stack(item: StackDiff, masks: _Masks) -> StackDiff:
    base, head = item.sides
    return replace(
        item,
        changes=tuple(_change(change, masks) for change in item.changes),
        facts=tuple(replace(fact, text=masks.text(fact.text)) for fact in item.facts),
        lapses=tuple(Lapse(lapse.day, _change(lapse.change, masks)) for lapse in item.lapses),
        sides=(_estate(base, masks), _estate(head, masks)),
    )


def _change(change: AppChange, masks: _Masks) -> AppChange:
    return replace(
        change,
        gained=_deltas(change.gained, masks),
        lost=_deltas(change.lost, masks),
        notes=tuple(map(masks.text, change.notes)),
    )


def _deltas(deltas: Iterable[Delta], masks: _Masks) -> tuple[Delta, ...]:
    return tuple(
        replace(
            delta,
            rows=_rows(delta.rows, masks),
            witness=_witness(delta.witness, masks),
            people=tuple(map(masks.masked, delta.people)),
            unstated=_unstated(delta.unstated, masks) if delta.unstated else None,
        )
        for delta in deltas
    )


def _rows(rows: Iterable[Row], masks: _Masks) -> tuple[Row, ...]:
    return tuple(replace(row, who=masks.text(row.who), when=masks.text(row.when)) for row in rows)


def _unstated(unstated: Unstated, masks: _Masks) -> Unstated:
    return Unstated(_rows(unstated.rows, masks), _witness(unstated.witness, masks))


def _witness(witness: Witness, masks: _Masks) -> Witness:
    if witness.person is None:
        return witness
    return replace(witness, person=replace(witness.person, email=masks.text(witness.person.email)))


def _estate(estate: Estate, masks: _Masks) -> Estate:
    return replace(estate, apps=tuple(_app(app, masks) for app in estate.apps))


def _app(app: App, masks: _Masks) -> App:
    return replace(app, access=tuple(_entry(entry, masks) for entry in app.access))


def _entry(entry: Entry, masks: _Masks) -> Entry:
    require, exclude = (tuple(_condition(one, masks) for one in part) for part in (entry.require, entry.exclude))
    return replace(entry, require=require, exclude=exclude)


def _condition(condition: Condition, masks: _Masks) -> Condition:
    return Emails(tuple(map(masks.masked, condition.addresses))) if isinstance(condition, Emails) else condition
