"""Rules about `gatehouse:snowflake` and `gatehouse:secrets` of a stack file, against what apps.yaml needs of them."""

from __future__ import annotations

from infra.checks.scope import Scope
from infra.checks.snowflake import WITH_VALUE
from infra.estate import Estate
from infra.problems import Problems, Related, Span, did_you_mean
from infra.schema.snowflake_account import SecretValues, SnowflakeValues
from infra.stack import PROJECT

# The parts of a value, as the stack file spells them, by type.
PARTS = {
    "generic-string": ("value",),
    "password": ("username", "password"),
    "oauth2-authorization-code": ("refreshToken", "expires"),
}
WITH_EXPIRY = frozenset(kind for kind, parts in PARTS.items() if "expires" in parts)
_FIELDS = {"value": "value", "username": "username", "password": "password", "refreshToken": "refresh_token",
           "expires": "expires"}  # fmt: skip


def check_snowflake_account(scope: Scope) -> None:
    """Ensure that a stack with apps in Snowflake says where that is, and how to get in."""
    values, stack = scope.stack.values.snowflake, scope.stack
    here = {name: app.snowflake for name, app in scope.apps_here().items() if app.snowflake}
    if values is None:
        for name in list(here)[:1] if "snowflake" not in stack.values.at.keys else ():
            message = f"`{PROJECT}:snowflake` is missing in `{stack.file}`"
            advice = ("it names the account, the database and the schema; see docs/first-account.md",)
            related = (Related(scope.span_of(name), "this app needs it"),)
            scope.problems.add("missing-stack-value", message, stack.values.at.span, related=related, advice=advice)
        return
    for key in ("database", "schema") if here else ():
        if key not in values.at.keys:
            _missing(scope, key, values.at.span)
    for app in here.values():
        if app.git is not None and values.git_api_integration is None:
            _missing(scope, "gitApiIntegration", app.git.at.span)
    _check_authentication(scope.problems, values)
    for name, pool in values.compute_pools.items():
        if pool.min_nodes > pool.max_nodes:
            message = f"pool `{name}` would have at least {pool.min_nodes} nodes and at most {pool.max_nodes}"
            scope.problems.add("out-of-range", message, pool.at["minNodes"])


def _missing(scope: Scope, key: str, span: Span) -> None:
    message = f"`{PROJECT}:snowflake.{key}` is missing in `{scope.stack.file}`"
    command = scope.stack.setting(f"--path '{PROJECT}:snowflake.{key}' …")
    scope.problems.add("missing-stack-value", message, span, advice=(command,))


def _check_authentication(problems: Problems, values: SnowflakeValues) -> None:
    ways = [key for key in ("privateKey", "token", "password") if key in values.at.keys]
    for key in ways[1:]:
        message = f"`{key}` stands beside `{ways[0]}`, and one way to log in is enough"
        problems.add("misplaced-value", message, values.at[key], advice=("remove one of them",))
    if values.private_key_passphrase and "privateKey" not in values.at.keys:
        message = "a passphrase without a private key opens nothing"
        problems.add("misplaced-value", message, values.at["privateKeyPassphrase"], advice=("remove it",))


def check_secret_values(scope: Scope) -> None:
    """Ensure that each value belongs to a secret that has one, and has its parts."""
    apps = scope.file.apps
    for app, span in scope.stack.values.secrets.declared.items():
        written = apps[app].snowflake if app in apps else None
        if apps.lacks(app):
            message, advice = f"apps.yaml declares no app `{app}`", did_you_mean(app, apps.declared)
            scope.problems.add("unknown-app", message, span, advice=advice)
        elif app in apps and written is None:
            message = f"`{app}` is not in Snowflake, and only apps there have secrets"
            scope.problems.add("misplaced-value", message, span, advice=("remove it",))
        if written is None or app not in scope.stack.values.secrets:
            continue
        for alias, at in scope.stack.values.secrets[app].declared.items():
            values = scope.stack.values.secrets[app].get(alias)
            if written.secrets.lacks(alias):
                message = f"`{app}` declares no secret `{alias}`"
                advice = did_you_mean(alias, written.secrets.declared)
                scope.problems.add("unknown-secret", message, at, advice=advice)
            elif alias in written.secrets and values is not None:
                secret = written.secrets[alias]
                _check_value(scope.problems, secret.type, bool(secret.rotated_outside), values, at)
                if secret.type in WITH_EXPIRY and values.refresh_token and not values.expires:
                    _missing_expiry(scope, f"{app}.{alias}", at)


def without_value(estate: Estate) -> tuple[str, ...]:
    """The secrets of a stack that lack a value, or a part of it, as `app.alias`. Nothing is deployed without."""
    written = estate.stack.values.secrets
    found = []
    for app, home in estate.in_snowflake:
        for secret in home.secrets:
            values = written[app.name].get(secret.alias) if app.name in written else None
            parts = () if secret.rotated_outside else PARTS.get(secret.type, ())
            if any(not getattr(values, _FIELDS[part], None) for part in parts if part != "expires"):
                found.append(f"{app.name}.{secret.alias}")
    return tuple(found)


def _missing_expiry(scope: Scope, secret: str, at: Span) -> None:
    key = f"{PROJECT}:secrets.{secret}.expires"
    message = f"`{key}` is missing in `{scope.stack.file}`"
    command = scope.stack.setting(f"--path '{key}' '2027-03-31 00:00:00'")
    advice = ("whoever issued the refresh token says until when it is good, in UTC", command)
    scope.problems.add("missing-stack-value", message, at, advice=advice)


def _check_value(problems: Problems, kind: str, outside: bool, values: SecretValues, at: Span) -> None:
    if outside or kind not in WITH_VALUE:
        why = "`rotated_outside` says that somebody else sets it" if outside else f"type `{kind}` has none"
        problems.add("misplaced-value", f"this secret has no value here: {why}", at, advice=("remove it",))
        return
    given = [part for part, field in _FIELDS.items() if getattr(values, field)]
    wrong = [part for part in given if part not in PARTS[kind]]
    if wrong:
        parts = " and ".join(f"`{part}`" for part in PARTS[kind])
        expected = "one encrypted text" if kind == "generic-string" else parts
        message = f"the value of a secret of type `{kind}` is {expected}"
        label = "this is one text" if wrong[0] == "value" else f"this has `{wrong[0]}`"
        problems.add("wrong-secret-value", message, at, label=label)
