"""Teams of GitHub are in their organization. A group of another provider that has a slash in its name is in nothing."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from infra.access.attributes import GROUP, Names
from infra.access.person import is_member
from infra.diff.subjects import ways
from infra.estate import Estate
from infra.holds.evaluate import claims_by_app, evaluate_app
from infra.problems import Problems
from infra.records import Table
from infra.roster import identities, load_roster
from infra.why.explain import Explainer
from tests.build import estate
from tests.text_files import write

TODAY = date(2027, 1, 15)
NESTED = """\
identity: {{providers: {{directory: {{type: {type}}}}}}}
departments:
  everybody: {{groups: [acme]}}
  web: {{groups: [acme/web]}}
apps:
  report: {{owner: web, service: 'http://report', path: /report, access: [{{deny: everybody}}, web]}}
  wiki: {{owner: web, service: 'http://wiki', path: /wiki, access: [everybody]}}
tests:
  - {{who: {{department: web}}, never: [report]}}
"""


def world(kind: str) -> Estate:
    return estate("", preamble=NESTED.format(type=kind))


def status(kind: str) -> str:
    here = world(kind)
    (finding,) = evaluate_app(here, here.apps[0], TODAY, claims_by_app(here)["report"])
    return finding.status


def test_a_proof_knows_that_teams_are_in_their_organization() -> None:
    assert status("github") == "held"


def test_a_proof_assumes_nothing_of_other_groups_with_a_slash() -> None:
    """Somebody in Okta's `acme/web` need not be in its `acme`, so the denial above does not cover all of them."""
    assert status("okta") == "failed"


@pytest.mark.parametrize(("kind", "groups"), [("github", 2), ("okta", 1)])
def test_a_member_is_in_what_is_around_a_team_only(kind: str, groups: int) -> None:
    (identity,) = ways(world(kind).departments[1], Names())
    assert len([one for one in identity if one[0] == GROUP]) == groups


@pytest.mark.parametrize(
    ("kind", "departments", "report", "wiki"),
    [("github", ["everybody", "web"], "never", "always"), ("okta", ["web"], "always", "never")],
)
def test_whoever_is_listed_in_a_team_is_in_its_organization(
    kind: str, departments: list[str], report: str, wiki: str, tmp_path: Path
) -> None:
    write(tmp_path, "people.yaml", "people: {kim@agency.example: {departments: [web]}}\n")
    here = world(kind)
    roster = load_roster(tmp_path, Table(readable=False), Problems())
    assert roster is not None
    (person,) = identities("kim@agency.example", roster.people["kim@agency.example"], here)
    assert [item.name for item in here.departments if is_member(person, item)] == departments
    assert [Explainer(app, here, TODAY).person(person).when for app in here.apps] == [report, wiki]
