"""Proofs about random worlds against people who are asked about one by one: none of them may contradict a proof.

That a test does not hold is always shown by somebody, whom `evaluate` itself asks `decide` about.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from ipaddress import ip_address, ip_network

import pytest

from infra.access import Person, Request, decide
from infra.access.person import is_member
from infra.estate import REPORTS_MFA, Estate
from infra.holds.evaluate import Finding, claims_by_app, evaluate_app
from infra.schema.expectations import Who
from tests.access_sides import estate_of
from tests.random_worlds import COUNTRIES, DEVICES, EMAILS, MACHINES, NETWORKS, Json, World, cases, world
from tests.recorder import TODAY

WORLDS = 40
CASES = 400


def with_tests(one: World) -> World:
    """The world with a dozen tests about its own departments, people and machines."""
    chance = random.Random(f"{one.seed} tests")
    apps, departments = list(one.file["apps"]), list(one.file["departments"])
    tests: list[Json] = [{"no_public": True}, {"mfa_everywhere": True}]
    for _ in range(12):
        if chance.random() < 0.3:
            only = chance.sample([*departments, *EMAILS[:2], *MACHINES], 3)
            tests.append({"only": only, "reach": chance.sample(apps, 2)})
        else:
            claim = chance.choice(("may", "must", "never"))
            tests.append({"who": _who(chance, one, departments), claim: chance.sample(apps, 3)})
    return World(one.seed, {**one.file, "tests": tests})


def _who(chance: random.Random, one: World, departments: list[str]) -> Json:
    kind = chance.random()
    who: Json = {}
    if kind < 0.1:
        who["anybody"] = True
    elif kind < 0.2:
        who["machine"] = chance.choice(MACHINES)
    else:
        who |= {"department": chance.choice(departments)} if chance.random() < 0.7 else {}
        who |= {"email": chance.choice(EMAILS)} if chance.random() < 0.2 else {}
        who |= {"provider": chance.choice(list(one.file["identity"]["providers"]))} if chance.random() < 0.2 else {}
        who |= {"mfa": chance.random() < 0.5} if chance.random() < 0.3 else {}
    who |= {"country": chance.choice((*COUNTRIES, "DE"))} if chance.random() < 0.5 else {}
    who |= {"ip": chance.choice((*NETWORKS, "203.0.113.0/24"))} if chance.random() < 0.3 else {}
    key = chance.choice(("device", "without_device"))
    return who | ({key: chance.choice(list(DEVICES))} if chance.random() < 0.4 else {})


def spoken_of(who: Who, person: Person | None, request: Request, estate: Estate) -> bool:
    """Whether somebody is one of these, read off the grammar once more."""
    departments = {item.name: item for item in estate.departments}
    if who.machine or who.anybody:
        fits = request.machine == who.machine if who.machine else person is None and request.machine is None
    else:
        fits = person is not None and all(is_member(person, departments[name]) for name in who.department)
        fits = fits and (not who.email or (person is not None and person.email.lower() == who.email.lower()))
        fits = fits and (not who.provider or (person is not None and person.provider == who.provider))
        fits = fits and (who.mfa is None or (person is not None and person.mfa == who.mfa))
    inside = not who.ip or (bool(request.ip) and ip_address(request.ip) in ip_network(who.ip))
    here = not who.country or request.country == who.country
    on = set(who.device) <= request.devices and not set(who.without_device) & request.devices
    return fits and inside and here and on


def possible(person: Person | None, estate: Estate) -> Person | None:
    """The person as there can be one: some providers report no second factor, and teams are in organizations."""
    if person is None:
        return None
    types = {item.name: item.type for item in estate.providers}
    around = {group.partition("/")[0] for group in person.groups} if types[person.provider] == "github" else set()
    return replace(person, mfa=person.mfa and types[person.provider] in REPORTS_MFA, groups=person.groups | around)


def contradicts(finding: Finding, person: Person | None, request: Request, estate: Estate, enters: bool) -> bool:
    """Whether somebody shows that a finding is wrong."""
    claim, test = finding.claim, finding.claim.test
    if claim.verb == "reach":
        inside = person is not None and (
            person.email.lower() in test.only
            or any(is_member(person, item) for item in estate.departments if item.name in test.only)
        )
        return finding.status == "held" and enters and not inside and request.machine not in test.only
    if claim.verb == "no_public":
        return finding.status == "held" and enters and person is None and request.machine is None
    if claim.verb == "mfa_everywhere":
        return finding.status == "held" and enters and request.machine is None and not (person and person.mfa)
    assert test.who is not None
    if not spoken_of(test.who, person, request, estate):
        return False
    if finding.vacuous:
        return True
    wrong = {"may": finding.status == "failed" and enters, "must": not enters, "never": enters}[claim.verb]
    return wrong and (finding.status == "held" or claim.verb == "may")


def findings_of(estate: Estate) -> dict[str, tuple[Finding, ...]]:
    asked = claims_by_app(estate)
    return {app.name: tuple(evaluate_app(estate, app, TODAY, asked.get(app.name, ()))) for app in estate.apps}


@pytest.mark.parametrize("seed", range(WORLDS))
def test_nobody_contradicts_a_proof(seed: int) -> None:
    one = with_tests(world(seed))
    estate = estate_of(one.apps_yaml, one.stack)
    findings = findings_of(estate)
    for person, request in cases(one, CASES):
        # A service token comes without a login, and every request from somewhere.
        if (person and request.machine) or not request.ip or request.machine == "stranger":
            continue
        real = possible(person, estate)
        outcome = decide(estate, real, request, TODAY)
        for finding in findings.get(outcome.app.name, ()) if outcome.app else ():
            assert not contradicts(finding, real, request, estate, outcome.enters), (finding.claim, real, request)


@pytest.mark.parametrize("seed", range(0, WORLDS, 2))
def test_a_witness_as_a_test_does_not_hold_either(seed: int) -> None:
    one = with_tests(world(seed))
    estate = estate_of(one.apps_yaml, one.stack)
    for app, found in findings_of(estate).items():
        for finding in found:
            if finding.status == "failed" and finding.witness and finding.claim.verb != "may":
                verb = "must" if finding.claim.verb == "must" else "never"
                written = finding.witness.as_test(verb, app)
                alone = estate_of(f"{world(seed).apps_yaml}tests:\n{written}\n", one.stack)
                (answer,) = findings_of(alone)[app]
                assert answer.status != "held", (finding.claim, written)
                assert not answer.vacuous, (finding.claim, written)


def test_the_tests_are_worth_proving() -> None:
    """Every claim holds often, and often does not."""
    seen: Counter[tuple[str, str]] = Counter()
    for seed in range(WORLDS):
        one = with_tests(world(seed))
        for found in findings_of(estate_of(one.apps_yaml, one.stack)).values():
            seen.update((finding.claim.verb, finding.status) for finding in found)
    verbs = ("may", "must", "never", "reach", "no_public", "mfa_everywhere")
    assert all(seen[verb, status] >= 5 for verb in verbs for status in ("held", "failed")), seen
