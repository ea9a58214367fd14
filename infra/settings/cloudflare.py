"""Settings: what one stack's Cloudflare account needs, with the decrypted values. The only reader of `pulumi.Config`.

The stack file is decoded without pulumi (see `stack`), which leaves secrets opaque. Here they are joined, and each
becomes a secret Output the moment it is read. What is missing was reported by `checks` before anything ran; only what
decryption reveals is left to say here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from infra.estate import Estate
from infra.problems import ConfigError, Problem, Problems, Span
from infra.stack import PROJECT, ProviderValues, Stack

WITH_SECRET = frozenset({"google-workspace", "entra-id", "okta", "oidc", "github"})


@dataclass(frozen=True)
class ProviderSettings:
    """One identity provider as this account knows it. Which values there are depends on its type."""

    values: ProviderValues
    client_secret: pulumi.Output[str] | None


@dataclass(frozen=True)
class Zone:
    """The zone that holds the stack's host names; `at` is where its id is written."""

    id: str
    name: str
    at: Span


@dataclass(frozen=True)
class Settings:
    """The Cloudflare side of one stack.

    `account` is the stack that owns the singletons, None when it is this one. `organization` is None where the
    organization of the account is left as it is.
    """

    stack: str
    account: str | None
    account_id: str
    team: str
    organization: str | None
    zone: Zone | None
    providers: Mapping[str, ProviderSettings]
    protect: bool

    @property
    def auth_domain(self) -> str:
        return f"{self.team}.cloudflareaccess.com"


def load_settings(estate: Estate) -> Settings:
    """The settings of the stack that is being deployed; ConfigError when a value is missing or unusable."""
    stack, problems = estate.stack, Problems()
    values = stack.values
    account_id = _required(stack, "accountId", values.account_id, problems)
    team = _required(stack, "team", values.team, problems)
    zone = _zone(stack, problems) if estate.hostnames else None
    providers = _providers(estate, problems) if stack.owns_singletons else {}
    problems.raise_errors()
    return Settings(
        stack=stack.name,
        account=None if stack.owns_singletons else str(values.account),
        account_id=account_id,
        team=team,
        organization=str(values.organization) if values.organization and stack.owns_singletons else None,
        zone=zone,
        providers=providers,
        protect=not stack.has_apps,
    )


def wrong_zone(zone: Zone, message: str, *advice: str) -> ConfigError:
    """The error for a zone that Cloudflare knows otherwise than the stack file."""
    return ConfigError([Problem("wrong-zone", message, zone.at, advice=advice)])


def _required(stack: Stack, key: str, value: str | None, problems: Problems) -> str:
    if not value:
        message = f"`{PROJECT}:{key}` is missing in `{stack.file}`"
        problems.add("missing-stack-value", message, stack.values.at.span)
    return str(value or "")


def _zone(stack: Stack, problems: Problems) -> Zone:
    values = stack.values
    zone_id = _required(stack, "zoneId", values.zone_id, problems)
    return Zone(zone_id, _required(stack, "zone", values.zone, problems), values.at["zoneId"])


def _providers(estate: Estate, problems: Problems) -> dict[str, ProviderSettings]:
    """The values of every provider, with its secret. Only providers that have a secret in the file have one here."""
    decrypted = _decrypted_providers(estate.stack, problems)
    settings = {}
    for provider in estate.providers:
        values = estate.stack.values.providers.get(provider.name)
        if values is None:
            values = ProviderValues(estate.stack.values.at)
        secret = None
        if values.client_secret:
            key = f"{PROJECT}:providers.{provider.name}.clientSecret"
            found = decrypted.get(provider.name)
            secret = _secret(key, found, values, problems)
        elif provider.type in WITH_SECRET:
            _missing_secret(estate.stack, provider.name, problems)
        settings[provider.name] = ProviderSettings(values, secret)
    return settings


def _decrypted_providers(stack: Stack, problems: Problems) -> Mapping[str, object]:
    # Config.get_object warns about values that hold a secret and get_secret_object cannot be looked into.
    text = pulumi.runtime.get_config(f"{PROJECT}:providers")
    try:
        found = json.loads(text or "{}")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        problems.add("wrong-stack-value", f"`{PROJECT}:providers` is not a mapping", stack.values.at["providers"])
        return {}
    return found


def _missing_secret(stack: Stack, provider: str, problems: Problems) -> None:
    path = f"{PROJECT}:providers.{provider}.clientSecret"
    span = stack.values.providers.declared.get(provider, stack.values.at["providers"])
    advice = f"pulumi config set --stack {stack.name} --secret --path '{path}'"
    message = f"the secret `{path}` is not set in `{stack.file}`"
    problems.add("missing-stack-value", message, span, advice=(advice,))


def _secret(key: str, found: object, values: ProviderValues, problems: Problems) -> pulumi.Output[str] | None:
    """The secret itself. A stray line end comes from `echo … | pulumi config set`, and no provider accepts it."""
    text = found.get("clientSecret") if isinstance(found, dict) else None
    if isinstance(text, str) and text and text == text.strip():
        return pulumi.Output.secret(text)
    what = "begins or ends with white space" if isinstance(text, str) and text.strip() else "is empty"
    advice = f"pulumi config set --secret --path '{key}'"
    problems.add("wrong-stack-value", f"the secret `{key}` {what}", values.at["clientSecret"], advice=(advice,))
    return None
