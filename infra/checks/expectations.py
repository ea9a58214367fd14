"""Rules about `tests`: each says one thing, about names that exist."""

from __future__ import annotations

from infra.checks.scope import Scope
from infra.problems import did_you_mean
from infra.schema.expectations import Expectation
from infra.shapes import Word


def check_expectations(scope: Scope) -> None:
    """Ensure that each test has one subject, a claim about it, and known names."""
    for test in scope.file.tests:
        _check_form(scope, test)
        departments = scope.file.departments.declared
        for word in (*test.may, *test.must, *test.never, *test.reach):
            _check_name(scope, "app", word, scope.file.apps.declared)
        for word in test.only:
            if "@" not in word:
                _check_name(scope, "department", word, departments)
        if test.who:
            providers = scope.file.identity.providers.declared if scope.file.identity else {}
            for word in test.who.department:
                _check_name(scope, "department", word, departments)
            for what, named, known in (
                ("provider", test.who.provider, providers),
                ("machine", test.who.machine, scope.file.machines.declared),
                ("device", test.who.device, scope.file.devices.declared),
            ):
                if named is not None:
                    _check_name(scope, what, named, known)


def _check_form(scope: Scope, test: Expectation) -> None:
    claims = [key for key in ("may", "must", "never") if getattr(test, key)]
    subjects = [key for key in ("who", "only", "no_public") if getattr(test, key) not in (None, ())]
    complete = (
        (subjects == ["who"] and claims and not test.reach)
        or (subjects == ["only"] and test.reach and not claims)
        or (subjects == ["no_public"] and test.no_public and not claims and not test.reach)
    )
    if not complete:
        advice = (
            "`who` with `may`, `must` or `never`",
            "`only` with `reach`",
            "`no_public: true` alone",
        )
        scope.problems.add("bad-test", "a test has one subject and a claim about it", test.at.span, advice=advice)


def _check_name(scope: Scope, what: str, word: Word, known: object) -> None:
    names = dict.fromkeys(known) if isinstance(known, dict) else {}
    if word not in names:
        message = f"{what} `{word}` is not declared"
        scope.problems.add(f"unknown-{what}", message, word.span, advice=did_you_mean(word, names))
