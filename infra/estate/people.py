"""Who there is: identity providers, departments, machines and devices."""

from __future__ import annotations

from dataclasses import dataclass, field

from infra.schema.words import ProviderType
from infra.shapes import Place

# Cloudflare learns about a second factor from the `amr` claim or the SAML authentication context; Google Workspace,
# GitHub and one-time PINs send neither (developers.cloudflare.com/cloudflare-one/policies/access/mfa-requirements).
REPORTS_MFA: frozenset[ProviderType] = frozenset({"entra-id", "okta", "oidc", "saml"})

# What WARP can check, and on which platforms (Cloudflare's pages on posture checks).
PLATFORMS_OF = {
    "warp": ("windows", "mac", "linux", "ios", "android", "chromeos"),
    "gateway": ("windows", "mac", "linux", "ios", "android", "chromeos"),
    "disk-encryption": ("windows", "mac", "linux"),
    "firewall": ("windows", "mac"),
    "domain-joined": ("windows",),
    "os-version": ("windows", "mac", "linux", "ios", "android", "chromeos"),
    "serial-number": ("windows", "mac", "linux"),
}


@dataclass(frozen=True)
class Provider:
    """Who vouches for people, in one of the ways that Cloudflare knows."""

    name: str
    type: ProviderType
    claims: tuple[str, ...]

    @property
    def reports_mfa(self) -> bool:
        return self.type in REPORTS_MFA

    @property
    def has_teams(self) -> bool:
        """Whether `acme/web` is a team of `acme`, whose members are all in `acme`; elsewhere it is but a name."""
        return self.type == "github"


@dataclass(frozen=True)
class Group:
    """A group of a directory. `id` is what the provider asserts; only entra-id has ids that differ from the name."""

    name: str
    id: str


@dataclass(frozen=True)
class Claim:
    """A claim (oidc) or attribute (saml) with the value that makes somebody a member."""

    name: str
    value: str


@dataclass(frozen=True)
class Department:
    """A named set of people that one provider vouches for: any of these makes somebody a member."""

    name: str
    provider: Provider
    groups: tuple[Group, ...]
    claim: Claim | None
    emails: tuple[str, ...]
    domains: tuple[str, ...]
    snowflake_role: str
    at: Place = field(compare=False, repr=False)


@dataclass(frozen=True)
class Machine:
    """A program with a service token that lives `hours`."""

    name: str
    hours: int
    owner: Department


@dataclass(frozen=True)
class Device:
    """A device posture check. `list_id` names the list of serial numbers where the type needs one."""

    name: str
    type: str
    platforms: tuple[str, ...]
    version: str | None
    domain: str | None
    list_id: str | None
