"""people.yaml: the optional roster that says who is in which department.

It is no source of access: it lets the offline commands answer for a person by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from infra import estate as resolved
from infra.access.person import Person
from infra.estate import Estate
from infra.problems import Problems, Related, Span
from infra.records import MapOf, Record, Table, check_declared, key
from infra.schema.people import Department
from infra.schema.words import EMAIL, NAME, TITLE
from infra.shapes import Bad, ListOf, Place, Word
from infra.source import parse, read_text

FILE = "people.yaml"


@dataclass(frozen=True)
class RosterEntry:
    """One person."""

    at: Place
    name: Word | None = key(TITLE, "What the person is called.")
    departments: tuple[Word, ...] = key(
        ListOf(NAME), "The departments whose groups or claims the person has.", default=()
    )


@dataclass(frozen=True)
class Roster:
    """All of people.yaml as written."""

    at: Place
    people: Table[RosterEntry] = key(
        MapOf(EMAIL, Record(RosterEntry)), "People by e-mail address.", required=True, default=Table()
    )


def load_roster(root: Path, departments: Table[Department], problems: Problems) -> Roster | None:
    """The roster of a project, or None where there is none. Problems are collected."""
    if not (root / FILE).exists():
        return None
    text = read_text(root / FILE, FILE, problems)
    node = parse(text, FILE, problems) if text is not None else None
    decoded = Record(Roster, partial=True).decode(node, problems) if node is not None else None
    if decoded is None or isinstance(decoded, Bad):
        return None
    first: dict[str, Span] = {}
    for address, span in decoded.people.declared.items():
        if first.setdefault(address.lower(), span) is not span:
            related = (Related(first[address.lower()], "first here"),)
            message = f"`{address.lower()}` is written twice"
            advice = ("capitals do not matter in an address; make one entry of the two",)
            problems.add("duplicate-key", message, span, label="again here", related=related, advice=advice)
    for entry in decoded.people.values():
        for word in entry.departments:
            check_declared("department", word, departments, problems)
    return decoded


def check_apart(roster: Roster, estate: Estate, problems: Problems) -> None:
    """Ensure that nobody of the roster is in two departments that have nobody in common."""
    for email, entry in roster.people.items():
        mine = [item for item in estate.departments if item.name in entry.departments or _names(item, email)]
        for pair in combinations(mine, 2):
            if frozenset(item.name for item in pair) in estate.apart:
                _in_both(email, entry, pair, problems)


def _in_both(
    email: str, entry: RosterEntry, pair: tuple[resolved.Department, resolved.Department], problems: Problems
) -> None:
    """What people.yaml says comes first, and of two words there the later one."""
    said = {str(word): word.span for word in entry.departments}
    order = [*reversed(said), *(item.name for item in pair)]
    first, second = sorted(pair, key=lambda item: order.index(item.name))
    one, other = (item.name for item in pair)
    problems.add(
        "bad-exclusive",
        f"`{email}` is in both `{one}` and `{other}`, and `exclusive` says that nobody is",
        said.get(first.name) or _by_address(first, email),
        label="one of them",
        related=(Related(said.get(second.name) or _by_address(second, email), "the other one"),),
        advice=(
            f"take `{email}` out of one of the two",
            "or, if that is right, remove the pair from `exclusive`: what is not so proves nothing",
        ),
    )


def _by_address(department: resolved.Department, email: str) -> Span:
    """What makes an address a member."""
    return department.at["emails" if email.lower() in department.emails else "domains"]


def identities(email: str, entry: RosterEntry | None, estate: Estate) -> tuple[Person, ...]:
    """The identities an address can sign in with: one per provider that could know it, with all it could assert.

    A person whose departments belong to several providers is a different person to each of them.
    """
    listed = set(entry.departments) if entry else set()
    found = []
    for provider in estate.providers:
        mine = [item for item in estate.departments if item.provider == provider and item.name in listed]
        by_address = [item for item in estate.departments if item.provider == provider and _names(item, email)]
        if mine or by_address:
            groups = frozenset(group.id for item in mine for group in item.groups)
            groups |= {group.partition("/")[0] for group in groups} if provider.has_teams else set()
            claims = frozenset((item.claim.name, item.claim.value) for item in mine if item.claim)
            found.append(Person(provider.name, email.lower(), groups, claims))
    return tuple(found)


def _names(department: resolved.Department, email: str) -> bool:
    return email.lower() in department.emails or email.lower().rpartition("@")[2] in department.domains
