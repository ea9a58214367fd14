"""What changes beside who may enter: addresses, what the connector leads to, what apps may read, call and do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from infra import names
from infra.diff.pairing import place
from infra.estate import Department, Estate
from infra.privileges import Grant, owner_grants, viewer_grants
from infra.roster import Roster

Kind = Literal[
    "host name",
    "route",
    "secret",
    "external host",
    "privilege",
    "runs as",
    "identity provider",
    "department",
    "assumption",
    "test",
    "people.yaml",
]

PROMISES: frozenset[Kind] = frozenset({"test", "assumption"})
"""What proofs are about, and what they rest on."""


@dataclass(frozen=True)
class Fact:
    """Something that is there on one side only."""

    kind: Kind
    appears: bool
    text: str


def facts(
    base: Estate, head: Estate, today: date, providers: Mapping[str, str], rosters: tuple[Roster | None, Roster | None]
) -> tuple[Fact, ...]:
    """All of it, what appears before what goes. `providers` are those of head that are not those of base."""
    found = [Fact("identity provider", True, f"`{name}` is connected in another way") for name in sorted(providers)]
    for kind, before, after in (
        ("host name", base.hostnames, head.hostnames),
        ("route", _routes(base), _routes(head)),
        ("department", _departments(base.departments), _departments(head.departments)),
        ("assumption", _assumptions(base), _assumptions(head)),
        ("test", map(str, base.tests), map(str, head.tests)),
        ("people.yaml", _listed(rosters[0]), _listed(rosters[1])),
        ("secret", _secrets(base), _secrets(head)),
        ("external host", _external_hosts(base), _external_hosts(head)),
        ("runs as", _owners(base), _owners(head)),
        ("privilege", _privileges(base, today), _privileges(head, today)),
    ):
        one, other = dict.fromkeys(before), dict.fromkeys(after)
        found += [Fact(kind, True, text) for text in other if text not in one]  # type: ignore[arg-type]  # of the table
        found += [Fact(kind, False, text) for text in one if text not in other]  # type: ignore[arg-type]  # the same
    return tuple(found)


def _routes(estate: Estate) -> Iterator[str]:
    for _, home in estate.tunnelled:
        yield f"{place(home.hostname, home.path)} → {home.service}"


def _departments(departments: Iterable[Department]) -> Iterator[str]:
    """Who makes somebody a member: the same words stand for other people when this changes."""
    for item in departments:
        ways = [f"group {group.name}" + (f" ({group.id})" if group.id != group.name else "") for group in item.groups]
        ways += [f"{item.claim.name} {item.claim.value}"] if item.claim else []
        ways += [*item.emails, *(f"@{domain}" for domain in item.domains)]
        for way in ways:
            yield f"{item.name}: {way} of {item.provider.name}"


def _assumptions(estate: Estate) -> Iterator[str]:
    """What proofs may assume: whoever adds to it makes them weaker."""
    for one, other in estate.exclusive:
        yield f"nobody is in both {one.name} and {other.name}"


def _listed(roster: Roster | None) -> Iterator[str]:
    """Who is named as an example of whom. It gives nobody access, which must be said where nothing else changes."""
    for email, entry in roster.people.items() if roster else ():
        for department in entry.departments:
            yield f"{email} is named in {department}; only the directory puts people there"


def _secrets(estate: Estate) -> Iterator[str]:
    for app, home in estate.in_snowflake:
        for secret in home.secrets:
            yield f"`{app.name}` holds `{secret.alias}` ({secret.type})"


def _external_hosts(estate: Estate) -> Iterator[str]:
    for app, home in estate.in_snowflake:
        for host in home.external_hosts:
            yield f"`{app.name}` calls {host}"


def _owners(estate: Estate) -> Iterator[str]:
    for app, home in estate.in_snowflake:
        yield f"`{app.name}` runs with the rights of {_bare(home.owner_role, estate)}"


def _privileges(estate: Estate, today: date) -> Iterator[str]:
    grants: list[Grant] = [*viewer_grants(estate, today)]
    grants += [grant for _, home in estate.in_snowflake for grant in owner_grants(home)]
    for grant in grants:
        for privilege in grant.privileges:
            target = grant.target.name.replace('"', "")
            yield f"{_bare(grant.role, estate)}: {privilege} on {grant.target.kind} {_bare(target, estate)}"


def _bare(name: str, estate: Estate) -> str:
    """A name without what only says which stack it is of, so that stacks which are alike read alike."""
    schema = estate.snowflake.schema if estate.snowflake else None
    if schema and name == f"{schema.database}.{schema.name}":
        return "of the stack"
    name = name.removeprefix(f"{schema.database}.{schema.name}.") if schema else name
    return name.replace(names.account_object(estate.stack.name, ""), "")
