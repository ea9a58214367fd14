"""Lints: rules about meaning. Something is written correctly, but says less, or more, than it seems to.

Like a check, each is a function with one "Ensure …" line; unlike a check, it needs to know who reaches what.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from infra.checks.scope import Scope
from infra.lints.entries import lint_shadowed, lint_unsatisfiable
from infra.lints.lint import Lint
from infra.lints.neighbours import lint_looser_below, lint_shared_service
from infra.lints.notices import lint_expiry, lint_nobody, lint_public, lint_sessions, lint_unused
from infra.lints.snowflake import lint_near_names

LINTS: tuple[Callable[[Lint], None], ...] = (
    lint_unsatisfiable,
    lint_shadowed,
    lint_looser_below,
    lint_shared_service,
    lint_public,
    lint_nobody,
    lint_expiry,
    lint_sessions,
    lint_unused,
    lint_near_names,
)


def run_lints(scope: Scope, today: date) -> None:
    """Run every lint; what they find is in `scope.problems`."""
    for rule in LINTS:
        rule(Lint(scope, today))
