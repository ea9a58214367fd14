"""`identity`, `departments`, `machines` and `devices`: who there is, and who vouches for them."""

from __future__ import annotations

from dataclasses import dataclass

from infra.records import MapOf, Record, Table, key
from infra.schema.words import (
    DEVICE_TYPES,
    DOMAIN,
    DURATION,
    EMAIL,
    IDENTIFIER,
    NAME,
    OWNER,
    PLATFORMS,
    PROVIDER_TYPES,
    VALUE,
    VERSION,
    WORD,
)
from infra.shapes import ListOf, OneOf, Place, Word


@dataclass(frozen=True)
class Provider:
    """One entry of `identity.providers`."""

    at: Place
    type: Word = key(OneOf(PROVIDER_TYPES), "What kind of identity provider this is.", required=True)
    claims: tuple[Word, ...] = key(
        ListOf(WORD), "Claims (oidc) or attributes (saml) that the provider sends and departments use.", default=()
    )


@dataclass(frozen=True)
class Identity:
    """The section `identity`."""

    at: Place
    providers: Table[Provider] = key(
        MapOf(NAME, Record(Provider)), "Who vouches for people, by name.", required=True, default=Table()
    )
    default: Word | None = key(NAME, "The provider of departments that name none; not needed if there is only one.")


@dataclass(frozen=True)
class Claim:
    """What a provider must send for somebody to be a member."""

    at: Place
    name: Word = key(WORD, "The claim or attribute, as the provider sends it.", required=True)
    value: Word = key(VALUE, "The exact value that makes somebody a member.", required=True)


@dataclass(frozen=True)
class Department:
    """One entry of `departments`."""

    at: Place
    provider: Word | None = key(NAME, "The identity provider of its people; `identity.default` if left out.")
    groups: tuple[Word, ...] = key(
        ListOf(VALUE),
        "Groups of the directory: a group's e-mail (google-workspace), its name (okta), a readable name that the stack "
        "maps to the object id (entra-id), `organization` or `organization/team` (github).",
        default=(),
    )
    claim: Claim | None = key(Record(Claim), "A claim (oidc) or attribute (saml) whose value makes somebody a member.")
    emails: tuple[Word, ...] = key(ListOf(EMAIL), "Single people, bound to the provider.", default=())
    domains: tuple[Word, ...] = key(ListOf(DOMAIN), "Everybody of an e-mail domain, bound to the provider.", default=())
    snowflake_role: Word | None = key(IDENTIFIER, "The account role in Snowflake; the department's name if left out.")


@dataclass(frozen=True)
class Machine:
    """One entry of `machines`."""

    at: Place
    duration: Word | None = key(DURATION, "How long the service token lives, such as `90d`; a year if left out.")
    owner: Word = key(OWNER, "The department that answers for it.", required=True, apart=True)


@dataclass(frozen=True)
class Device:
    """One entry of `devices`."""

    at: Place
    type: Word = key(OneOf(DEVICE_TYPES), "What the WARP client checks on the device.", required=True)
    platforms: tuple[Word, ...] = key(
        ListOf(OneOf(PLATFORMS)), "The platforms where it is checked; all that can check it if left out.", default=()
    )
    version: Word | None = key(VERSION, "The oldest version (os-version).")
    domain: Word | None = key(DOMAIN, "The domain the device must have joined (domain-joined).")
