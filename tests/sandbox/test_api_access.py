"""Access evaluation, statement by statement of what Cloudflare documents."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from sandbox.cloudflare_api.access import AccessObjects, Outcome, Request, Visitor, evaluate

Json = dict[str, Any]
EVERYONE = {"everyone": {}}
TOKEN = {"service_token": {"token_id": "export"}}
ANY_TOKEN = {"any_valid_service_token": {}}

PROVIDERS = [
    {"id": "google", "type": "google-apps", "config": {"claims": ["team"]}},
    {"id": "entra", "type": "azureAD", "config": {"support_groups": True}},
    {"id": "entra-bare", "type": "azureAD", "config": {}},
    {"id": "okta", "type": "okta", "config": {}},
    {"id": "oidc", "type": "oidc", "config": {"claims": ["employment"]}},
    {"id": "saml", "type": "saml", "config": {"attributes": ["unit"]}},
    {"id": "github", "type": "github", "config": {}},
    {"id": "pin", "type": "onetimepin", "config": {}},
]
ANN = Visitor(
    idp_id="google",
    email="ann@example.com",
    groups=("marketing@example.com",),
    claims={"team": ("blue", "green"), "secretly": ("yes",)},
    auth_methods=("pwd", "mfa"),
    country="JP",
    ip="192.0.2.7",
    postures=("laptop",),
)
NOBODY = Visitor(country="JP", ip="192.0.2.7", postures=("laptop",))
ROBOT = Visitor(service_token_id="export")


def email(address: str) -> Json:
    return {"email": {"email": address}}


def country(code: str) -> Json:
    return {"geo": {"country_code": code}}


def group(name: str) -> Json:
    return {"group": {"id": name}}


def of(kind: str, provider: str, **payload: str) -> Json:
    return {kind: {"identity_provider_id": provider, **payload}}


def policy(decision: str, *include: Json, require: tuple[Json, ...] = (), exclude: tuple[Json, ...] = ()) -> Json:
    return {"decision": decision, "include": list(include), "require": list(require), "exclude": list(exclude)}


def decided(*policies: Json, who: Visitor = ANN, idps: tuple[str, ...] = (), groups: tuple[Json, ...] = ()) -> Outcome:
    """The outcome at one application with those policies, in that order, ids `p1`, `p2`, …"""
    numbered = [{"id": f"p{number}", "name": f"p{number}", **one} for number, one in enumerate(policies, start=1)]
    app = {
        "id": "app",
        "domain": "apps.example.com",
        "allowed_idps": list(idps),
        "policies": [{"id": one["id"], "precedence": number} for number, one in enumerate(numbered, start=1)],
    }
    objects = AccessObjects.of(
        applications=[app],
        policies=numbered,
        groups=groups,
        identity_providers=PROVIDERS,
        service_tokens=[{"id": "export"}],
        posture_rules=[{"id": "laptop"}],
    )
    return evaluate(objects, who, Request("apps.example.com"))


class Says(NamedTuple):
    """A documented statement, an example of it, and what comes of the example."""

    statement: str
    outcome: Outcome
    decision: str
    by: str | None = None


ALLOW, DENY = "allow", "deny"
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


OKTA = replace(ANN, idp_id="okta", groups=("Sales",))
ENTRA = replace(ANN, idp_id="entra", groups=("0000-1111",))
OIDC = replace(ANN, idp_id="oidc", claims={"employment": ("contractor", "part-time"), "secretly": ("yes",)})
SAML = replace(ANN, idp_id="saml", claims={"unit": ("west",), "secretly": ("yes",)})
GITHUB = replace(ANN, idp_id="github", groups=("acme", "acme/core"))
PIN = replace(ANN, idp_id="pin")

SELECTORS: list[tuple[Visitor, Json, bool]] = [
    (ANN, EVERYONE, True),
    (ANN, email("ann@example.com"), True),
    (ANN, email("ANN@Example.Com"), True),
    (ANN, email("anna@example.com"), False),
    (replace(ANN, email=""), email(""), False),
    (ANN, {"email_domain": {"domain": "example.com"}}, True),
    (ANN, {"email_domain": {"domain": "@EXAMPLE.com"}}, True),
    (ANN, {"email_domain": {"domain": "ample.com"}}, False),
    (replace(ANN, email="ann@sub.example.com"), {"email_domain": {"domain": "example.com"}}, False),
    (replace(ANN, email="example.com"), {"email_domain": {"domain": "example.com"}}, False),
    (replace(ANN, email='"x@evil.example"@example.com'), {"email_domain": {"domain": "example.com"}}, True),
    (ANN, {"login_method": {"id": "google"}}, True),
    (ANN, {"login_method": {"id": "okta"}}, False),
    (ANN, {"auth_method": {"auth_method": "mfa"}}, True),
    (ANN, {"auth_method": {"auth_method": "hwk"}}, False),
    (PIN, {"auth_method": {"auth_method": "mfa"}}, False),
    (ANN, of("gsuite", "google", email="marketing@example.com"), True),
    (ANN, of("gsuite", "google", email="Marketing@example.com"), True),
    (ANN, of("gsuite", "google", email="sales@example.com"), False),
    (ANN, of("gsuite", "okta", email="marketing@example.com"), False),
    (replace(ANN, idp_id="okta"), of("gsuite", "google", email="marketing@example.com"), False),
    (replace(ANN, idp_id="okta"), of("gsuite", "okta", email="marketing@example.com"), False),
    (PIN, of("gsuite", "pin", email="marketing@example.com"), False),
    (ENTRA, of("azureAD", "entra", id="0000-1111"), True),
    (ENTRA, of("azureAD", "entra", id="0000-2222"), False),
    (replace(ENTRA, idp_id="entra-bare"), of("azureAD", "entra-bare", id="0000-1111"), False),
    (OKTA, of("okta", "okta", name="Sales"), True),
    (OKTA, of("okta", "okta", name="sales"), False),
    (OKTA, of("okta", "google", name="Sales"), False),
    (OIDC, of("oidc", "oidc", claim_name="employment", claim_value="contractor"), True),
    (OIDC, of("oidc", "oidc", claim_name="employment", claim_value="part-time"), True),
    (OIDC, of("oidc", "oidc", claim_name="employment", claim_value="Contractor"), False),
    (OIDC, of("oidc", "oidc", claim_name="secretly", claim_value="yes"), False),
    (ANN, of("oidc", "google", claim_name="team", claim_value="green"), True),
    (ANN, of("oidc", "oidc", claim_name="employment", claim_value="contractor"), False),
    (SAML, of("saml", "saml", attribute_name="unit", attribute_value="west"), True),
    (SAML, of("saml", "saml", attribute_name="unit", attribute_value="east"), False),
    (SAML, of("saml", "saml", attribute_name="secretly", attribute_value="yes"), False),
    (GITHUB, of("github-organization", "github", name="acme"), True),
    (GITHUB, of("github-organization", "github", name="acme", team="core"), True),
    (GITHUB, of("github-organization", "github", name="acme", team="web"), False),
    (ANN, country("JP"), True),
    (ANN, country("US"), False),
    (replace(ANN, country=None), country("JP"), False),
    (ANN, {"ip": {"ip": "192.0.2.7/32"}}, True),
    (ANN, {"ip": {"ip": "192.0.2.0/29"}}, True),
    (ANN, {"ip": {"ip": "192.0.2.8/29"}}, False),
    (ANN, {"ip": {"ip": "2001:db8::/32"}}, False),
    (replace(ANN, ip="2001:db8::1"), {"ip": {"ip": "2001:db8::/32"}}, True),
    (replace(ANN, ip=None), {"ip": {"ip": "0.0.0.0/0"}}, False),
    (ANN, {"device_posture": {"integration_uid": "laptop"}}, True),
    (ANN, {"device_posture": {"integration_uid": "phone"}}, False),
]
UNTELLABLE: list[Json] = [
    {"certificate": {}},
    {"common_name": {"common_name": "x"}},
    {"email_list": {"id": "x"}},
    {"ip_list": {"id": "x"}},
    {"external_evaluation": {"evaluate_url": "https://x", "keys_url": "https://y"}},
    {"auth_context": {"id": "x", "ac_id": "c1", "identity_provider_id": "entra"}},
    {"user_risk_score": {"user_risk_score": ["low"]}},
    {"cloudflare_account_member": {}},
    {"linked_app_token": {"app_uid": "app"}},
    {"something_new": {}},
    {},
]


@pytest.mark.parametrize(("who", "rule", "holds"), SELECTORS, ids=lambda one: str(one)[:70])
def test_selector_in_each_of_the_three_lists(who: Visitor, rule: Json, holds: bool) -> None:
    yes, no = ("allow", "deny") if holds else ("deny", "allow")
    assert decided(policy(ALLOW, rule), who=who).decision == yes
    assert decided(policy(ALLOW, EVERYONE, require=(rule,)), who=who).decision == yes
    assert decided(policy(ALLOW, EVERYONE, exclude=(rule,)), who=who).decision == no


@pytest.mark.parametrize("rule", UNTELLABLE, ids=lambda rule: next(iter(rule), "empty"))
def test_what_nobody_can_tell_lets_nobody_in(rule: Json) -> None:
    assert decided(policy(ALLOW, rule)).decision == "deny"
    assert decided(policy(ALLOW, EVERYONE, require=(rule,))).decision == "deny"
    assert decided(policy(ALLOW, EVERYONE, exclude=(rule,))).decision == "deny"


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
