"""`access.decide` against an independent reading of Cloudflare's documentation, over what the program really registers.

One side is the product's own answer from apps.yaml. The other starts from the recorded resources and evaluates them as
the sandbox's API does, which was written from the documentation alone. They meet only here.
"""

from __future__ import annotations

import dataclasses
import itertools

import pytest

from infra.access import Person, Request, decide
from infra.estate import Estate
from sandbox.cloudflare_api import access as api
from tests.access_sides import VERDICTS, access_objects, estate_of, recorded, visitor
from tests.differential import STACK, apps_yaml, people, requests
from tests.recorder import TODAY


@pytest.fixture(scope="module")
def estate() -> Estate:
    return estate_of(apps_yaml(), STACK)


@pytest.fixture(scope="module")
def objects(estate: Estate) -> api.AccessObjects:
    return access_objects(recorded(estate))


def test_decide_agrees_with_the_evaluation_of_the_recorded_resources(
    estate: Estate, objects: api.AccessObjects
) -> None:
    """Every app of the small world, every kind of person, every kind of request, at every app's own path."""
    disagreements = []
    seen: dict[str, int] = {}
    for app, home in estate.tunnelled:
        # One app at a time keeps both sides fast; paths against each other are the next test.
        alone = dataclasses.replace(estate, apps=(app,))
        guard = tuple(one for one in objects.applications if one["domain"] == home.domain)
        only = dataclasses.replace(objects, applications=guard)
        for person, request in itertools.product(people(), requests()):
            asked = dataclasses.replace(request, hostname=home.hostname, path=home.path + "/x")
            ours = decide(alone, person, asked, TODAY)
            theirs = api.evaluate(only, visitor(person, asked), api.Request(asked.hostname, asked.path))
            seen[ours.verdict] = seen.get(ours.verdict, 0) + 1
            if VERDICTS[theirs.decision] != ours.verdict:
                disagreements.append((app.access, person, asked, ours.reason, theirs.reason))
    assert disagreements[:3] == []
    # A world in which nobody enters, or everybody does, would agree for the wrong reason.
    assert all(seen[verdict] > 500 for verdict in VERDICTS.values()), seen


def test_both_sides_find_the_same_application_for_a_path(estate: Estate, objects: api.AccessObjects) -> None:
    """The most specific application by whole segments; what no app covers is denied by the host's own."""
    person = Person("workforce", "mika@example.com", frozenset({"Marketing"}), mfa=True)
    paths = (
        "/a0",
        "/a0/",
        "/a0/below",
        "/a0/below/x",
        "/a0/belo",
        "/a0/below2",
        "/a0x",
        "/A0",
        "/",
        "",
        "/a",
        "/a99/y",
    )
    by_id = {f"zeroTrustAccessApplication:{home.domain}": app.name for app, home in estate.tunnelled}
    for path in paths:
        request = Request("apps.example.com", path, country="JP", ip="198.51.100.1", devices=frozenset({"laptop"}))
        ours = decide(estate, person, request, TODAY)
        theirs = api.evaluate(objects, visitor(person, request), api.Request(request.hostname, path))
        assert (ours.app.name if ours.app else None) == by_id.get(str(theirs.application_id)), path
        assert ours.verdict == VERDICTS[theirs.decision], path


def test_a_host_that_is_not_ours_is_covered_by_nothing(estate: Estate, objects: api.AccessObjects) -> None:
    request = Request("other.example.com", "/a0", country="JP")
    assert not decide(estate, None, request, TODAY).enters
    theirs = api.evaluate(objects, visitor(None, request), api.Request(request.hostname, request.path))
    assert theirs.decision == "unprotected"
