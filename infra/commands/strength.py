"""`gatehouse test --strength`: what could be left out of apps.yaml without a test noticing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from infra.commands.hold_formats import cell, notes, summary
from infra.holds.outcomes import Outcomes
from infra.holds.strength import Missing, Strength
from infra.terminal import table

_HEADER = ("PLACE", "APP", "WITHOUT", "AND THEN")


@dataclass(frozen=True)
class Report:
    """How strong the tests are that hold."""

    outcomes: Outcomes
    strength: Strength

    @property
    def verdict(self) -> str:
        """`31 of 40 noticed (78 %); 2 more change nothing for anybody`."""
        noticed, unnoticed = len(self.strength.of("noticed")), len(self.strength.of("unnoticed"))
        pointless = len(self.strength.of("pointless"))
        more = f"; {pointless} more would change nothing for anybody" if pointless else ""
        return f"{noticed} of {noticed + unnoticed} noticed ({self.strength.percent} %){more}"

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        return tuple((_place(one), one.app, one.what, _effect(one)) for one in self.strength.of("unnoticed"))


def text(report: Report, color: bool) -> str:
    lines = ["what could be left out of apps.yaml, one at a time, without a test noticing:", ""] if report.rows else []
    lines += [table(_HEADER, report.rows, color=color), ""] if report.rows else []
    lines += [report.verdict, summary(report.outcomes), *notes(report.outcomes, require_tests=False)]
    return "".join(line + "\n" for line in lines)


def markdown(report: Report, color: bool) -> str:  # noqa: ARG001 - as every format has it
    rows = [f"| `{place}` | {app} | {cell(what)} | {cell(then)} |" for place, app, what, then in report.rows]
    lines = [f"**{report.verdict}**", ""]
    lines += ["| place | app | without | and then |", "|---|---|---|---|", *rows, ""] if rows else []
    lines += [f"{line}  " for line in (summary(report.outcomes), *notes(report.outcomes, require_tests=False))]
    return "".join(line + "\n" for line in lines)


def as_json(report: Report, color: bool) -> str:  # noqa: ARG001 - as every format has it
    document = {
        "today": str(report.outcomes.today),
        "stacks": report.outcomes.stacks,
        "percent": report.strength.percent,
        "left_out": [
            {
                "line": one.span.line + 1,
                "column": one.span.column + 1,
                "app": one.app,
                "without": one.what,
                "effect": one.effect,
                "witness": str(one.witness) if one.witness else None,
                "would_enter": one.enters if one.witness else None,
            }
            for one in report.strength.found
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


FORMATS: dict[str, Callable[[Report, bool], str]] = {"text": text, "markdown": markdown, "json": as_json}


def _place(one: Missing) -> str:
    return f"{one.span.source.name}:{one.span.line + 1}"


def _effect(one: Missing) -> str:
    if one.witness is None:
        return "it is not known who enters"
    return f"{one.witness}: enters" if one.enters else f"{one.witness}: does not enter any more"
