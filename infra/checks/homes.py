"""Rules about where an app lives: behind the tunnel or in Snowflake, never in both."""

from __future__ import annotations

from infra.checks.scope import Scope
from infra.schema.apps import App

_TUNNEL_ONLY = ("service", "path", "subdomain", "origin", "session")


def check_homes(scope: Scope) -> None:
    """Ensure that each app has one home and one address."""
    for name, app in scope.file.apps.items():
        if app.snowflake is not None:
            _check_in_snowflake(scope, name, app)
            continue
        if (app.source is None) == (app.service is None):
            message = "an app has either `source` or `service`"
            found = "this has both" if app.source else "this has neither"
            advice = ("`source` is a folder with the app's code; `service` is the URL of something that runs already",)
            scope.problems.add("no-home", message, scope.span_of(name), label=found, advice=advice)
        if (app.path is None) == (app.subdomain is None):
            message = "an app has either `path` or `subdomain`"
            found = "this has both" if app.path else "this has neither"
            advice = ("a `path` is below the host name that all apps share; a `subdomain` is a host name of its own",)
            scope.problems.add("no-address", message, scope.span_of(name), label=found, advice=advice)
        if app.origin is not None and app.service is None:
            message = "`origin` describes an existing `service`"
            scope.problems.add("bad-service", message, app.origin.at.span, advice=("remove `origin`",))


def _check_in_snowflake(scope: Scope, name: str, app: App) -> None:
    if app.source is None:
        advice = ("`source` is the folder with the app's files",)
        scope.problems.add("no-home", "an app in Snowflake needs `source`", scope.span_of(name), advice=advice)
    for key in _TUNNEL_ONLY:
        if getattr(app, key) is not None:
            message = f"`{key}` has no meaning for an app in Snowflake"
            scope.problems.add("not-in-snowflake", message, app.at[key], advice=(f"remove `{key}` or `snowflake`",))
    if app.machines:
        message = "machines reach Snowflake with service users of their own, not with an Access token"
        advice = ("remove `machines` or `snowflake`",)
        scope.problems.add("not-in-snowflake", message, app.machines[0].span, advice=advice)
