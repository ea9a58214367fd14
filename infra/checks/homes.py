"""Rules about where an app lives: behind the tunnel or in Snowflake, and what Snowflake cannot do."""

from __future__ import annotations

from infra.checks.scope import Scope
from infra.schema.apps import App, Snowflake

_TUNNEL_ONLY = ("service", "path", "subdomain", "origin", "session")


def check_homes(scope: Scope) -> None:
    """Ensure that each app has one home and one address."""
    for name, app in scope.file.apps.items():
        if app.snowflake is not None:
            _check_in_snowflake(scope, name, app, app.snowflake)
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


def _check_in_snowflake(scope: Scope, name: str, app: App, snowflake: Snowflake) -> None:
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
    if snowflake.runtime == "container" and snowflake.compute_pool is None:
        advice = ("write `compute_pool:` with the pool that runs it",)
        scope.problems.add(
            "bad-runtime", "a container app needs a `compute_pool`", snowflake.at["runtime"], advice=advice
        )
    if snowflake.runtime == "warehouse" and snowflake.compute_pool is not None:
        message = "a warehouse app runs in no compute pool"
        advice = ("remove `compute_pool`, or write `runtime: container`",)
        scope.problems.add("bad-runtime", message, snowflake.compute_pool.span, advice=advice)


def check_snowflake_access(scope: Scope) -> None:
    """Ensure that nothing is asked of a Snowflake grant that it cannot do: it has no conditions."""
    for app in scope.file.apps.values():
        for entry in app.access if app.snowflake else ():
            refused = [key for key in ("deny", "public", "require", "exclude", "session") if getattr(entry, key)]
            for key in refused:
                message = f"`{key}` cannot be enforced in Snowflake: a grant has no conditions"
                advice = ("serve the app behind the tunnel, or remove it here",)
                scope.problems.add("not-enforceable", message, entry.at[key], advice=advice)


def check_snowflake_secrets(scope: Scope) -> None:
    """Ensure that each secret can be delivered the way it is meant to be."""
    for app in scope.file.apps.values():
        snowflake = app.snowflake
        if snowflake is None or not snowflake.secrets:
            continue
        if not snowflake.external_hosts:
            message = "secrets are attached through an external access integration, which needs hosts"
            advice = ("write `external_hosts:` with the hosts that the app calls with the secret",)
            scope.problems.add("secret-without-host", message, snowflake.at["secrets"], advice=advice)
        for secret in snowflake.secrets.values():
            plain = secret.type in ("generic-string", "password")
            if snowflake.runtime == "container" and secret.deliver == "object" and not plain:
                message = f"a secret of type `{secret.type}` cannot be given to a container app directly"
                advice = ("write `deliver: function`, which reads it through a secret UDF",)
                scope.problems.add("bad-delivery", message, secret.at["deliver"], advice=advice)
