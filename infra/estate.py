"""The estate: all that apps.yaml declares for one stack, resolved.

Defaults are applied and references are objects; nothing is optional by accident and no name is left to look up. Every
part keeps its place in the file (`at`, ignored by comparisons) for messages that come later.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from infra.problems import Span
from infra.schema.expectations import Expectation
from infra.schema.words import ProviderType
from infra.shapes import Place
from infra.stack import Stack

Decision = Literal["allow", "deny", "bypass", "non_identity"]
Delivery = Literal["object", "function"]

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


@dataclass(frozen=True)
class Mfa:
    """A second factor was used at login."""


@dataclass(frozen=True)
class Countries:
    """The request comes from one of these."""

    codes: tuple[str, ...]


@dataclass(frozen=True)
class Networks:
    """The request comes from one of these."""

    cidrs: tuple[str, ...]


@dataclass(frozen=True)
class Devices:
    """The device passes one of these checks."""

    devices: tuple[Device, ...]


@dataclass(frozen=True)
class Members:
    """The person is also in one of these departments."""

    departments: tuple[Department, ...]


@dataclass(frozen=True)
class Emails:
    """The person is one of these."""

    addresses: tuple[str, ...]


Condition = Mfa | Countries | Networks | Devices | Members | Emails


@dataclass(frozen=True)
class Entry:
    """One line of `access`: a decision about some departments, under conditions, until a day."""

    decision: Decision
    departments: tuple[Department, ...]
    require: tuple[Condition, ...]
    exclude: tuple[Condition, ...]
    session: str
    expires: date | None
    reason: str | None
    at: Place = field(compare=False, repr=False)

    def holds_on(self, today: date) -> bool:
        """Whether the entry is in force; its last day is inclusive."""
        return self.expires is None or today <= self.expires


@dataclass(frozen=True)
class Tunnelled:
    """An app behind the tunnel. `path` is empty for an app with a host name of its own.

    `service` is the origin as the connector reaches it; `source` is the folder of an app that Gatehouse itself runs.
    """

    hostname: str
    path: str
    service: str
    source: str | None
    host_header: str | None = None
    tls_name: str | None = None
    tls_verify: bool = True

    @property
    def domain(self) -> str:
        """Access's word for host name plus path."""
        return self.hostname + self.path

    @property
    def url(self) -> str:
        return f"https://{self.domain}/"


@dataclass(frozen=True)
class SecretObject:
    """A Snowflake secret, and how it reaches the app."""

    name: str
    type: str
    deliver: Delivery


@dataclass(frozen=True)
class InSnowflake:
    """A Streamlit object in Snowflake."""

    source: str
    runtime: str
    query_warehouse: str
    compute_pool: str | None
    main_file: str
    external_hosts: tuple[str, ...]
    secrets: tuple[SecretObject, ...]


@dataclass(frozen=True)
class App:
    """One app with its home and everything that decides who may enter."""

    name: str
    title: str
    owner: Department
    home: Tunnelled | InSnowflake
    access: tuple[Entry, ...]
    machines: tuple[Machine, ...]
    session: str
    at: Place = field(compare=False, repr=False)
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True)
class Estate:
    """What one stack provisions. All tuples are in the order of the file, which means nothing outside `access`."""

    stack: Stack
    providers: tuple[Provider, ...]
    default_provider: Provider | None
    departments: tuple[Department, ...]
    machines: tuple[Machine, ...]
    devices: tuple[Device, ...]
    apps: tuple[App, ...]
    tests: tuple[Expectation, ...] = field(compare=False)

    @property
    def tunnelled(self) -> tuple[tuple[App, Tunnelled], ...]:
        return tuple((app, app.home) for app in self.apps if isinstance(app.home, Tunnelled))

    @property
    def hostnames(self) -> tuple[str, ...]:
        """Every host name that needs a DNS record, once, sorted."""
        return tuple(sorted({home.hostname for _, home in self.tunnelled}))

    @property
    def shared_hostnames(self) -> tuple[str, ...]:
        """Host names whose apps are told apart by path; each needs a default-deny application of its own."""
        return tuple(sorted({home.hostname for _, home in self.tunnelled if home.path}))
