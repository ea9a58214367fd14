"""`gatehouse check`: read everything, prove what `tests` say, report every problem, change nothing."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from infra.access.exclusive import assumption
from infra.checks.snowflake_account import without_value
from infra.estate import Estate
from infra.holds.outcomes import outcomes
from infra.holds.problems import problems_of
from infra.load import find_project, load_project
from infra.problems import ConfigError, Problem, count, in_order, render
from infra.terminal import wants_color


def check(start: Path, stacks: Sequence[str], today: date, form: str) -> int:
    """Print the problems in the wanted form. The exit code is 1 if any of them is an error."""
    try:
        project = load_project(find_project(start), stacks, today)
        tested = outcomes(project.estates, today)
        found = in_order((*project.warnings, *problems_of(tested)))
    except ConfigError as error:
        found = error.problems
    code = 1 if any(problem.severity == "error" for problem in found) else 0
    if form == "json":
        print(json.dumps({"today": str(today), "problems": [as_json(problem) for problem in found]}, indent=2))
    elif form == "github":
        print("".join(annotation(problem) + "\n" for problem in found), end="")
    elif found:
        print(render(found, color=wants_color(sys.stderr)), file=sys.stderr)
    if code == 0 and form == "text":
        apps = {app.name for estate in project.estates.values() for app in estate.apps}
        departments = {item.name for estate in project.estates.values() for item in estate.departments}
        parts = [count(len(apps), "app"), count(len(departments), "department"), count(len(project.estates), "stack")]
        parts += [tested.tally] if tested.tests else []
        print(f"ok: {', '.join(parts)}, as of {today}")
        if tested.assuming:
            print(f"note: {assumption(tested.assuming)}")
        for note in valueless(project.estates):
            print(f"note: {note}")
    return code


def valueless(estates: Mapping[str, Estate]) -> tuple[str, ...]:
    """Which secrets have no value yet, and in which stacks: an app is declared before somebody sets them."""
    stacks: dict[str, list[str]] = {}
    for name, estate in estates.items():
        for secret in without_value(estate):
            stacks.setdefault(secret, []).append(name)
    secrets: dict[str, list[str]] = {}
    for secret, names in stacks.items():
        secrets.setdefault(", ".join(names), []).append(f"`{secret}`")
    return tuple(f"no value yet for {' and '.join(filter(None, (', '.join(found[:-1]), found[-1])))} in {names}"
                 for names, found in secrets.items())  # fmt: skip


def as_json(problem: Problem) -> dict[str, object]:
    """One problem for programs; lines and columns count from 1."""
    place = {}
    if problem.span is not None:
        span = problem.span
        place = {"file": span.source.name, "line": span.line + 1, "column": span.column + 1}
    return {
        "severity": problem.severity,
        "code": problem.code,
        "message": problem.message,
        **place,
        "advice": list(problem.advice),
    }


def annotation(problem: Problem) -> str:
    """One problem as a workflow command of GitHub Actions."""
    at = ""
    if problem.span is not None:
        span = problem.span
        at = f" file={span.source.name},line={span.line + 1},col={span.column + 1},title={problem.code}"
    text = "\n".join([problem.message, *problem.advice])
    escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return f"::{problem.severity}{at}::{escaped}"
