"""`gatehouse people`: what each identity provider must say of the people of people.yaml: what a directory holds."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from infra.access.person import Person, is_member
from infra.estate import Estate
from infra.load import find_project, load_project
from infra.problems import ConfigError, Problem
from infra.roster import FILE, Roster, identities
from infra.terminal import room, table, wants_color


@dataclass(frozen=True)
class _Entry:
    """One person; `identities` has one for each provider that knows them, `snowflake_roles` what a directory grants."""

    id: str
    name: str
    email: str
    identities: tuple[Person, ...]
    snowflake_roles: tuple[str, ...]


def people(start: Path, stack: str, today: date, form: str) -> int:
    """Print everybody with what their identity providers must assert in one stack."""
    project = load_project(find_project(start), [stack], today)
    if project.roster is None:
        advice = ("it says who is in which department: `people: {mika@example.com: {departments: [marketing]}}`",)
        raise ConfigError([Problem("missing-file", f"there is no `{FILE}`", advice=advice)])
    entries = tuple(_entries(project.roster, project.estates[stack]))
    if form == "json":
        print(json.dumps({"people": [_as_json(entry) for entry in entries]}, indent=2, ensure_ascii=False))
    else:
        rows = [row for entry in entries for row in _rows(entry)]
        header, color = ("NAME", "E-MAIL", "SIGNS IN WITH", "WHICH SAYS"), wants_color(sys.stdout)
        print(table(header, rows, color=color, columns=room(sys.stdout)))
    return 0


def _entries(roster: Roster, estate: Estate) -> Iterator[_Entry]:
    times = Counter(email.lower().partition("@")[0] for email in roster.people)
    for email, entry in roster.people.items():
        address = email.lower()
        short = address.partition("@")[0]
        known = identities(email, entry, estate)
        if not known and estate.default_provider:
            # Somebody of no department has an account all the same, and is turned away after the login.
            known = (Person(estate.default_provider.name, address),)
        roles = tuple(sorted({role for person in known for role in _roles(person, estate)}))
        yield _Entry(short if times[short] == 1 else address, str(entry.name or short), address, known, roles)


def _roles(person: Person, estate: Estate) -> Iterator[str]:
    """The roles of the departments that apps in Snowflake admit and that the person is in."""
    for department in estate.snowflake.viewers if estate.snowflake else ():
        if is_member(person, department):
            yield department.snowflake_role


def _as_json(entry: _Entry) -> dict[str, object]:
    return {
        "id": entry.id,
        "name": entry.name,
        "email": entry.email,
        "identities": {
            identity.provider: {"groups": sorted(identity.groups), "claims": _claims(identity)}
            for identity in entry.identities
        },
        "snowflake_roles": list(entry.snowflake_roles),
    }


def _claims(identity: Person) -> dict[str, list[str]]:
    names = sorted({name for name, _ in identity.claims})
    return {name: sorted(value for other, value in identity.claims if other == name) for name in names}


def _rows(entry: _Entry) -> Iterator[tuple[str, ...]]:
    for identity in entry.identities:
        words = [f"in {group}" for group in sorted(identity.groups)]
        words += [f"{name} is {' and '.join(values)}" for name, values in _claims(identity).items()]
        yield entry.name, entry.email, identity.provider, ", ".join(words) or "the address alone"
    if entry.snowflake_roles:
        yield entry.name, entry.email, "Snowflake", f"has {' and '.join(entry.snowflake_roles)}"
