"""A diff as data for programs. infra/diff.schema.json says what is in it; keys come in the order of the schema."""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

from infra.access.witness import Witness
from infra.diff.changes import AppChange, Verdict, verdicts
from infra.diff.delta import Delta
from infra.diff.estates import Diff, StackDiff
from infra.problems import Span
from infra.report.summary import verdict

Json = dict[str, object]

VERSION = 1
"""Another number means that something in the document has another name or meaning. What is new does not change it."""


def document(diff: Diff) -> Json:
    """The diff of all stacks. What stays as it is has no entry of its own: it is counted in `unchanged`."""
    return {
        "version": VERSION,
        "base": diff.base,
        "head": diff.head,
        "today": str(diff.today),
        "summary": verdict(diff),
        "digest": diff.digest or None,
        "totals": _totals(diff),
        "stated": None if diff.stated is None else {app: sorted(who) for app, who in sorted(diff.stated.items())},
        "stacks": [_stack(diff, item) for item in diff.stacks],
    }


def _totals(diff: Diff) -> Json:
    """Apps are counted once for each stack, people once."""
    number = verdicts(tuple(change for _, change in diff.changes))
    return {
        "verdicts": {one: number.get(one, 0) for one in get_args(Verdict)},
        "people": {which: len(diff.people(which)) for which in ("gained", "lost")},
        "unstated": None if diff.stated is None else len(diff.unstated),
    }


def _stack(diff: Diff, item: StackDiff) -> Json:
    told = [change for change in item.changes if not change.is_silent]
    return {
        "stack": item.stack,
        "changes": [_change(diff, change) for change in told],
        "unchanged": len(item.changes) - len(told),
        "facts": [{"kind": fact.kind, "appears": fact.appears, "text": fact.text} for fact in item.facts],
        "lapses": [
            {
                "last_day": str(lapse.day),
                "app": lapse.change.app,
                "gained": _deltas(diff, lapse.change, lapse.change.gained, "never"),
                "lost": _deltas(diff, lapse.change, lapse.change.lost, "must"),
            }
            for lapse in item.lapses
        ],
    }


def _change(diff: Diff, change: AppChange) -> Json:
    return {
        "app": change.app,
        "verdict": change.verdict,
        "title": change.title,
        "owner": change.owner,
        "address": change.address,
        "leads_to": change.leads_to,
        "session": change.session or None,
        "place": place(change.span),
        "gained": _deltas(diff, change, change.gained, "never"),
        "lost": _deltas(diff, change, change.lost, "must"),
        "notes": list(change.notes),
    }


def place(span: Span) -> Json:
    """Lines and columns count from 1, columns in characters."""
    return {"file": span.source.name, "line": span.line + 1, "column": span.column + 1}


def _deltas(diff: Diff, change: AppChange, deltas: Iterable[Delta], claim: str) -> list[Json]:
    return [_delta(diff, change, delta, claim) for delta in deltas]


def _delta(diff: Diff, change: AppChange, delta: Delta, claim: str) -> Json:
    # Of a part of an address, and of an app that is gone, no test can speak.
    speaks = not delta.at and change.verdict != "removed"
    return {
        "at": delta.at or None,
        "digest": delta.digest,
        "rows": [{"kind": row.kind, "who": row.who, "when": row.when, "partly": row.partly} for row in delta.rows],
        "witness": _witness(delta.witness),
        "test": delta.witness.as_test(claim, change.app) if speaks else None,
        "people": [{"email": email, "name": diff.names.get(email)} for email in delta.people],
        "unstated": _witness(delta.unstated.witness) if delta.unstated else None,
    }


def _witness(witness: Witness) -> Json:
    person, request = witness.person, witness.request
    return {
        "text": str(witness),
        "person": None
        if person is None
        else {
            "provider": person.provider,
            "email": person.email,
            "groups": sorted(person.groups),
            "claims": [{"name": name, "value": value} for name, value in sorted(person.claims)],
            "mfa": person.mfa,
        },
        "departments": list(witness.departments),
        "roles": list(witness.roles),
        "request": {
            "hostname": request.hostname,
            "path": request.path,
            "country": request.country or None,
            "ip": request.ip or None,
            "devices": sorted(request.devices),
            "machine": request.machine,
        },
    }
