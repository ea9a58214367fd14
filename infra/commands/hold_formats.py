"""What became of tests, for people, for pull requests and for other programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from xml.sax.saxutils import escape, quoteattr

from infra.access.exclusive import assumption
from infra.commands.check import annotation
from infra.holds.claims import listed, sentence
from infra.holds.outcomes import Outcome, Outcomes
from infra.holds.problems import problems_of, untested
from infra.problems import Problem, count, render

Format = Callable[[Outcomes, bool, bool], str]

_WORD = {"held": "held", "failed": "FAILED", "lapsed": "lapsed", "undecided": "UNDECIDED"}
_SIGN = {"held": "✅", "failed": "❌", "lapsed": "⌛", "undecided": "❔"}


def text(found: Outcomes, require_tests: bool, color: bool) -> str:
    if not found.tests:
        return _lines(["there are no tests; see docs/policy-tests.md"])
    width = max(len(_place(found, number)) for number in range(len(found.tests)))
    word = max(len(_WORD[found.status(number)]) for number in range(len(found.tests)))
    lines = [
        f"{_WORD[found.status(number)]:{word}}  {_place(found, number):{width}}  {_said(found, number)}"
        for number in range(len(found.tests))
    ]
    problems = _problems(found, require_tests)
    lines += ["", render(problems, color=color)] if problems else []
    return _lines([*lines, "", summary(found), *notes(found, require_tests)])


def markdown(found: Outcomes, require_tests: bool, color: bool) -> str:  # noqa: ARG001 - as every format has it
    rows = [
        f"| {_SIGN[found.status(number)]} {found.status(number)} | {cell(_said(found, number))} "
        f"| `{_place(found, number)}` |"
        for number in range(len(found.tests))
    ]
    lines = [f"**{summary(found)}**", ""]
    lines += ["| | test | place |", "|---|---|---|", *rows, ""] if rows else []
    problems = _problems(found, require_tests)
    lines += ["```text", render(problems).replace("```", "'''"), "```", ""] if problems else []
    lines += [f"{line}  " for line in notes(found, require_tests)]
    return _lines(lines).rstrip("\n") + "\n"


def as_json(found: Outcomes, require_tests: bool, color: bool) -> str:  # noqa: ARG001 - as every format has it
    tests = [
        {
            "line": test.at.span.line + 1,
            "says": sentence(test),
            "status": found.status(number),
            "claims": [_claim(one) for one in found.of(number)],
        }
        for number, test in enumerate(found.tests)
    ]
    document = {
        "today": str(found.today),
        "stacks": found.stacks,
        "tests": tests,
        "held": found.count("held"),
        "untested": [app.name for app in found.untested],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def junit(found: Outcomes, require_tests: bool, color: bool) -> str:  # noqa: ARG001 - as every format has it
    """A case for each test, and with `require_tests` one for each app without one."""
    cases = []
    for number, test in enumerate(found.tests):
        wrong = [one for one in problems_of(found, number) if one.severity == "error"]
        cases.append(_case(f"{sentence(test)}", test.at.span.line + 1, wrong))
    wanted = untested(found) if require_tests else ()
    cases += [_case(one.message, one.span.line + 1 if one.span else 0, [one]) for one in wanted]
    failures = sum("<failure" in case for case in cases)
    head = f'<testsuite name="tests of apps.yaml" tests="{len(cases)}" failures="{failures}">'
    return _lines(
        ['<?xml version="1.0" encoding="UTF-8"?>', "<testsuites>", head, *cases, "</testsuite>", "</testsuites>"]
    )


def github(found: Outcomes, require_tests: bool, color: bool) -> str:  # noqa: ARG001 - as every format has it
    """Workflow commands that show what is wrong beside the lines."""
    return "".join(annotation(problem) + "\n" for problem in _problems(found, require_tests))


FORMATS: dict[str, Format] = {"text": text, "markdown": markdown, "json": as_json, "junit": junit, "github": github}


def summary(found: Outcomes) -> str:
    """`11 of 12 tests hold in dev and prod, as of 2026-11-22`."""
    where = f" in {listed(found.stacks)}" if found.stacks else ""
    return f"{found.tally}{where}, as of {found.today}"


def notes(found: Outcomes, require_tests: bool) -> Iterator[str]:
    """What else should be known."""
    if found.assuming:
        yield f"note: {assumption(found.assuming)}"
    if found.untested and not require_tests:
        yield f"note: no test names {listed([f'`{app.name}`' for app in found.untested[:3]] + _more(found))}"


def _more(found: Outcomes) -> list[str]:
    more = len(found.untested) - 3
    return [count(more, "more app")] if more > 0 else []


def _problems(found: Outcomes, require_tests: bool) -> tuple[Problem, ...]:
    return (*problems_of(found), *(untested(found) if require_tests else ()))


def _said(found: Outcomes, number: int) -> str:
    pairs = dict.fromkeys(pair for one in found.of(number) if one.finding.is_good for pair in one.finding.assuming)
    said = sentence(found.tests[number])
    return f"{said}, {assumption(pairs)}" if pairs else said


def _place(found: Outcomes, number: int) -> str:
    span = found.tests[number].at.span
    return f"{span.source.name}:{span.line + 1}"


def _claim(one: Outcome) -> dict[str, object]:
    finding = one.finding
    witness = finding.witness
    verb = "must" if finding.claim.verb == "must" else "may" if finding.claim.verb == "may" else "never"
    shown = None
    if witness:
        shown = {"says": str(witness), "enters": finding.enters, "test": witness.as_test(verb, finding.claim.app)}
    return {
        "claim": finding.claim.verb,
        "app": finding.claim.app,
        "stacks": one.stacks,
        "status": finding.status,
        "assuming": finding.assuming,
        "witness": shown,
        "entry": finding.entry.at.span.line + 1 if finding.entry else None,
    }


def _case(name: str, line: int, wrong: list[Problem]) -> str:
    head = f'<testcase classname="apps.yaml" name={quoteattr(name)} file="apps.yaml" line="{line}"'
    if not wrong:
        return head + "/>"
    message = quoteattr("; ".join(problem.message for problem in wrong))
    return f"{head}><failure message={message}>{escape(render(wrong))}</failure></testcase>"


def cell(said: str) -> str:
    """Text for a cell of a table in Markdown."""
    return said.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


def _lines(lines: list[str]) -> str:
    return "".join(line + "\n" for line in lines)
