"""A secret in Snowflake. Values come out of encrypted configuration and travel in inputs that Pulumi encrypts."""

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
# ALTER SECRET knows no other integration; the provider plans one all the same, and sends nothing.
_FIXED = pulumi.ResourceOptions(replace_on_changes=["apiAuthentication"], delete_before_replace=True)


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
    """One secret object of an app. `resource` is what others wait for."""

    resource: pulumi.CustomResource

    def __init__(self, wanted: Wanted, login: snowflake.Provider, after: Sequence[pulumi.Resource]) -> None:
        logical = f"{wanted.app}/{wanted.secret.alias}"
        super().__init__("infra:snowflake:AppSecret", logical)
        opts = pulumi.ResourceOptions(parent=self, provider=login, depends_on=list(after))
        create = _statement if wanted.secret.type in _WITHOUT_VALUE else _resource
        self.resource = create(logical, wanted, opts)
        self.register_outputs({})


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
            own["opts"] = pulumi.ResourceOptions.merge(opts, _FIXED)
            return snowflake.SecretWithClientCredentials(
                logical, api_authentication=integration, oauth_scopes=scopes, **own
            )
        case _:
            signed = pulumi.ResourceOptions.merge(opts, _FIXED)
            own["opts"] = _with_value(signed, secret, "oauthRefreshToken", "oauthRefreshTokenExpiryTime")
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


def _statement(logical: str, wanted: Wanted, opts: pulumi.ResourceOptions) -> pulumi.CustomResource:
    """A type that the SDK has no class for; its statement holds no value."""
    integration = sql.literal(str(wanted.secret.integration))
    parts = _WITHOUT_VALUE[wanted.secret.type].format(integration=integration)
    return snowflake.Execute(
        logical,
        execute=sql.create_secret(wanted.name, parts, names.comment(wanted.stack)),
        revert=sql.drop_secret(wanted.name),
        query=sql.show_secret(wanted.name),
        # Two objects cannot have one name, and the old revert would drop the new one.
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(delete_before_replace=True)),
    )
