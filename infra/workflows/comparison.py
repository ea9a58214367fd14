"""The report about a pull request."""

from __future__ import annotations

import contextlib
import html
import io
import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from infra.commands.diff import compare, gate
from infra.commands.hold_formats import summary
from infra.diff.estates import Diff
from infra.holds.problems import problems_of
from infra.problems import ConfigError, count, render, visible
from infra.report.document import document
from infra.report.markdown import MARKER, MOST, MOST_BYTES, escaped, markdown
from infra.report.page import page
from infra.workflows import WorkflowError
from infra.workflows.proposal import Proposal, proposal
from infra.workflows.pull import Pull
from infra.workflows.verdict import Findings, Verdict

_SHOWN = 10  # changed files of the program, by name
_MOST = 12_000  # characters of an error, each of which becomes five at most


def findings(root: Path, pull: Pull, base: str, today: date, source_url: str) -> Findings:
    """Compare a commit of the default branch with what merging makes of it."""
    try:
        proposed = proposal(root, base, pull.head)
    except WorkflowError as error:
        return _undone(pull, base, str(error), ())
    try:
        found = compare(root, base, proposed.merged, (), today, pull.stated)
        tests = _failed_tests(found)
    except ConfigError as error:
        return _undone(pull, base, render(error.problems), proposed.program)
    with contextlib.redirect_stderr(io.StringIO()):
        code = gate(found, None)
    changed = any(change.verdict != "equivalent" for _, change in found.changes)
    quiet = not (code or tests or changed or any(stack.facts for stack in found.stacks) or proposed.program)
    verdict = Verdict(pull.number, base, pull.head, code, found.digest if code else "", quiet)
    report = _with_program(markdown(found, source_url=source_url), proposed)
    more = (
        ("report.json", json.dumps(document(found), indent=2, ensure_ascii=False) + "\n"),
        ("report.html", page(found, source_url=source_url)),
    )
    return Findings(verdict, _with_tests(report, tests), more)


def _failed_tests(found: Diff) -> str:
    """What the tests of apps.yaml say that do not hold after merging; empty where all do."""
    held = found.tests
    return f"{summary(held)}\n\n{_verbatim(render(problems_of(held)))}" if held and held.bad else ""


def _with_tests(report: str, tests: str) -> str:
    if not tests:
        return report
    head, rest = report.split("\n### ", 1)
    whole = f"{head}\n### ❌ Tests of apps.yaml do not hold\n\n{tests}\n### {rest}"
    short = f"{head}\n### ❌ Tests of apps.yaml do not hold\n\n`gatehouse test` shows which.\n\n### {rest}"
    return whole if len(whole) <= MOST and len(whole.encode()) <= MOST_BYTES else short


def _undone(pull: Pull, base: str, why: str, program: Sequence[str]) -> Findings:
    report = f"{MARKER}\n### ❌ It cannot be said who gains and who loses\n\n{_verbatim(why)}"
    verdict = Verdict(pull.number, base, pull.head, 1, "", False)
    return Findings(verdict, _with_program(report, Proposal(base, "", tuple(program))))


def _verbatim(text: str) -> str:
    """Text with its lines and columns, and without any meaning to whatever shows it."""
    return f"<pre>\n{html.escape(text[:_MOST], quote=False)}\n</pre>\n"


def _with_program(report: str, proposed: Proposal) -> str:
    """The report under a line that nobody can miss, where the program itself changes."""
    files = proposed.program
    if not files:
        return report
    named = ", ".join(escaped(visible(path.encode(errors="replace").decode())[:60]) for path in files[:_SHOWN])
    more = f" and {count(len(files) - _SHOWN, 'more file')}" if len(files) > _SHOWN else ""
    loud = (
        f"> 🛑 **The program itself changes: {count(len(files), 'file')}.** What is said below was found by the program"
        f" without this change; with it, anything may become of apps.yaml. Read: {named}{more}"
    )
    return report.replace(MARKER, f"{MARKER}\n{loud}\n", 1)
