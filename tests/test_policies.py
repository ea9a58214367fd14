"""The policies of an app: in Cloudflare's order of evaluation, each once, expired entries left out."""

from __future__ import annotations

from datetime import date

import pytest

from infra.estate import Estate
from infra.policies import Policy, all_any_of, all_policies, allowed_providers, policies_of
from tests.build import app, estate

TODAY = date(2027, 1, 15)


def of(access: str, more: str = "", today: date = TODAY) -> tuple[Policy, ...]:
    return policies_of(estate("apps:\n" + app("a", "/a", access, more)).apps[0], today)


def shown(policies: tuple[Policy, ...]) -> list[str]:
    return [f"{policy.decision} {'+'.join(policy.members) or 'everyone'}" for policy in policies]


ORDERS = [
    ("[marketing, {deny: sales}]", "", ["allow marketing", "deny sales"]),
    ("[{deny: sales}, staff, finance]", "", ["deny sales", "allow staff", "allow finance"]),
    (
        "[marketing, {deny: sales}, {public: true, reason: x, require: [{country: JP}]}, staff]",
        ", machines: [robot, exporter]",
        [
            "non_identity robot",
            "non_identity exporter",
            "bypass everyone",
            "allow marketing",
            "deny sales",
            "allow staff",
        ],
    ),
    ("[marketing, {allow: marketing}]", "", ["allow marketing"]),
    ("[{allow: [sales, marketing]}, {allow: [marketing, sales]}]", "", ["allow marketing+sales"]),
    ("[{deny: sales, expires: 2027-01-14}, marketing]", "", ["allow marketing"]),
    ("[{deny: sales, expires: 2027-01-15}, marketing]", "", ["deny sales", "allow marketing"]),
]


@pytest.mark.parametrize(("access", "more", "expected"), ORDERS)
def test_order(access: str, more: str, expected: list[str]) -> None:
    assert shown(of(access, more)) == expected


SAME = [
    ("{allow: [marketing, sales]}", "{allow: [sales, marketing]}"),
    (
        "{allow: marketing, require: [{country: [JP, US]}, mfa]}",
        "{allow: marketing, require: [mfa, {country: [US, JP]}]}",
    ),
    ("{allow: marketing, require: [mfa, mfa]}", "{allow: marketing, require: [{mfa: true}]}"),
    ("{allow: marketing, reason: one}", "{allow: marketing, reason: another, expires: 2030-01-01}"),
    ("{allow: marketing, session: 24h}", "{allow: marketing, session: 1d}"),
    (
        "{allow: marketing, require: [{ip: ['2001:DB8::/32', 192.0.2.7]}]}",
        "{allow: marketing, require: [{ip: [192.0.2.7/32, '2001:db8::/32', 192.0.2.7]}]}",
    ),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_equal_meaning_has_one_name(one: str, other: str) -> None:
    assert [policy.name for policy in of(f"[{one}]")] == [policy.name for policy in of(f"[{other}]")]


DIFFERENT = [
    ("{allow: marketing}", "{allow: sales}"),
    ("{allow: marketing}", "{deny: marketing}"),
    ("{allow: marketing}", "{allow: marketing, session: 1h}"),
    ("{allow: marketing, require: [{country: [JP, US]}]}", "{allow: marketing, exclude: [{country: [JP, US]}]}"),
    ("{allow: marketing, require: [{country: [JP, US]}]}", "{allow: marketing, require: [{country: JP}]}"),
    ("{allow: marketing, require: [{email: a@b.example}]}", "{allow: marketing, require: [{email: b@b.example}]}"),
    ("{allow: marketing, require: [{department: sales}]}", "{allow: marketing, require: [{device: laptop}]}"),
]


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_meaning_has_different_names(one: str, other: str) -> None:
    assert [policy.name for policy in of(f"[{one}]")] != [policy.name for policy in of(f"[{other}]")]


def test_rules_that_only_share_a_name_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever forges the hash of a policy cannot slip another one under it."""
    monkeypatch.setattr("infra.names.keyed", lambda *_: "allow-marketing-00000000")
    same = estate("apps:\n" + app("a", access="[marketing, marketing]"))
    assert len(all_policies(same, TODAY)) == 1
    forged = estate("apps:\n" + app("a", access="[marketing, {allow: marketing, require: [mfa]}]"))
    assert len(policies_of(forged.apps[0], TODAY)) == 2
    with pytest.raises(AssertionError, match="two different rules have the name"):
        all_policies(forged, TODAY)


def shared() -> Estate:
    require = "{allow: sales, require: [{country: [JP, US]}]}"
    return estate("apps:\n" + app("a", "/a", f"[marketing, {require}]") + app("b", "/b", f"[{require}]") + app("c"))


def test_policies_are_shared_between_apps() -> None:
    """And the denial of the shared host name is one of them."""
    assert shown(all_policies(shared(), TODAY)) == ["deny everyone", "allow marketing", "allow sales"]


def test_an_or_inside_require_is_one_group() -> None:
    groups = all_any_of(all_policies(shared(), TODAY))
    assert [group.name.rpartition("-")[0] for group in groups] == ["any-of-country-JP-US"]


def test_a_single_value_needs_no_group() -> None:
    assert all_any_of(of("[{allow: sales, require: [{country: JP}, mfa]}]")) == ()


def test_without_paths_nothing_is_denied_by_default() -> None:
    assert shown(all_policies(estate("apps:\n" + app("wiki")), TODAY)) == ["allow marketing"]


PROVIDERS = [
    ("[marketing]", ["workspace"]),
    ("[contractors]", ["partners"]),
    ("[marketing, contractors]", ["workspace", "partners"]),
    ("[marketing, {deny: contractors}]", ["workspace"]),
    ("[marketing, {allow: contractors, expires: 2027-01-14}]", ["workspace"]),
    ("[{allow: contractors, expires: 2027-01-14}]", ["workspace"]),
    ("[{public: true, reason: x}]", ["workspace"]),
]


@pytest.mark.parametrize(("access", "expected"), PROVIDERS)
def test_providers_offered(access: str, expected: list[str]) -> None:
    """Never none: Cloudflare reads an empty list as all of the account."""
    found = estate("apps:\n" + app("a", "/a", access))
    assert [provider.name for provider in allowed_providers(found.apps[0], found, TODAY)] == expected
