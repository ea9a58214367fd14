"""What one stack's Snowflake account needs, with the decrypted values of logins and secrets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi

from infra.estate import Estate, SecretObject
from infra.problems import Problems, Span
from infra.schema.snowflake_account import SecretValues
from infra.settings.decrypted import Decrypted
from infra.stack import Stack

# What stands in Snowflake until somebody sets the value that is rotated outside.
PLACEHOLDER = "set outside of Gatehouse"
PLACEHOLDER_EXPIRY = "2099-01-01 00:00 UTC"
# The parts of a value by type: as the stack file spells them, and as the record has them.
_PARTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "generic-string": (("", "value"),),
    "password": (("username", "username"), ("password", "password")),
    "oauth2-authorization-code": (("refreshToken", "refresh_token"),),
}
_CREDENTIALS = {
    "privateKey": "private_key",
    "privateKeyPassphrase": "private_key_passphrase",
    "token": "token",
    "password": "password",
}

_AUTHENTICATORS = {"private_key": "SNOWFLAKE_JWT", "token": "PROGRAMMATIC_ACCESS_TOKEN"}
# Resource types in use that the provider calls preview features (docs of the Terraform provider, 2.20).
PREVIEW_FEATURES = ["snowflake_external_access_integration_resource", "snowflake_function_python_resource"]

Value = pulumi.Output[str]


@dataclass(frozen=True)
class SnowflakeSettings:
    """How to log in: what is None or not there, the provider takes from its environment.

    `values` are the parts of secrets by app and alias; `expires` is when a refresh token ends. `protect` keeps what
    other stacks stand on.
    """

    organization: str
    account: str
    user: str | None
    credentials: Mapping[str, Value] = field(repr=False)
    values: Mapping[tuple[str, str], Mapping[str, Value]] = field(repr=False)
    expires: Mapping[tuple[str, str], str]
    protect: bool

    def login(self) -> Mapping[str, Any]:
        """The arguments of a provider, without the role."""
        authenticator = next((word for key, word in _AUTHENTICATORS.items() if key in self.credentials), None)
        return {
            "organization_name": self.organization,
            "account_name": self.account,
            "user": self.user,
            "authenticator": authenticator,
            "preview_features_enabled": PREVIEW_FEATURES,
            **self.credentials,
        }


def snowflake_settings(estate: Estate, problems: Problems) -> SnowflakeSettings | None:
    """The settings, or None where the stack has no Snowflake account. What is missing or unusable is recorded."""
    written = estate.stack.values.snowflake
    if written is None or estate.snowflake is None:
        return None
    login = Decrypted(estate.stack, "snowflake", problems)
    found = {
        name: login.secret((key,), written.at[key]) for key, name in _CREDENTIALS.items() if key in written.at.keys
    }
    secrets = Decrypted(estate.stack, "secrets", problems)
    values, expires = {}, {}
    for app, home in estate.in_snowflake:
        for secret in home.secrets:
            values[app.name, secret.alias] = _parts(app.name, secret, estate.stack, secrets)
            expires[app.name, secret.alias] = _expiry(app.name, secret, estate.stack)
    return SnowflakeSettings(
        organization=estate.snowflake.organization,
        account=estate.snowflake.name,
        user=str(written.user) if written.user else None,
        credentials={name: value for name, value in found.items() if value is not None},
        values=values,
        expires=expires,
        protect=not estate.stack.has_apps,
    )


def _parts(app: str, secret: SecretObject, stack: Stack, decrypted: Decrypted) -> Mapping[str, Value]:
    written = _written(app, secret, stack)
    found = {}
    for key, name in _PARTS.get(secret.type, ()):
        path = (app, secret.alias, *filter(None, (key,)))
        if secret.rotated_outside:
            found[name] = pulumi.Output.secret(PLACEHOLDER)
        elif written is None or not getattr(written, name):
            decrypted.missing(path, _span(app, secret, stack))
        elif value := decrypted.secret(path, written.at[key]):
            found[name] = value
    return found


def _expiry(app: str, secret: SecretObject, stack: Stack) -> str:
    """With its zone: a time without one is in a zone of somebody else's choice. A zone only stands behind minutes."""
    written = _written(app, secret, stack)
    return f"{written.expires[:16]} UTC" if written and written.expires else PLACEHOLDER_EXPIRY


def _written(app: str, secret: SecretObject, stack: Stack) -> SecretValues | None:
    values = stack.values.secrets
    return values[app].get(secret.alias) if app in values else None


def _span(app: str, secret: SecretObject, stack: Stack) -> Span:
    """Where a missing value belongs: below its name, its app, or the section; else where the secret is declared."""
    values = stack.values
    if app in values.secrets:
        return values.secrets[app].declared.get(secret.alias, values.secrets.declared[app])
    return values.at["secrets"] if "secrets" in values.at.keys else secret.span
