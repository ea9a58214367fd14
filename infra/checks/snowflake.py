"""Rules about an app in Snowflake, decided from apps.yaml alone; those about its files are in `app_files`."""

from __future__ import annotations

from infra.checks.scope import Scope
from infra.in_snowflake import PLAIN
from infra.schema.snowflake import Git, SecretObject, Snowflake
from infra.shapes import Word

WITH_INTEGRATION = frozenset({"oauth2-client-credentials", "oauth2-authorization-code", "cloud-provider-token"})
WITH_VALUE = frozenset({"generic-string", "password", "oauth2-authorization-code"})


def check_runtimes(scope: Scope) -> None:
    """Ensure that each app has what its runtime needs, and nothing that it cannot use."""
    for app in scope.file.apps.values():
        if app.snowflake is not None:
            _check_runtime(scope, app.snowflake)
            _check_hosts(scope, app.snowflake)
        if app.snowflake is not None and app.snowflake.git is not None:
            _check_git(scope, app.snowflake.git)


def _check_runtime(scope: Scope, snowflake: Snowflake) -> None:
    if snowflake.runtime == "container" and snowflake.compute_pool is None:
        advice = ("write `compute_pool:` with the pool that runs it",)
        scope.problems.add(
            "bad-runtime", "a container app needs a `compute_pool`", snowflake.at["runtime"], advice=advice
        )
    if snowflake.runtime == "container":
        return
    if snowflake.compute_pool is not None:
        message = "a warehouse app runs in no compute pool"
        advice = ("remove `compute_pool`, or write `runtime: container`",)
        scope.problems.add("bad-runtime", message, snowflake.compute_pool.span, advice=advice)
    if snowflake.artifact_repositories:
        message = "a warehouse app gets its packages from Snowflake's channel, as its `environment.yml` says"
        advice = ("remove `artifact_repositories`, or write `runtime: container`",)
        scope.problems.add("bad-runtime", message, snowflake.at["artifact_repositories"], advice=advice)


def _check_hosts(scope: Scope, snowflake: Snowflake) -> None:
    for host in snowflake.external_hosts:
        _, colon, port = host.rpartition(":")
        if colon and not 1 <= int(port) <= 65535:
            scope.problems.add("out-of-range", f"`{port}` is not between 1 and 65535", host.span)


def _check_git(scope: Scope, git: Git) -> None:
    if (git.commit is None) == (git.tag is None):
        found = "this has both" if git.commit else "this has neither"
        advice = ("a branch would change what runs without a review, so it cannot be named here",)
        message = "an app from Git has either `commit` or `tag`"
        scope.problems.add("no-commit", message, git.at.span, label=found, advice=advice)


def check_snowflake_access(scope: Scope) -> None:
    """Ensure that nothing is asked of a Snowflake grant that it cannot do: it has no conditions."""
    for app in scope.file.apps.values():
        for entry in app.access if app.snowflake else ():
            refused = [key for key in ("deny", "public", "require", "exclude", "session") if getattr(entry, key)]
            for key in refused:
                message = f"`{key}` cannot be enforced in Snowflake: a grant has no conditions"
                advice = ("serve the app behind the tunnel, or remove it here",)
                scope.problems.add("not-enforceable", message, entry.at[key], advice=advice)


def check_secrets(scope: Scope) -> None:
    """Ensure that each secret has what its type needs, and can be delivered the way it is meant to be."""
    for app in scope.file.apps.values():
        snowflake = app.snowflake
        if snowflake is None or not snowflake.secrets:
            continue
        if not snowflake.external_hosts:
            message = "secrets are attached through an external access integration, which needs hosts"
            advice = ("write `external_hosts:` with the hosts that the app calls with the secret",)
            scope.problems.add("secret-without-host", message, snowflake.at["secrets"], advice=advice)
        for secret in snowflake.secrets.values():
            _check_delivery(scope, snowflake, secret)
            _check_parts(scope, secret)


def _check_delivery(scope: Scope, snowflake: Snowflake, secret: SecretObject) -> None:
    if snowflake.runtime == "container" and secret.deliver == "object" and secret.type not in PLAIN:
        message = f"a secret of type `{secret.type}` cannot be given to a container app directly"
        advice = ("write `deliver: function`, which reads it through a secret UDF",)
        scope.problems.add("bad-delivery", message, secret.at["deliver"], advice=advice)


def _check_parts(scope: Scope, secret: SecretObject) -> None:
    if secret.type in WITH_INTEGRATION and secret.integration is None:
        message = f"a secret of type `{secret.type}` needs the `integration` that stands behind it"
        advice = ("write `integration:` with the name of a security integration for API authentication",)
        scope.problems.add("bad-secret", message, secret.at["type"], advice=advice)
    if secret.integration is not None and secret.type not in WITH_INTEGRATION:
        _unfit(scope, secret, "integration", secret.integration)
    if secret.scopes and secret.type != "oauth2-client-credentials":
        _unfit(scope, secret, "scopes", secret.scopes[0])
    if secret.rotated_outside and secret.type not in WITH_VALUE:
        message = f"a secret of type `{secret.type}` has no value of its own"
        advice = ("remove `rotated_outside`",)
        scope.problems.add("bad-secret", message, secret.at["rotated_outside"], advice=advice)


def _unfit(scope: Scope, secret: SecretObject, key: str, word: Word) -> None:
    message = f"a secret of type `{secret.type}` has no `{key}`"
    scope.problems.add("bad-secret", message, word.span, advice=(f"remove `{key}`, or correct `type`",))
