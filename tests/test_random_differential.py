"""100,000 random questions to both sides: `access.decide`, and the Access engine over what the program registers.

The small world of test_differential.py is whole, and flat: this one goes deep. Each world is a test of its own, so one
that fails is asked again by its name: `pytest 'tests/test_random_differential.py::test_both_sides_agree[17]'`.
"""

from __future__ import annotations

from collections import Counter

import pytest
import yaml

from infra.access import Outcome, Person, Request, decide
from infra.estate import Estate
from sandbox.cloudflare_api import access as api
from tests.access_sides import VERDICTS, access_objects, estate_of, recorded, visitor
from tests.random_worlds import TYPES, World, cases, shown, smaller, world
from tests.recorder import TODAY

WORLDS = 50
CASES = 2000
WORDS = ("mfa", "country", "ip", "device", "department", "email", "deny", "public", "expires", "claim", "machines")
Answer = tuple[str | None, str]


class Sides:
    """One world, ready to be asked."""

    def __init__(self, one: World) -> None:
        self.world = one
        self.estate: Estate = estate_of(one.apps_yaml, one.stack)
        self.objects = access_objects(recorded(self.estate))
        self._apps = {f"zeroTrustAccessApplication:{home.domain}": app.name for app, home in self.estate.tunnelled}

    def ours(self, person: Person | None, request: Request) -> Outcome:
        return decide(self.estate, person, request, TODAY)

    def theirs(self, person: Person | None, request: Request) -> api.Outcome:
        return api.evaluate(self.objects, visitor(person, request), api.Request(request.hostname, request.path))

    def agree(self, person: Person | None, request: Request) -> bool:
        return self._answer_of_ours(person, request) == self._answer_of_theirs(person, request)

    def _answer_of_ours(self, person: Person | None, request: Request) -> Answer:
        outcome = self.ours(person, request)
        return (outcome.app.name, outcome.verdict) if outcome.app else (None, self._nobody(outcome.verdict, request))

    def _answer_of_theirs(self, person: Person | None, request: Request) -> Answer:
        """Which app answered, and how. The guard of a shared host name asks for a login first, and then denies."""
        outcome = self.theirs(person, request)
        app = self._apps.get(str(outcome.application_id))
        if app is not None:
            return app, VERDICTS[outcome.decision]
        expected = "deny" if person else "login_required"
        if outcome.decision == (expected if outcome.application_id else "unprotected"):
            return None, "guarded" if outcome.application_id else "unknown"
        return None, f"an address of no app is answered with {outcome.decision}"

    def _nobody(self, verdict: str, request: Request) -> str:
        if verdict != "denied":
            return f"an address of no app is {verdict}"
        return "guarded" if request.hostname.lower() in self.estate.shared_hostnames else "unknown"


@pytest.mark.parametrize("seed", range(WORLDS))
def test_both_sides_agree(seed: int) -> None:
    sides = Sides(world(seed))
    for number, (person, request) in enumerate(cases(sides.world, CASES)):
        if not sides.agree(person, request):
            pytest.fail(report(smallest(sides, person, request), person, request, number), pytrace=False)


def test_the_questions_are_worth_asking() -> None:
    """Every verdict comes up often, by every kind of rule: worlds that nobody enters would agree for no reason."""
    seen: Counter[str] = Counter()
    told: Counter[str] = Counter()
    asked = 0
    for seed in range(0, WORLDS, 2):
        one = world(seed)
        estate = estate_of(one.apps_yaml, one.stack)
        told.update(word for word in WORDS if f"{word}:" in one.apps_yaml or f"- {word}\n" in one.apps_yaml)
        told.update({f"{len(estate.providers)} providers", *(provider.type for provider in estate.providers)})
        for person, request in cases(one, 100):
            asked += 1
            outcome = decide(estate, person, request, TODAY)
            seen[outcome.verdict] += 1
            seen["no app"] += outcome.app is None
            seen["by a policy"] += outcome.policy is not None and outcome.verdict == "denied"
    assert WORLDS * CASES >= 100_000
    assert all(seen[kind] > 0.01 * asked for kind in (*VERDICTS.values(), "no app", "by a policy")), seen
    assert len(told) == len(WORDS) + 4 + len(TYPES), told
    assert min(told.values()) >= 2, told


def smallest(sides: Sides, person: Person | None, request: Request) -> Sides:
    """Leave out of the estate what the disagreement does not need."""
    for fewer in smaller(sides.world):
        found = Sides(fewer)
        if not found.agree(person, request):
            return smallest(found, person, request)
    return sides


def report(sides: Sides, person: Person | None, request: Request, number: int) -> str:
    ours, theirs = sides.ours(person, request), sides.theirs(person, request)
    seed = sides.world.seed
    file, apps = sides.world.file, yaml.safe_dump({"apps": sides.world.file["apps"]}, sort_keys=False)
    named = {name: written for name, written in file["departments"].items() if f"{name}\n" in apps}
    snippet = yaml.safe_dump({"identity": file["identity"], "departments": named}, sort_keys=False) + apps
    return (
        f"world {seed}, question {number}: the two sides disagree\n\n{snippet}\n{shown(person, request)}\n\n"
        f"access.decide:     {ours.verdict} by {ours.app.name if ours.app else 'no app'}: {ours.reason}\n"
        f"the Access engine: {theirs.decision} by {theirs.application_id}: {theirs.reason}\n\n"
        f"replay: pytest '{__name__.replace('.', '/')}.py::test_both_sides_agree[{seed}]'"
    )
