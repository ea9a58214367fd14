"""Lints about apps in Snowflake: a name that is not the stack's means something that exists, also when it is a slip."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from infra.lints.lint import Lint
from infra.shapes import Word

_ALIKE = 0.85  # `reportng` and `reporting` have 0.94
_VARIANT = re.compile(r"(_[a-z]{1,2}|[\d_])+$")  # `reporting_xs` and `reporting_xl` are siblings, and no slips


def lint_near_names(lint: Lint) -> None:
    """Ensure that a warehouse or pool which is almost one of the stack's own was meant to be another one."""
    account = lint.scope.estate.snowflake
    for app, _ in lint.scope.estate.in_snowflake if account else ():
        written = lint.scope.file.apps[app.name].snowflake
        if written is not None and account is not None:
            _look(lint, "warehouse", written.query_warehouse, (one.key for one in account.warehouses))
            _look(lint, "compute pool", written.compute_pool, (one.key for one in account.compute_pools))


def _look(lint: Lint, what: str, written: Word | None, own: Iterable[str]) -> None:
    keys = {key.lower(): key for key in own}
    if written is None or written.lower() in keys:
        return
    for near in difflib.get_close_matches(written.lower(), keys, n=1, cutoff=_ALIKE):
        if _VARIANT.sub("", near) != _VARIANT.sub("", written.lower()):
            message = f"`{written}` is taken for a {what} that exists already"
            advice = (f"did you mean `{keys[near]}`, which the stack makes?",)
            lint.scope.problems.add("nearly-own", message, written.span, advice=advice, severity="warning")
