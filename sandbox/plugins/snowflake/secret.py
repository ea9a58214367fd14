"""Secrets of the four types that the SDK has classes for.

The two OAuth types are not in the recording; their statements are those of pkg/sdk/secrets_gen.go and
pkg/resources/secret_with_oauth_*.go of terraform-provider-snowflake 2.20.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from sandbox.plugins.snowflake import names, sets
from sandbox.plugins.snowflake.account import Account
from sandbox.plugins.snowflake.answers import Row, columns, go_time, item_set, stored
from sandbox.plugins.snowflake.attributes import DESCRIBED, SHOWN, Attribute, says, table, told
from sandbox.plugins.snowflake.kind import Change
from sandbox.plugins.snowflake.named import IN_SCHEMA, NamedObject, comment, placed
from sandbox.plugins.snowflake.sql import Statement, literals
from sandbox.plugins.values import Properties, Secret, reveal

_SHOWN = columns(
    "name", "database_name", "schema_name", "owner", "comment", "secret_type", "owner_role_type",
    created_on=go_time, oauth_scopes=item_set,
)  # fmt: skip
_DESCRIBED = columns(
    "name", "database_name", "schema_name", "owner", "comment", "secret_type", "username", "integration_name",
    created_on=go_time, oauth_scopes=item_set,
    oauth_access_token_expiry_time=go_time, oauth_refresh_token_expiry_time=go_time,
)  # fmt: skip
_OAUTH = ("OAUTH2", "OAUTH2_CLIENT_CREDENTIALS")
_PLACE = placed(forces=True, place=IN_SCHEMA)


_INTEGRATION = Attribute(
    "apiAuthentication",
    "API_AUTHENTICATION",
    lambda name: names.quoted(names.on_account(name)),
    required=True,
    normal=names.bare,
)


class _Secret(NamedObject):
    words, plural = "SECRET", "SECRETS"
    shown = _SHOWN
    computed = ("secretType", "fullyQualifiedName", SHOWN, DESCRIBED)
    types: ClassVar[tuple[str, ...]]
    """What SHOW may call it; one that somebody made anew with another type is replaced."""
    has_refresh_token: ClassVar[bool | None] = None
    """Tells the two OAuth types apart, which SHOW calls the same."""

    def details(self, account: Account, ident: str, row: Row, state: Properties) -> Properties:
        described = stored(_DESCRIBED, next(iter(self.described(account, ident)), {}))
        outputs: Properties = {
            "secretType": row.get("secret_type"),
            "comment": described["comment"],
            DESCRIBED: [described],
        }
        if "username" in self.attributes:
            known = state.get("username")
            outputs["username"] = known if reveal(known) == described["username"] else Secret(described["username"])
        if "apiAuthentication" in self.attributes:
            outputs["apiAuthentication"] = described["integrationName"]
        if "oauthScopes" in self.attributes:
            outputs["oauthScopes"] = described["oauthScopes"] or None
        return outputs

    def unsetting(self, alter: str, clauses: list[str]) -> Statement:  # noqa: ARG002 # it can only be the comment
        return Statement(f"{alter} SET COMMENT = NULL")

    def drift(self, account: Account, ident: str, inputs: Properties, state: Properties) -> tuple[str, ...]:  # noqa: ARG002 # the state has it
        type_now, expiry = state.get("secretType"), told(state, (DESCRIBED, "oauthRefreshTokenExpiryTime"))
        is_other = type_now is not None and type_now not in self.types
        if type_now == "OAUTH2" and self.has_refresh_token is not None and expiry is not None:
            is_other = is_other or bool(expiry) is not self.has_refresh_token
        return ("secretType",) if is_other else ()

    def replaces(self, changed: tuple[str, ...], inputs: Properties, state: Properties) -> tuple[str, ...]:
        forced = super().replaces(changed, inputs, state)
        return (*forced, "secretType") if "secretType" in changed else forced


class GenericString(_Secret):
    """A text."""

    noun, types, made_as = "generic string secret", ("GENERIC_STRING",), "TYPE = GENERIC_STRING"
    attributes = table(*_PLACE, Attribute("secretString", "SECRET_STRING", required=True, secret=True), comment())
    set_order = ("comment", "secretString")


class BasicAuthentication(_Secret):
    """A user name and a password."""

    noun, types, made_as = "basic authentication secret", ("PASSWORD",), "TYPE = PASSWORD"
    attributes = table(
        *_PLACE,
        Attribute("username", "USERNAME", required=True, secret=True),
        Attribute("password", "PASSWORD", required=True, secret=True),
        comment(),
    )
    set_order = ("comment", "username", "password")


class ClientCredentials(_Secret):
    """OAuth client credentials, which are those of a security integration."""

    noun, made_as, has_refresh_token = "client credentials secret", "TYPE = OAUTH2", False
    types = _OAUTH
    attributes = table(
        *_PLACE,
        _INTEGRATION,
        Attribute(
            "oauthScopes",
            "OAUTH_SCOPES",
            lambda scopes: literals(sets.sent(scopes)),
            cleared="OAUTH_SCOPES = ()",
            normal=sorted,
        ),
        comment(),
    )
    # Another integration is no part of any ALTER: the official provider leaves the old one, and finds it next time.
    set_order = ("comment", "oauthScopes")


class AuthorizationCodeGrant(_Secret):
    """An OAuth refresh token."""

    noun, made_as, has_refresh_token = "authorization code grant secret", "TYPE = OAUTH2", True
    types = _OAUTH
    attributes = table(
        *_PLACE,
        Attribute("oauthRefreshToken", "OAUTH_REFRESH_TOKEN", required=True, secret=True),
        Attribute(
            "oauthRefreshTokenExpiryTime",
            "OAUTH_REFRESH_TOKEN_EXPIRY_TIME",
            required=True,
            current=(DESCRIBED, "oauthRefreshTokenExpiryTime"),
        ),
        _INTEGRATION,
        comment(),
    )
    set_order = ("comment", "oauthRefreshToken", "oauthRefreshTokenExpiryTime")

    def resetting(self, ident: str, change: Change) -> Iterator[Statement]:
        """The official provider begins with a SET also where there is nothing to set, which Snowflake refuses."""
        changed = change.names.intersection(self.set_order)
        if not any(says(self.attributes[name], change.of(name)) for name in changed):
            yield Statement(f"ALTER SECRET {self.sql_name(ident)} SET")
        yield from super().resetting(ident, change)
