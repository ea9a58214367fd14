"""Estates for tests: small texts that break no rule, with the part that matters replaced."""

from __future__ import annotations

from pathlib import Path

from infra.checks import check
from infra.checks.scope import Scope
from infra.estate import Estate
from infra.problems import Problems
from infra.resolve import resolve
from infra.schema import load_apps
from infra.stack import decode_stack

TESTS = Path(__file__).parent
PREAMBLE = (TESTS / "access" / "preamble.yaml").read_text("utf-8")
STACK = """\
config:
  gatehouse:account: account
  gatehouse:accountId: 0a1b2c3d4e5f60718293a4b5c6d7e8f9
  gatehouse:team: example
  gatehouse:zone: example.com
  gatehouse:zoneId: 9f8e7d6c5b4a39281706f5e4d3c2b1a0
  gatehouse:hostname: apps.example.com
  gatehouse:snowflake: {organization: example, account: analytics, database: apps, schema: streamlit}
"""


def scope(apps: str, *, preamble: str = PREAMBLE, stack: str = STACK, name: str = "dev") -> Scope:
    """apps.yaml (what everybody shares, then `apps`) and a stack file, resolved and checked."""
    problems = Problems()
    file = load_apps(preamble + apps, "apps.yaml", problems)
    values = decode_stack(stack, name, problems)
    assert file is not None and values is not None, problems.found
    stacks = ("account", "dev", "prod")
    found = Scope(file, values, stacks, resolve(file, values, stacks, problems), problems)
    check(found)
    return found


def estate(apps: str, *, preamble: str = PREAMBLE, stack: str = STACK, name: str = "dev") -> Estate:
    """The estate, which must be free of errors; lints are not asked."""
    found = scope(apps, preamble=preamble, stack=stack, name=name)
    found.problems.raise_errors()
    return found.estate


def app(name: str = "app", path: str | None = None, access: str = "[marketing]", more: str = "") -> str:
    """One entry for `apps`, in flow style."""
    address = f"path: {path}" if path else f"subdomain: {name}"
    return f"  {name}: {{owner: marketing, service: 'http://{name}.internal', {address}, access: {access}{more}}}\n"


def codes(problems: Problems) -> list[str]:
    """The codes of what was found, sorted."""
    return sorted(problem.code for problem in problems.found)
