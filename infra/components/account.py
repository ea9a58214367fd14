"""The singletons of a Cloudflare account: identity providers, organization, tag. Exactly one stack owns them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_cloudflare as cloudflare

from infra import names
from infra.estate import Provider
from infra.settings import ProviderSettings, Settings

TYPES = {
    "google-workspace": "google-apps",
    "entra-id": "azureAD",
    "okta": "okta",
    "oidc": "oidc",
    "saml": "saml",
    "github": "github",
    "one-time-pin": "onetimepin",
}
LOGIN_DURATION = "24h"  # of the login at the team's page; apps have sessions of their own
SCOPES = ("openid", "email", "profile")


class Account(pulumi.ComponentResource):
    """The singletons, created here. `providers` are the ids of the identity providers by name."""

    providers: Mapping[str, pulumi.Output[str]]

    def __init__(self, settings: Settings, providers: Sequence[Provider]) -> None:
        super().__init__("infra:account:Account", names.ACCOUNT)
        # Deleting a provider locks people out everywhere, and a new one has another id.
        opts = pulumi.ResourceOptions(parent=self, protect=settings.protect)
        cloudflare.ZeroTrustAccessTag(names.TAG, account_id=settings.account_id, name=names.TAG, opts=opts)
        if settings.organization:
            cloudflare.ZeroTrustOrganization(
                names.ORGANIZATION,
                account_id=settings.account_id,
                name=settings.organization,
                auth_domain=settings.auth_domain,
                session_duration=LOGIN_DURATION,
                opts=opts,
            )
        self.providers = {
            provider.name: cloudflare.ZeroTrustAccessIdentityProvider(
                provider.name,
                account_id=settings.account_id,
                name=provider.name,
                type=TYPES[provider.type],
                config=_config(provider, settings.providers[provider.name]),
                opts=opts,
            ).id
            for provider in providers
        }
        self.register_outputs({"providers": self.providers})


class AccountReference:
    """The singletons of an account that another stack owns. `providers` are the ids of its identity providers."""

    providers: Mapping[str, pulumi.Output[str]]

    def __init__(self, account: str, providers: Sequence[Provider]) -> None:
        qualified = f"{pulumi.get_organization()}/{pulumi.get_project()}/{account}"
        known = _exported_providers(account, qualified)
        for provider in providers:
            if provider.name not in known:
                raise _not_yet(account, f"stack `{account}` has no identity provider `{provider.name}` yet")
        found = pulumi.StackReference(account, stack_name=qualified).get_output(names.PROVIDERS_OUTPUT)
        self.providers = {provider.name: found[provider.name] for provider in providers}


def _exported_providers(account: str, qualified: str) -> Mapping[str, str]:
    """What the other stack exports, before anything is registered: a failing reference would not say what to do."""
    try:
        answer = pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", {"name": qualified}).value
    except Exception as error:  # the SDK raises a bare Exception for whatever the engine refuses
        if "unknown stack" in str(error):
            raise _not_yet(account, f"stack `{account}`, which owns the identity providers, does not exist") from None
        raise
    known: Mapping[str, str] = answer["outputs"].get(names.PROVIDERS_OUTPUT, {})
    return known


def _not_yet(account: str, sentence: str) -> pulumi.RunError:
    return pulumi.RunError(f"{sentence}\nrun `pulumi up --stack {account}` first")


def _config(provider: Provider, settings: ProviderSettings) -> cloudflare.ZeroTrustAccessIdentityProviderConfigArgs:
    values = settings.values
    given: dict[str, Any] = {
        "client_id": values.client_id,
        "client_secret": settings.client_secret,
        "apps_domain": values.apps_domain,
        "directory_id": values.directory_id,
        "okta_account": values.okta_account,
        "auth_url": values.auth_url,
        "token_url": values.token_url,
        "certs_url": values.certs_url,
        "issuer_url": values.issuer_url,
        "sso_target_url": values.sso_target_url,
        "idp_public_certs": values.public_certs or None,
    }
    match provider.type:
        case "entra-id":
            # Without it Cloudflare asks for no groups and no department has members.
            given["support_groups"] = True
        case "oidc":
            given |= {"claims": provider.claims or None, "scopes": values.scopes or SCOPES}
        case "saml":
            given["attributes"] = provider.claims or None
            given["email_attribute_name"] = values.email_attribute or "email"
            given["sign_request"] = values.sign_request
        case _:
            pass
    return cloudflare.ZeroTrustAccessIdentityProviderConfigArgs(
        **{key: _plain(value) for key, value in given.items() if value is not None}
    )


def _plain(value: object) -> Any:
    """Words know where they were written, which the SDK's serializer need not."""
    if isinstance(value, str):
        return str(value)
    return [str(item) for item in value] if isinstance(value, tuple) else value
