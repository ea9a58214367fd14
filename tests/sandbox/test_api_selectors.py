"""What each Access selector says of a visitor, in each of the three rule lists."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.cloudflare_api.access import Visitor

from .access_cases import ALLOW, ANN, EVERYONE, Json, country, decided, email, of, policy

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
    (replace(ANN, email="stra\u00dfe@example.com"), email("strasse@example.com"), False),
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
