"""Every row of a review against `decide`, for people of small universes under all circumstances that rules tell apart.

What a row says is read back from its words, by a reader that knows nothing of how they were found.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations, product
from pathlib import Path

import pytest

from infra.access import Person, Request, decide
from infra.access.attributes import CLAIM, EMAIL, GROUP, Names
from infra.access.person import is_member
from infra.audit.rows import OTHERS, Row, rows
from infra.diff.subjects import ways
from infra.estate import App, Countries, Department, Devices, Estate, InSnowflake, Mfa, Networks
from infra.policies import entries_by_policy
from infra.problems import Problems
from infra.records import Table
from infra.roster import Roster, identities, load_roster
from infra.why.entries import says
from tests.text_files import write
from tests.universes import COUNTRIES, DEVICES, DOMAINS, EMAILS, TODAY, universe

UNIVERSES = 200
EXCEPTIONS = ", with exceptions"
ADDRESSES = (*EMAILS, *(f"new@{domain}" for domain in DOMAINS), "Stray@Elsewhere.example")
IPS = ("", "192.0.2.7", "192.0.2.8", "192.0.2.130", "198.51.100.1", "2001:db8::1", "2001:db8:1::1", "2a00::1")
ON = [frozenset(chosen) for size in range(3) for chosen in combinations(DEVICES, size)]


def circumstances(app: App, person: Person | None, estate: Estate) -> Iterator[tuple[Person | None, Request]]:
    """One person with all that may differ from request to request, and from login to login."""
    home = app.home
    assert not isinstance(home, InSnowflake)
    reports = {provider.name: provider.reports_mfa for provider in estate.providers}
    asked = {type(one) for entry in app.access for one in (*entry.require, *entry.exclude)}
    factors = (False, True) if person and reports[person.provider] and Mfa in asked else (False,)
    countries = (*COUNTRIES, "DE") if Countries in asked else ("DE",)
    ips, on = IPS if Networks in asked else IPS[:1], ON if Devices in asked else ON[:1]
    for mfa, country, ip, devices in product(factors, countries, ips, on):
        one = Person(person.provider, person.email, person.groups, person.claims, mfa) if person else None
        yield one, Request(home.hostname, home.path or "/", country, ip, devices)


def holds(words: str, person: Person | None, request: Request) -> bool | None:
    """Whether `always`, `never` or `if …` is so here; None where an address decides, which is not read."""
    if words == "always" or words.startswith("never"):
        return words == "always"
    assert words.startswith("if "), words
    if "from " in words or "more cases" in words:
        return None
    cubes = words.removeprefix("if ").split("; or ")
    return any(all(fact(part, person, request) for part in re.split(", | and ", cube)) for cube in cubes)


def fact(words: str, person: Person | None, request: Request) -> bool:
    negative = words.startswith(("not ", "no "))
    kind, _, values = words.removeprefix("not ").removeprefix("no ").partition(" ")
    match kind:
        case "second":
            found = person is not None and person.mfa
        case "in":
            found = request.country in values.split(" or ")
        case "on":
            found = values in request.devices
        case _:
            raise AssertionError(words)
    return found != negative


def roster(seed: int, estate: Estate, folder: Path) -> Roster:
    chance = random.Random(f"{seed} people")
    names = [item.name for item in estate.departments]
    lines = [
        f"  {address}: {{departments: [{', '.join(chance.sample(names, chance.randint(0, min(2, len(names)))))}]}}\n"
        for address in chance.sample(ADDRESSES, 4)
    ]
    write(folder, "people.yaml", f"people:\n{''.join(lines)}")
    found = load_roster(folder, Table(readable=False), Problems())
    assert found is not None
    return found


@pytest.mark.parametrize("seed", range(UNIVERSES))
def test_rows_agree_with_decisions(seed: int, tmp_path: Path) -> None:
    estate = universe(seed).base
    people = roster(seed, estate, tmp_path)
    found = rows({"dev": estate}, people, TODAY)
    for app in estate.apps:
        mine = [row for row in found if row.app == app.name]
        known = [person for email, entry in people.people.items() for person in identities(email, entry, estate)]
        entries = [*app.access, *estate.departments]
        named = {email for email in EMAILS if any(email in repr(one) for one in entries)} - people.people.keys()
        known += [one for email in sorted(named) for one in identities(email, None, estate)]
        for person in known:
            its = [row for row in mine if row.email == person.email and f"{person.provider}:" in row.through]
            if isinstance(app.home, InSnowflake):
                held = {row.enters for row in mine if row.email == person.email}
                same = [one for one in known if one.email == person.email]
                assert held == ({"always"} if any(sees(app, one) for one in same) else set())
            else:
                check(its, app, estate, person)
        if not isinstance(app.home, InSnowflake):
            check_strangers(mine, app, estate)


def sees(app: App, person: Person) -> bool:
    return any(entry.holds_on(TODAY) and is_member(person, item) for entry in app.access for item in entry.departments)


def check(its: list[Row], app: App, estate: Estate, person: Person) -> None:
    """The rows of one identity: enters or not, by which entry, and what it is denied by."""
    entries = entries_by_policy(app, TODAY)
    for one, request in circumstances(app, person, estate):
        outcome = decide(estate, one, request, TODAY)
        if not its:
            assert outcome.enters == decide(estate, None, request, TODAY).enters, (person, request)
        by = says(entries[outcome.policy.name]) if outcome.policy and outcome.verdict == "allowed" else None
        for row in its:
            said = row.enters.removesuffix(EXCEPTIONS)
            assert holds(said, one, request) in (outcome.enters, None), (row, person, request)
            if row.decides != "never: says the same as an entry above":
                assert holds(row.decides, one, request) in (row.policy == by, None), (row, person, request)
            if outcome.verdict == "denied" and outcome.policy and row.enters == "never" and "away" in row.decides:
                assert row.denials
    outcomes = {decide(estate, *asked, TODAY).enters for asked in circumstances(app, person, estate)}
    for row in its:
        said = row.enters.removesuffix(EXCEPTIONS)
        assert outcomes == {"always": {True}, "never": {False}}.get(said, {True, False}), (row, person)
        if not row.person and said == row.enters:
            check_that_all_are_alike(person, app, estate, (person.email,))


def check_strangers(mine: list[Row], app: App, estate: Estate) -> None:
    """Machines, anybody, and those whom no list names."""
    anybody = [row for row in mine if row.person == "anybody"]
    for _, request in circumstances(app, None, estate):
        enters = decide(estate, None, request, TODAY).enters
        assert enters <= bool(anybody)
        assert all(holds(row.enters, None, request) in (enters, None) for row in anybody)
    machines = {row.person for row in mine if row.person.startswith("machine ") and row.enters == "always"}
    assert machines == {f"machine {machine.name}" for machine in app.machines}
    for row in mine:
        if row.person == OTHERS:
            department = next(item for item in estate.departments if item.name == row.department)
            check_others(row, app, estate, department)


def check_others(row: Row, app: App, estate: Estate, department: Department) -> None:
    said = row.enters.removesuffix(EXCEPTIONS)
    spelled = [f"group {one.name}" for one in department.groups]
    spelled += [f"{department.claim.name} {department.claim.value}"] if department.claim else []
    spelled += [f"@{domain}" for domain in department.domains]
    _, _, listed = row.through.partition(": ")
    for way, identity in zip(spelled, ways(department, Names()), strict=True):
        if way in listed.split(", "):
            person = Person(
                department.provider.name,
                f"somebody{identity.get((EMAIL), '@elsewhere.example')}",
                frozenset(one[2] for one in identity if one[0] == GROUP),
                frozenset((one[2], one[3]) for one in identity if one[0] == CLAIM),
            )
            for one, request in circumstances(app, person, estate):
                enters = decide(estate, one, request, TODAY).enters
                assert holds(said, one, request) in (enters, None), (row, request)
            if said == row.enters:
                emails = (person.email, *EMAILS)
                check_that_all_are_alike(person, app, estate, emails, department)


def check_that_all_are_alike(
    person: Person, app: App, estate: Estate, emails: Sequence[str], department: Department | None = None
) -> None:
    """Without exceptions all others, or all of a department, fare as this one does, whatever groups they are in."""
    groups = {group.id for item in estate.departments for group in item.groups} | person.groups
    for email, more in product(emails, (frozenset(), frozenset(groups))):
        other = Person(person.provider, email, person.groups | more, person.claims)
        if department is None or is_member(other, department):
            asked = zip(circumstances(app, person, estate), circumstances(app, other, estate), strict=True)
            for (one, request), (another, _) in asked:
                assert decide(estate, one, request, TODAY).enters == decide(estate, another, request, TODAY).enters


def test_the_universes_are_worth_reading(tmp_path: Path) -> None:
    """Whatever a row can say is said often."""
    seen: Counter[str] = Counter()
    for seed in range(UNIVERSES):
        estate = universe(seed).base
        for row in rows({"dev": estate}, roster(seed, estate, tmp_path), TODAY):
            seen.update((row.enters.split()[0].rstrip(","), row.decides.split()[0]))
            seen.update(word for word in ("exceptions", OTHERS, "anybody") if word in row.enters + row.person)
            seen["denied"] += bool(row.denials)
            seen["listed"] += bool(row.email)
    words = ("always", "never", "if", "never:", "exceptions", OTHERS, "anybody", "denied", "listed")
    assert all(seen[word] >= 20 for word in words), seen
