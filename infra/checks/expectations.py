"""Rules about `tests`: each says one thing, about names that exist."""

from __future__ import annotations

from infra.checks.scope import Scope
from infra.records import check_declared
from infra.schema.expectations import Expectation, Who


def check_expectations(scope: Scope) -> None:
    """Ensure that each test has one subject, a claim about it, and known names."""
    for test in scope.file.tests:
        _check_form(scope, test)
        departments = scope.file.departments
        for word in (*test.may, *test.must, *test.never, *test.reach):
            check_declared("app", word, scope.file.apps, scope.problems)
        for word in test.only:
            if "@" not in word:
                check_declared("department", word, departments, scope.problems)
        if test.who:
            _check_who(scope, test.who)


def _check_who(scope: Scope, who: Who) -> None:
    for word in who.department:
        check_declared("department", word, scope.file.departments, scope.problems)
    if who.provider and scope.file.identity:
        check_declared("provider", who.provider, scope.file.identity.providers, scope.problems)
    if who.machine:
        check_declared("machine", who.machine, scope.file.machines, scope.problems)
    if who.device:
        check_declared("device", who.device, scope.file.devices, scope.problems)


def _check_form(scope: Scope, test: Expectation) -> None:
    claims = [key for key in ("may", "must", "never") if getattr(test, key)]
    subjects = [key for key in ("who", "only", "no_public") if getattr(test, key) not in (None, ())]
    complete = (
        (subjects == ["who"] and claims and not test.reach)
        or (subjects == ["only"] and test.reach and not claims)
        or (subjects == ["no_public"] and test.no_public and not claims and not test.reach)
    )
    if not complete:
        found = _found(subjects, bool(claims), bool(test.reach))
        advice = (
            "`who` with `may`, `must` or `never`",
            "`only` with `reach`",
            "`no_public: true` alone",
        )
        scope.problems.add(
            "bad-test", "a test has one subject and a claim about it", test.at.span, label=found, advice=advice
        )


def _found(subjects: list[str], claims: bool, reach: bool) -> str:
    """What a test says instead."""
    if len(subjects) != 1:
        return f"this has {' and '.join(f'`{key}`' for key in subjects)}" if subjects else "this has no subject"
    if not (claims or reach):
        return "this claims nothing" if subjects != ["no_public"] else "`no_public: false` says nothing"
    return f"this claim does not go with `{subjects[0]}`"
