"""Rules about addresses that would be served twice: by two apps, or by two stacks."""

from __future__ import annotations

from collections.abc import Iterable

from infra.checks.addresses import address_span
from infra.checks.scope import Scope
from infra.estate import App
from infra.problems import Related, Span

_Places = list[tuple[Scope, str]]  # the stacks in which something collides, and the address there


def check_apps_apart(scopes: Iterable[Scope]) -> None:
    """Ensure that each address belongs to one app; what collides in several stacks is said once, with their names."""
    pairs: dict[tuple[str, str], _Places] = {}
    whole: dict[str, _Places] = {}
    for scope in scopes:
        shared = frozenset(scope.estate.shared_hostnames)
        first: dict[str, App] = {}
        for app, home in scope.estate.tunnelled:
            other = first.setdefault(home.domain, app)
            if other is not app:
                pairs.setdefault((app.name, other.name), []).append((scope, home.domain))
            if not home.path and home.hostname in shared:
                whole.setdefault(app.name, []).append((scope, home.hostname))
    for (name, other_name), places in pairs.items():
        scope, address = places[0]
        message = f"`{name}` and `{other_name}` are both served at `{address}`{_likewise(places)}"
        related = (Related(address_span(scope.file.apps[other_name]), f"`{other_name}` is served there"),)
        span = address_span(scope.file.apps[name])
        scope.problems.add("duplicate-address", message, span, related=related)
    for name, places in whole.items():
        scope, address = places[0]
        message = f"`{name}` takes all of `{address}`, which the apps with a `path` share{_likewise(places)}"
        advice = ("give it another `subdomain`, or a `path` as well",)
        scope.problems.add("duplicate-address", message, address_span(scope.file.apps[name]), advice=advice)


def _likewise(places: _Places) -> str:
    names = [f"`{scope.stack.name}`" for scope, _ in places]
    return f", in the stacks {', '.join(names[:-1])} and {names[-1]} alike" if len(names) > 1 else ""


def check_stacks_apart(scopes: Iterable[Scope]) -> None:
    """Ensure that no two stacks serve one host name: its record and applications would belong to both."""
    first: dict[tuple[str | None, str], tuple[Scope, Span]] = {}
    for scope in scopes:
        values = scope.stack.values
        for hostname in scope.estate.hostnames:
            key = "hostname" if hostname in scope.estate.shared_hostnames else "subdomains"
            place = values.at[key]
            other, there = first.setdefault((values.zone_id, hostname), (scope, place))
            if other is not scope:
                message = f"`{hostname}` is served by stack `{other.stack.name}` as well"
                advice = (f"write another `gatehouse:{key}` in one of them",)
                related = (Related(there, "served from here"),)
                scope.problems.add("duplicate-address", message, place, related=related, advice=advice)
