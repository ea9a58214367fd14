"""Rules about Cloudflare's default account limits; an account can be given more, so these warn."""

from __future__ import annotations

from infra.checks.scope import Scope
from infra.problems import Problems, Span

# developers.cloudflare.com/cloudflare-one/account-limits
LIMITS = {"apps": 500, "departments": 300, "machines": 50, "providers": 50}
ADDRESSES_PER_RULE = 1000


def check_limits(scope: Scope) -> None:
    """Ensure that nobody is surprised by Cloudflare's default limits."""
    estate, file = scope.estate, scope.file
    providers = file.identity.at.span if file.identity else file.at.span
    _count(scope.problems, "apps", "Access applications", len(estate.tunnelled), file.at["apps"])
    _count(scope.problems, "departments", "Access groups", len(estate.departments), file.at["departments"])
    _count(scope.problems, "machines", "service tokens", len(estate.machines), file.at["machines"])
    _count(scope.problems, "providers", "identity providers", len(estate.providers), providers)
    for department in file.departments.values():
        if len(department.emails) > ADDRESSES_PER_RULE:
            message = f"{len(department.emails):,} addresses, where Cloudflare takes {ADDRESSES_PER_RULE:,} in a group"
            advice = ("use a group of the directory instead",)
            scope.problems.add("over-limit", message, department.at["emails"], advice=advice)


def _count(problems: Problems, key: str, what: str, found: int, span: Span) -> None:
    if found > LIMITS[key]:
        message = f"{found:,} {what}, where an account has {LIMITS[key]:,} unless Cloudflare raises it"
        problems.add("over-limit", message, span, severity="warning")
