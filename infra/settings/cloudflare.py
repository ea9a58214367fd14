"""What one stack's Cloudflare account needs, with the decrypted values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from infra.estate import Estate
from infra.problems import ConfigError, Problem, Problems, Span
from infra.settings.decrypted import Decrypted
from infra.settings.snowflake import SnowflakeSettings, snowflake_settings
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
    """The Cloudflare side of one stack, and `snowflake`, which is None where it has no account there.

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
    snowflake: SnowflakeSettings | None

    @property
    def auth_domain(self) -> str:
        return f"{self.team}.cloudflareaccess.com"


def load_settings(estate: Estate) -> Settings:
    """The settings of the stack that is being deployed; ConfigError when a value is missing or unusable."""
    stack, problems = estate.stack, Problems()
    values = stack.values
    account_id = required(stack, "accountId", values.account_id, problems)
    team = required(stack, "team", values.team, problems)
    zone = _zone(stack, problems) if estate.hostnames else None
    providers = _providers(estate, problems) if stack.owns_singletons else {}
    snowflake = snowflake_settings(estate, problems)
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
        snowflake=snowflake,
    )


def wrong_zone(zone: Zone, message: str, *advice: str) -> ConfigError:
    """The error for a zone that Cloudflare knows otherwise than the stack file."""
    return ConfigError([Problem("wrong-zone", message, zone.at, advice=advice)])


def required(stack: Stack, key: str, value: str | None, problems: Problems) -> str:
    if not value:
        message = f"`{PROJECT}:{key}` is missing in `{stack.file}`"
        problems.add("missing-stack-value", message, stack.values.at.span)
    return str(value or "")


def _zone(stack: Stack, problems: Problems) -> Zone:
    values = stack.values
    zone_id = required(stack, "zoneId", values.zone_id, problems)
    return Zone(zone_id, required(stack, "zone", values.zone, problems), values.at["zoneId"])


def _providers(estate: Estate, problems: Problems) -> dict[str, ProviderSettings]:
    """The values of every provider, with its secret. Only providers that have a secret in the file have one here."""
    decrypted = Decrypted(estate.stack, "providers", problems)
    settings = {}
    for provider in estate.providers:
        values = estate.stack.values.providers.get(provider.name)
        if values is None:
            values = ProviderValues(estate.stack.values.at)
        secret = None
        if values.client_secret:
            secret = decrypted.secret((provider.name, "clientSecret"), values.at["clientSecret"])
        elif provider.type in WITH_SECRET:
            declared = estate.stack.values.providers.declared
            span = declared.get(provider.name, estate.stack.values.at["providers"])
            decrypted.missing((provider.name, "clientSecret"), span)
        settings[provider.name] = ProviderSettings(values, secret)
    return settings
