"""A diff as SARIF 2.1.0, for code scanning: a result for each app that changes, at its place in apps.yaml."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal
from urllib.parse import quote

from infra.diff.changes import AppChange
from infra.diff.estates import Diff
from infra.problems import Span
from infra.report.annotations import sentences
from infra.report.summary import items, lapses, stacks_of

Json = dict[str, object]
Level = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class _Rule:
    id: str
    level: Level
    short: str
    full: str

    @property
    def as_json(self) -> Json:
        return {
            "id": self.id,
            "name": f"Access{self.id.capitalize()}",
            "shortDescription": {"text": self.short},
            "fullDescription": {"text": self.full},
            "defaultConfiguration": {"level": self.level},
            "properties": {"tags": ["access"]},
        }


_RULES = (
    _Rule(
        "undecided", "error", "Not decided", "Nobody knows what the change does, so it counts as if somebody gained."
    ),
    _Rule("broadened", "warning", "Somebody gains access", "Somebody may enter who could not, and nobody loses."),
    _Rule("both", "warning", "Some gain and some lose access", "Somebody may enter who could not, and the reverse."),
    _Rule("new", "warning", "A new app", "The app was not there; whoever may enter it gains that."),
    _Rule("narrowed", "note", "Somebody loses access", "Somebody may enter no more, and nobody gains."),
    _Rule("removed", "note", "An app is gone", "Whoever could enter the app loses that."),
    _Rule("equivalent", "note", "The same people enter", "Something else about the app changes."),
    _Rule("lapse", "note", "Access begins or ends soon", "An entry has its last day within 14 days."),
)
_NUMBERS = {rule.id: number for number, rule in enumerate(_RULES)}


def sarif(diff: Diff) -> str:
    """The log, with one run."""
    run = {
        "tool": {"driver": {"name": "gatehouse", "rules": [rule.as_json for rule in _RULES]}},
        "automationDetails": {"id": "gatehouse/diff/"},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "the folder of apps.yaml"}}},
        "results": [*_changes(diff), *_lapses(diff)],
        "properties": {
            "base": diff.base,
            "head": diff.head,
            "today": str(diff.today),
            **({"digest": diff.digest} if diff.digest else {}),
        },
    }
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _changes(diff: Diff) -> Iterator[Json]:
    for item in items(diff):
        change = item.change
        opens = any(row.kind == "anybody" for delta in change.gained for row in delta.rows)
        level: Level = "error" if opens else _RULES[_NUMBERS[change.verdict]].level
        said = "\n".join([change.title, *sentences(diff, item)])
        yield _result(change.verdict, level, said, change, ",".join(item.stacks))


def _lapses(diff: Diff) -> Iterator[Json]:
    for lapse, stacks in lapses(diff):
        change = lapse.change
        where = stacks_of(diff, stacks)
        lines = [f"{change.title}: after {lapse.day}, if nobody does anything" + (f", in {where}" if where else "")]
        lines += [f"gains: {delta}" for delta in change.gained]
        lines += [f"loses: {delta}" for delta in change.lost]
        level: Level = "warning" if change.gained else "note"
        yield _result("lapse", level, "\n".join(lines), change, f"{','.join(stacks)} {lapse.day}")


def _result(rule: str, level: Level, text: str, change: AppChange, about: str) -> Json:
    return {
        "ruleId": rule,
        "ruleIndex": _NUMBERS[rule],
        "level": level,
        "message": {"text": _plain(text)},
        "locations": [_location(change.span)],
        "partialFingerprints": {"gatehouseAccess/v1": _fingerprint(rule, change, about)},
    }


def _location(span: Span) -> Json:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(span.source.name), "uriBaseId": "%SRCROOT%"},
            "region": {
                "startLine": span.line + 1,
                "startColumn": span.column + 1,
                "endLine": span.end_line + 1,
                "endColumn": span.end_column + 1,
            },
        }
    }


def _plain(text: str) -> str:
    """Brackets would be links (section 3.11.6 of the standard)."""
    return text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")


def _fingerprint(rule: str, change: AppChange, about: str) -> str:
    """The same for the same sets of people at the same app, wherever the file is edited."""
    sets = [
        f"{sign}{delta.at} {delta.digest}" for sign in "+-" for delta in (change.gained if sign == "+" else change.lost)
    ]
    return sha256("\0".join([rule, change.app, about, *sets, *change.notes]).encode()).hexdigest()
