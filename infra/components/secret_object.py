"""A secret in Snowflake. Values come out of encrypted configuration and travel in inputs that Pulumi encrypts.

The SDK has a class for each type, so another type is another resource, which the engine makes before it removes the
old one; but both have one name. So one resource of all types stands for the name, and alone drops what has it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_snowflake as snowflake

from infra import names, sql
from infra.estate import SecretObject

_WITHOUT_VALUE = {
    "cloud-provider-token": "CLOUD_PROVIDER_TOKEN API_AUTHENTICATION = {integration} ENABLED = TRUE",
    "symmetric-key": "SYMMETRIC_KEY ALGORITHM = GENERIC",
}


@dataclass(frozen=True)
class Wanted:
    """A secret of an app with its value, in parts; `expires` is when a refresh token ends."""

    app: str
    secret: SecretObject
    name: sql.ObjectName
    value: Mapping[str, pulumi.Output[str]]
    expires: str
    stack: str


class AppSecret(pulumi.ComponentResource):
    """One secret object of an app. `place` is made anew whenever the object is; others wait for `resource`."""

    place: snowflake.Execute
    resource: pulumi.CustomResource

    def __init__(self, wanted: Wanted, login: snowflake.Provider, after: Sequence[pulumi.Resource]) -> None:
        logical = f"{wanted.app}/{wanted.secret.alias}"
        super().__init__("infra:snowflake:AppSecret", logical)
        opts = pulumi.ResourceOptions(parent=self, provider=login, depends_on=list(after))
        self.place = self.resource = _place(logical, wanted, opts)
        if wanted.secret.type not in _WITHOUT_VALUE:
            # It drops nothing itself: a resource of the old type goes last, when the new object has the name.
            follows = pulumi.ResourceOptions(
                depends_on=[self.place], replace_with=[self.place], delete_before_replace=True, retain_on_delete=True
            )
            self.resource = _resource(logical, wanted, pulumi.ResourceOptions.merge(opts, follows))
        self.register_outputs({})


def _place(logical: str, wanted: Wanted, opts: pulumi.ResourceOptions) -> snowflake.Execute:
    """What has the name of the secret: a statement that makes it, for a type that the SDK has no class for and whose
    statement holds no value; else nothing but the way to drop it. What ALTER SECRET cannot change makes it anew."""
    secret, name = wanted.secret, wanted.name
    create, query = sql.NOTHING, None
    if secret.type in _WITHOUT_VALUE:
        parts = _WITHOUT_VALUE[secret.type].format(integration=sql.literal(str(secret.integration)))
        create, query = sql.create_secret(name, parts, names.comment(wanted.stack)), sql.show_secret(name)
    made_of = [secret.type, str(name), *([secret.integration] if secret.integration else [])]
    return snowflake.Execute(
        logical,
        execute=create,
        revert=sql.drop_secret(name),
        query=query,
        opts=pulumi.ResourceOptions.merge(
            opts, pulumi.ResourceOptions(delete_before_replace=True, replacement_trigger=" ".join(made_of))
        ),
    )


def _resource(logical: str, wanted: Wanted, opts: pulumi.ResourceOptions) -> pulumi.CustomResource:
    secret, name, value = wanted.secret, wanted.name, wanted.value
    own: dict[str, Any] = {
        "name": name.name,
        "database": name.database,
        "schema": name.schema,
        "comment": names.comment(wanted.stack),
    }
    match secret.type:
        case "generic-string":
            own["opts"] = _with_value(opts, secret, "secretString")
            return snowflake.SecretWithGenericString(logical, secret_string=value["value"], **own)
        case "password":
            own["opts"] = _with_value(opts, secret, "username", "password")
            user, password = value["username"], value["password"]
            return snowflake.SecretWithBasicAuthentication(logical, username=user, password=password, **own)
        case "oauth2-client-credentials":
            integration, scopes = str(secret.integration), list(secret.scopes)
            own["opts"] = opts
            return snowflake.SecretWithClientCredentials(
                logical, api_authentication=integration, oauth_scopes=scopes, **own
            )
        case _:
            own["opts"] = _with_value(opts, secret, "oauthRefreshToken", "oauthRefreshTokenExpiryTime")
            return snowflake.SecretWithAuthorizationCodeGrant(
                logical,
                api_authentication=str(secret.integration),
                oauth_refresh_token=value["refresh_token"],
                oauth_refresh_token_expiry_time=wanted.expires,
                **own,
            )


def _with_value(opts: pulumi.ResourceOptions, secret: SecretObject, *inputs: str) -> pulumi.ResourceOptions:
    """What DESCRIBE tells of a secret holds its user's name, which the SDK does not mark."""
    return pulumi.ResourceOptions.merge(
        opts,
        pulumi.ResourceOptions(
            additional_secret_outputs=["describeOutputs"],
            ignore_changes=list(inputs) if secret.rotated_outside else None,
        ),
    )
