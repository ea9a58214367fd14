"""Rules about Cloudflare's default account limits; an account can be given more, so these warn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from infra.checks.scope import Scope
from infra.problems import Span

# developers.cloudflare.com/cloudflare-one/account-limits
LIMITS = {"apps": 500, "departments": 300, "machines": 50, "providers": 50}
ADDRESSES_PER_RULE = 1000


def check_limits(scopes: Iterable[Scope]) -> None:
    """Ensure that nobody is surprised by Cloudflare's default limits, which the stacks of an account share."""
    accounts: dict[str | None, list[Scope]] = {}
    for scope in scopes:
        accounts.setdefault(scope.stack.values.account_id, []).append(scope)
    for together in accounts.values():
        scope, file = together[-1], together[-1].file
        providers = file.identity.at.span if file.identity else file.at.span
        apps = [scope for scope in together if scope.stack.has_apps]
        owners = [scope for scope in together if scope.stack.owns_singletons]
        _count(scope, "apps", "Access applications", [len(one.estate.tunnelled) for one in apps], file.at["apps"])
        departments = [len(one.estate.departments) for one in apps]
        _count(scope, "departments", "Access groups", departments, file.at["departments"])
        machines = [len(one.estate.machines) for one in apps]
        _count(scope, "machines", "service tokens", machines, file.at["machines"])
        _count(scope, "providers", "identity providers", [len(one.estate.providers) for one in owners], providers)


def check_department_size(scope: Scope) -> None:
    """Ensure that the addresses of a department fit into a group."""
    for department in scope.file.departments.values():
        if len(department.emails) > ADDRESSES_PER_RULE:
            message = f"{len(department.emails):,} addresses, where Cloudflare takes {ADDRESSES_PER_RULE:,} in a group"
            advice = ("use a group of the directory instead",)
            scope.problems.add("over-limit", message, department.at["emails"], advice=advice)


def _count(scope: Scope, key: str, what: str, found: Sequence[int], span: Span) -> None:
    if sum(found) > LIMITS[key]:
        stacks = f" in {len(found)} stacks" if len(found) > 1 else ""
        message = f"{sum(found):,} {what}{stacks}, where an account has {LIMITS[key]:,} unless Cloudflare raises it"
        scope.problems.add("over-limit", message, span, severity="warning")
