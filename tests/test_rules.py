"""Rules are sets at Cloudflare: what is written twice or in another order is the same rule."""

from __future__ import annotations

import pytest

from infra import rules
from infra.estate import Countries, Decision, Department, Emails, Group, Mfa, Provider
from infra.policies import Policy
from infra.problems import Source, Span
from infra.rules import Ids
from infra.shapes import Place

AT = Place(Span(Source("apps.yaml", []), 0, 0, 0, 0), {})
IDS = Ids(providers={"p": "id-of-p"}, departments={"finance": "id-of-finance"})


def department(kind: str, groups: tuple[Group, ...] = (), emails: tuple[str, ...] = ()) -> Department:
    return Department("finance", Provider("p", kind, ()), groups, None, emails, (), "FINANCE", AT)  # type: ignore[arg-type]


def test_each_selector_once() -> None:
    """Two readable names of one object id are one group, and so on."""
    finance = department(
        "entra-id",
        (Group("Finance", "1"), Group("Finance (old)", "1")),
        ("b@example.com", "a@example.com", "b@example.com"),
    )
    assert rules.members(finance, IDS) == [
        {"azure_ad": {"id": "1", "identity_provider_id": "id-of-p"}},
        {"email": {"email": "a@example.com"}},
        {"email": {"email": "b@example.com"}},
    ]


def test_overlapping_exclusions_collapse() -> None:
    """Exclusions are written out, so two lists may name the same value."""
    policy = Policy(
        "allow",
        (department("okta"),),
        require=(Mfa(), Mfa()),
        exclude=(Countries(("KP", "IR")), Emails(("x@example.com",)), Countries(("IR",))),
    )
    assert rules.required(policy, IDS) == [{"auth_method": {"auth_method": "mfa"}}]
    assert rules.excluded(policy, IDS) == [
        {"geo": {"country_code": "IR"}},
        {"geo": {"country_code": "KP"}},
        {"email": {"email": "x@example.com"}},
    ]


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        ("example-org", {"name": "example-org", "identity_provider_id": "id-of-p"}),
        ("example-org/web", {"name": "example-org", "team": "web", "identity_provider_id": "id-of-p"}),
    ],
)
def test_github_teams(group: str, expected: dict[str, str]) -> None:
    """A team stands behind its organization."""
    assert rules.members(department("github", (Group(group, group),)), IDS) == [{"github_organization": expected}]


@pytest.mark.parametrize("decision", ["allow", "non_identity"])
def test_nobody_never_becomes_everyone(decision: Decision) -> None:
    """Only a public app and a denial speak about everyone."""
    with pytest.raises(AssertionError, match="must not become one for everyone"):
        rules.included(Policy(decision), IDS)
    assert rules.included(Policy("bypass"), IDS) == rules.included(Policy("deny"), IDS) == [{"everyone": {}}]
