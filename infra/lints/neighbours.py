"""Lints about apps against each other: what one of them opens although another one guards it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from infra.access.entitlements import ANYBODY, Entitlement, entitlements_of
from infra.estate import App, Tunnelled
from infra.lints.entries import weaker
from infra.lints.lint import Lint
from infra.problems import Related

_PORTS = {"http": "80", "https": "443"}


def lint_looser_below(lint: Lint) -> None:
    """Ensure that an app below another one's path is not more open by accident: it inherits nothing."""
    at = {(home.hostname, home.path): app for app, home in lint.scope.estate.tunnelled}
    for inner, home in lint.scope.estate.tunnelled:
        outer = next((at[key] for key in _around(home) if key in at), None)
        if outer is None:
            continue
        found = _only_in(inner, outer, lint)
        if found:
            message = f"{found} `{outer.name}`, whose path is around it"
            advice = ("the most specific app decides alone and inherits nothing from the one around it",)
            related = (Related(outer.span, "around it"),)
            lint.scope.problems.add(
                "looser-below", message, inner.span, related=related, advice=advice, severity="warning"
            )


def lint_shared_service(lint: Lint) -> None:
    """Ensure that a service which two apps lead to is not opened by one of them: paths do not keep its parts apart."""
    first: dict[str, App] = {}
    for app, home in lint.scope.estate.tunnelled:
        other = first.setdefault(_origin(home), app)
        found = "" if other is app else _only_in(app, other, lint) or _only_in(other, app, lint)
        if found:
            message = f"{found} the other app, and both lead to `{home.service}`"
            advice = (
                "whoever may enter one of them reaches all of the service: the apps differ in address only",
                "give each app a service of its own, or the same `access`",
            )
            related = (Related(other.span, "the other app"),)
            lint.scope.problems.add(
                "shared-service", message, app.span, related=related, advice=advice, severity="warning"
            )


def _only_in(inner: App, outer: App, lint: Lint) -> str:
    """Who may enter one app and not, or not so easily, another; the other's name is still to be said."""
    allowed = tuple(entitlements_of(outer, lint.today))
    extra = [item for item in entitlements_of(inner, lint.today) if not any(_grants(wide, item) for wide in allowed)]
    known = {item.who for item in allowed}
    how = "with fewer conditions than" if all(item.who in known for item in extra) else "but not"
    who = ", ".join(f"`{name}`" for name in dict.fromkeys(item.who for item in extra))
    return f"{who} may enter `{inner.name}` {how}" if extra else ""


def _grants(wide: Entitlement, narrow: Entitlement) -> bool:
    """Whether who has `narrow` has all of it through `wide`; false where it is not obvious."""
    same = wide.who == ANYBODY or (wide.kind, wide.who) == (narrow.kind, narrow.who)
    return same and weaker(wide, narrow) and set(wide.denials) <= set(narrow.denials)


def _around(home: Tunnelled) -> Iterable[tuple[str, str]]:
    """The addresses above a path, nearest first."""
    path = home.path
    while path:
        path = path.rpartition("/")[0]
        yield home.hostname, path


def _origin(home: Tunnelled) -> str:
    """A service in one spelling; what answers by itself is another service for each app."""
    scheme, _, rest = home.service.partition("://")
    if not rest:
        return home.service if home.service.startswith("unix") else f"{home.domain} {home.service}"
    port = "" if re.search(r":[0-9]+$", rest) else f":{_PORTS.get(scheme, '')}"
    return f"{scheme}://{rest.lower()}{port}"
