"""Access evaluation, statement by statement of what Cloudflare documents."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import pytest

from sandbox.cloudflare_api.access import AccessObjects, Outcome, Request, Visitor, evaluate

from .access_cases import (
    ALLOW,
    ANN,
    ANY_TOKEN,
    DENY,
    EVERYONE,
    NOBODY,
    PROVIDERS,
    ROBOT,
    TOKEN,
    country,
    decided,
    email,
    group,
    policy,
)


class Says(NamedTuple):
    """A documented statement, an example of it, and what comes of the example."""

    statement: str
    outcome: Outcome
    decision: str
    by: str | None = None


FIVE = (
    policy(ALLOW, email("a@example.com")),
    policy(DENY, email("b@example.com")),
    policy("non_identity", TOKEN),
    policy("bypass", {"ip": {"ip": "203.0.113.0/24"}}),
    policy(ALLOW, EVERYONE),
)

STATEMENTS = [
    # Match
    Says("any include is enough", decided(policy(ALLOW, email("x@y.z"), email("ann@example.com"))), "allow", "p1"),
    Says("no include, no match", decided(policy(ALLOW, email("x@y.z"))), "deny"),
    Says("an empty include matches nobody", decided(policy(ALLOW, require=(EVERYONE,))), "deny"),
    Says("every require must hold", decided(policy(ALLOW, EVERYONE, require=(country("JP"), country("US")))), "deny"),
    Says("a require that holds", decided(policy(ALLOW, EVERYONE, require=(country("JP"),))), "allow", "p1"),
    Says(
        "an OR inside require is a group",
        decided(
            policy(ALLOW, EVERYONE, require=(group("places"),)),
            groups=({"id": "places", "include": [country("US"), country("JP")]},),
        ),
        "allow",
        "p1",
    ),
    Says(
        "exclude beats include in its policy",
        decided(policy(ALLOW, EVERYONE, exclude=(email("ann@example.com"),))),
        "deny",
    ),
    Says(
        "but a later Allow may still match",
        decided(policy(ALLOW, EVERYONE, exclude=(email("ann@example.com"),)), policy(ALLOW, EVERYONE)),
        "allow",
        "p2",
    ),
    # Decisions
    Says("no policy denies everybody", decided(), "deny"),
    Says("no match is a denial", decided(policy(ALLOW, country("US"))), "deny"),
    Says("Block blocks", decided(policy(DENY, EVERYONE)), "deny", "p1"),
    # Order: Allow A, Block B, Service Auth C, Bypass D, Allow E run as C, D, A, B, E
    Says("C before D", decided(*FIVE, who=replace(ROBOT, ip="203.0.113.9")), "service_auth", "p3"),
    Says("D before A", decided(*FIVE, who=replace(ANN, email="a@example.com", ip="203.0.113.9")), "bypass", "p4"),
    Says("A before B", decided(*FIVE, who=replace(ANN, email="a@example.com")), "allow", "p1"),
    Says("B before E", decided(*FIVE, who=replace(ANN, email="b@example.com")), "deny", "p2"),
    Says("E at last", decided(*FIVE), "allow", "p5"),
    Says(
        "a Block cannot restrict a Bypass",
        decided(policy(DENY, EVERYONE), policy("bypass", EVERYONE)),
        "bypass",
        "p2",
    ),
    Says(
        "a Block cannot restrict a Service Auth",
        decided(policy(DENY, EVERYONE), policy("non_identity", TOKEN), who=ROBOT),
        "service_auth",
        "p2",
    ),
    Says(
        "a Block below a covering Allow is dead",
        decided(policy(ALLOW, EVERYONE), policy(DENY, EVERYONE)),
        "allow",
        "p1",
    ),
    # Bypass and Service Auth
    Says("Bypass needs no login", decided(policy("bypass", EVERYONE), who=NOBODY), "bypass", "p1"),
    Says("identity does not work in a Bypass", decided(policy("bypass", email("ann@example.com"))), "deny"),
    Says("nor a token", decided(policy("bypass", TOKEN), who=ROBOT), "login_required"),
    Says("posture does", decided(policy("bypass", {"device_posture": {"integration_uid": "laptop"}})), "bypass", "p1"),
    Says("a token is nothing to an Allow", decided(policy(ALLOW, TOKEN), who=ROBOT), "login_required"),
    Says("not even beside a login", decided(policy(ALLOW, TOKEN), who=replace(ANN, service_token_id="export")), "deny"),
    Says("any valid token", decided(policy("non_identity", ANY_TOKEN), who=ROBOT), "service_auth", "p1"),
    Says(
        "an unknown token",
        decided(policy("non_identity", ANY_TOKEN), who=Visitor(service_token_id="x")),
        "login_required",
    ),
    Says(
        "another token",
        decided(policy("non_identity", {"service_token": {"token_id": "x"}}), who=ROBOT),
        "login_required",
    ),
    Says("identity does not work in a Service Auth", decided(policy("non_identity", email("ann@example.com"))), "deny"),
    # Login
    Says("nobody logged in", decided(policy(ALLOW, EVERYONE), who=NOBODY), "login_required"),
    Says("not even a Block ends before the login", decided(policy(DENY, EVERYONE), who=NOBODY), "login_required"),
    Says("allowed_idps hold", decided(policy(ALLOW, EVERYONE), idps=("okta",)), "deny"),
    Says("allowed_idps name the provider", decided(policy(ALLOW, EVERYONE), idps=("okta", "google")), "allow", "p1"),
    Says(
        "empty allowed_idps are all", decided(policy(ALLOW, EVERYONE), who=replace(ANN, idp_id="okta")), "allow", "p1"
    ),
    Says("all of this account", decided(policy(ALLOW, EVERYONE), who=replace(ANN, idp_id="strange")), "deny"),
    Says("Bypass asks for no provider", decided(policy("bypass", EVERYONE), idps=("okta",)), "bypass", "p1"),
    # Groups
    Says("a group of nothing", decided(policy(ALLOW, group("g")), groups=({"id": "g", "include": []},)), "deny"),
    Says(
        "groups nest",
        decided(
            policy(ALLOW, group("outer")),
            groups=({"id": "outer", "include": [group("inner")]}, {"id": "inner", "include": [country("JP")]}),
        ),
        "allow",
        "p1",
    ),
    Says(
        "a group has all three lists",
        decided(
            policy(ALLOW, group("g")),
            groups=(
                {"id": "g", "include": [EVERYONE], "require": [country("JP")], "exclude": [email("ann@example.com")]},
            ),
        ),
        "deny",
    ),
    Says(
        "a cycle adds nobody",
        decided(
            policy(ALLOW, group("a")),
            groups=({"id": "a", "include": [group("b")]}, {"id": "b", "include": [group("a")]}),
        ),
        "deny",
    ),
    Says(
        "and does not hide who is in it",
        decided(
            policy(ALLOW, group("a")),
            groups=({"id": "a", "include": [group("b")]}, {"id": "b", "include": [group("a"), country("JP")]}),
        ),
        "allow",
        "p1",
    ),
    Says("a group that is not there", decided(policy(ALLOW, group("gone"))), "deny"),
]


@pytest.mark.parametrize("says", STATEMENTS, ids=lambda says: says.statement)
def test_statement(says: Says) -> None:
    assert (says.outcome.decision, says.outcome.policy_id) == (says.decision, says.by), says.outcome.reason
    assert says.outcome.application_id == "app"


# Most specific application by host and path: the patterns of the applications, a URL, the pattern that wins.
PLACES: list[tuple[tuple[str, ...], str, str | None]] = [
    (("example.com",), "example.com/", "example.com"),
    (("example.com",), "example.com/anything/below", "example.com"),
    (("example.com",), "www.example.com/", None),
    (("example.com/alpha",), "example.com/alpha", "example.com/alpha"),
    (("example.com/alpha",), "example.com/alpha/", "example.com/alpha"),
    (("example.com/alpha",), "example.com/alpha/beta", "example.com/alpha"),
    (("example.com/alpha",), "example.com/alphabet", None),
    (("example.com/alpha",), "example.com/Alpha", None),
    (("example.com/alpha",), "EXAMPLE.com/alpha", "example.com/alpha"),
    (("example.com/alpha",), "example.com/", None),
    (("example.com/alpha/*",), "example.com/alpha", None),
    (("example.com/alpha/*",), "example.com/alpha/beta/gamma", "example.com/alpha/*"),
    (("example.com/*/beta",), "example.com/alpha/beta", "example.com/*/beta"),
    (("example.com/*/beta",), "example.com/alpha/more/beta", "example.com/*/beta"),
    (("example.com/*/beta",), "example.com/alpha", None),
    (("*.example.com",), "www.example.com/", "*.example.com"),
    (("*.example.com",), "a.b.example.com/", None),
    (("*.example.com",), "example.com/", None),
    (("*test.example.com",), "my-test.example.com/", "*test.example.com"),
    (("*test.example.com",), "my.test.example.com/", None),
    (("example.com", "example.com/alpha"), "example.com/alpha/x", "example.com/alpha"),
    (("example.com", "example.com/alpha"), "example.com/alphabet", "example.com"),
    (("example.com/alpha", "example.com/alpha/beta"), "example.com/alpha/beta/c", "example.com/alpha/beta"),
    (("example.com/alpha", "example.com/alpha/*"), "example.com/alpha/beta", "example.com/alpha/*"),
    (("example.com/alpha", "example.com/alpha/*"), "example.com/alpha", "example.com/alpha"),
    (("*.example.com/alpha", "www.example.com"), "www.example.com/alpha", "www.example.com"),
    (("*.example.com", "*-x.example.com"), "a-x.example.com/", "*-x.example.com"),
]


@pytest.mark.parametrize(("patterns", "url", "winner"), PLACES)
def test_most_specific_application(patterns: tuple[str, ...], url: str, winner: str | None) -> None:
    apps = [{"id": pattern, "domain": pattern, "policies": []} for pattern in patterns]
    host, slash, path = url.partition("/")
    for order in (apps, apps[::-1]):
        objects = AccessObjects.of(applications=order, identity_providers=PROVIDERS)
        outcome = evaluate(objects, ANN, Request(host, slash + path))
        assert outcome.application_id == winner
        assert outcome.decision == ("unprotected" if winner is None else "deny")


def test_a_more_specific_application_inherits_nothing() -> None:
    allow = {"id": "p", "name": "p", **policy(ALLOW, EVERYONE)}
    parent = {"id": "parent", "domain": "example.com", "policies": [{"id": "p", "precedence": 1}]}
    child = {"id": "child", "domain": "example.com/inner", "policies": []}
    objects = AccessObjects.of(applications=[parent, child], policies=[allow], identity_providers=PROVIDERS)
    assert evaluate(objects, ANN, Request("example.com", "/outer")).decision == "allow"
    assert evaluate(objects, ANN, Request("example.com", "/inner/x")).decision == "deny"


def test_every_public_destination_counts_and_private_ones_do_not() -> None:
    app = {
        "id": "app",
        "domain": "a.example.com",
        "destinations": [
            {"type": "public", "uri": "a.example.com"},
            {"type": "public", "uri": "b.example.com/x"},
            {"type": "private", "hostname": "c.internal"},
        ],
        "policies": [],
    }
    objects = AccessObjects.of(applications=[app])
    reached = [
        evaluate(objects, ANN, Request(host, "/x")).application_id for host in ("a.example.com", "b.example.com")
    ]
    assert reached == ["app", "app"]
    assert evaluate(objects, ANN, Request("c.internal", "/")).decision == "unprotected"


def test_a_bookmark_guards_nothing() -> None:
    link = {"id": "link", "type": "bookmark", "domain": "example.com", "policies": []}
    assert evaluate(AccessObjects.of(applications=[link]), ANN, Request("example.com")).decision == "unprotected"


def test_precedence_orders_and_not_position() -> None:
    inline = [
        {"id": "b", "name": "b", **policy(DENY, EVERYONE), "precedence": 2},
        {"id": "a", "name": "a", **policy(ALLOW, EVERYONE), "precedence": 1},
    ]
    app = {"id": "app", "domain": "x.example.com", "policies": inline}
    objects = AccessObjects.of(applications=[app], identity_providers=PROVIDERS)
    assert evaluate(objects, ANN, Request("x.example.com")).policy_id == "a"


def test_a_dangling_policy_is_an_error_and_no_decision() -> None:
    app = {"id": "app", "domain": "x.example.com", "policies": [{"id": "gone", "precedence": 1}]}
    with pytest.raises(ValueError, match="gone"):
        evaluate(AccessObjects.of(applications=[app]), ANN, Request("x.example.com"))


def test_visitor_from_json() -> None:
    person = {"idp_id": "oidc", "email": "a@b.c", "claims": {"one": "x", "many": ["y", "z"]}, "groups": ["g"]}
    assert Visitor.of(person) == Visitor("oidc", "a@b.c", ("g",), {"one": ("x",), "many": ("y", "z")})
