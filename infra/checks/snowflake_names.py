"""Rules about names in Snowflake: no two things have one, in a stack's schema or in the account that stacks share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from infra.checks.scope import Scope
from infra.estate import App, InSnowflake, SecretObject
from infra.names import identifier, secret_function
from infra.problems import Related, Span


def check_object_names(scope: Scope) -> None:
    """Ensure that no two objects of the stack's schema have one name."""
    seen: dict[tuple[str, str], tuple[Span, str]] = {}
    for app, home in scope.estate.in_snowflake:
        for kind, name, at, what in _objects(app, home):
            there, first = seen.setdefault((kind, name), (at, what))
            if (there, first) != (at, what):
                message = f"`{first}` and `{what}` would both be the {kind} `{name}`"
                related = (Related(there, "the other one"),)
                scope.problems.add("duplicate-name", message, at, related=related, advice=("rename one of them",))


def _objects(app: App, home: InSnowflake) -> Iterable[tuple[str, str, Span, str]]:
    yield "Streamlit object", home.name, app.span, app.name
    for secret in home.secrets:
        what = f"{app.name}.{secret.alias}"
        yield "secret", secret.name, secret.span, what
        yield from (("function", name, secret.span, what) for name in _functions(secret))


def _functions(secret: SecretObject) -> Iterable[str]:
    if secret.deliver == "function":
        yield secret_function(secret.name, of_type=True)
        yield secret_function(secret.name, of_type=False)


@dataclass(frozen=True)
class _Named:
    """Something at the level of the account: what the files call it, and where."""

    scope: Scope
    what: str
    at: Span


def check_snowflake_stacks_apart(scopes: Iterable[Scope]) -> None:
    """Ensure that stacks of one Snowflake account share neither a schema nor names, and one of them makes the roles."""
    schemas: dict[tuple[str, ...], tuple[Scope, Span]] = {}
    creators: dict[tuple[str, ...], tuple[Scope, Span]] = {}
    prefixes: dict[tuple[str, ...], tuple[Scope, Span]] = {}
    names: dict[tuple[str, ...], _Named] = {}
    for scope in scopes:
        account, values = scope.estate.snowflake, scope.stack.values.snowflake
        if account is None or values is None:
            continue
        own = (account.organization, account.name)
        if account.schema is not None:
            key = (*own, account.schema.database, account.schema.name)
            message = f"the schema `{account.schema.database}.{account.schema.name}` belongs to stack `{{}}` as well"
            _alone(schemas, key, scope, values.at["schema"], message, "write another `schema` in one of them")
        message = f"the names of stacks `{scope.stack.name}` and `{{}}` are one in Snowflake"
        _alone(prefixes, (*own, _stack_word(scope)), scope, values.at.span, message, "rename one of them")
        _check_account_names(scope, own, names)
        if account.creates_roles:
            message = "stack `{}` creates the departments' roles in this account already"
            _alone(creators, own, scope, values.at["createRoles"], message, "write `createRoles: false` here")


def _check_account_names(scope: Scope, own: tuple[str, ...], seen: dict[tuple[str, ...], _Named]) -> None:
    """Stack `prod` with an app `eu-ledger` comes to the same name as stack `prod-eu` with an app `ledger`."""
    for kind, name, what, at in _in_account(scope):
        here = _Named(scope, what, at)
        other = seen.setdefault((*own, kind, name), here)
        is_same = other.scope is scope and other.what == what
        # Of stacks whose own names are one, everything is, and that has been said.
        if is_same or (other.scope is not scope and _stack_word(other.scope) == _stack_word(scope)):
            continue
        one, two = f"`{other.what}`", f"`{what}`"
        if other.scope is not scope:
            one, two = f"{one} of stack `{other.scope.stack.name}`", f"{two} of stack `{scope.stack.name}`"
        message = f"{one} and {two} would both be the {kind} `{name}`"
        related = (Related(other.at, "the other one"),)
        scope.problems.add("duplicate-name", message, at, related=related, advice=("rename one of them",))


def _in_account(scope: Scope) -> Iterable[tuple[str, str, str, Span]]:
    """Kind, name and origin of everything that the stack makes at the level of the account."""
    values, account = scope.stack.values.snowflake, scope.estate.snowflake
    if values is None or account is None:
        return
    for app, home in scope.estate.in_snowflake:
        if home.integration is not None:
            yield "integration", home.integration, app.name, app.span
        yield "role", home.owner_role, app.owner.name, scope.file.departments.declared[app.owner.name]
    for warehouse in account.warehouses:
        yield "warehouse", warehouse.name, warehouse.key, values.warehouses.declared[warehouse.key]
    for pool in account.compute_pools:
        yield "compute pool", pool.name, pool.key, values.compute_pools.declared[pool.key]


def _stack_word(scope: Scope) -> str:
    return identifier(scope.stack.name)


def _alone(
    seen: dict[tuple[str, ...], tuple[Scope, Span]],
    key: tuple[str, ...],
    scope: Scope,
    at: Span,
    message: str,
    advice: str,
) -> None:
    other, there = seen.setdefault(key, (scope, at))
    if other is not scope:
        related = (Related(there, f"stack `{other.stack.name}`"),)
        scope.problems.add("duplicate-name", message.format(other.stack.name), at, related=related, advice=(advice,))
