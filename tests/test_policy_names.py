"""The names of policies and OR groups are frozen: another scheme would replace each of them in every account."""

from __future__ import annotations

import dataclasses
from datetime import date

from infra.estate import (
    App,
    Claim,
    Countries,
    Department,
    Device,
    Devices,
    Emails,
    Entry,
    Machine,
    Members,
    Mfa,
    Networks,
    Provider,
    Tunnelled,
)
from infra.policies import DENY_EVERYONE, AnyOf, Policy, policies_of
from infra.problems import Source, Span
from infra.shapes import Place
from tests.recorder import TODAY

AT = Place(Span(Source("apps.yaml", []), 0, 0, 0, 0), {})
WORKSPACE = Provider("workspace", "google-workspace", ())
MARKETING, SALES, BOARD = (
    Department(name, WORKSPACE, (), Claim("a", "b"), (), (), name.upper(), AT)
    for name in ("marketing", "sales", "board")
)
EXPORT = Machine("nightly-export", 2160, SALES)
LAPTOP, PHONE = (Device(name, "warp", ("mac",), None, None, None) for name in ("laptop", "phone"))

GOLDEN = {
    "deny-everyone-b2769fc9": DENY_EVERYONE,
    "allow-marketing-52e1be88": Policy("allow", (MARKETING,)),
    "allow-marketing-f36b519e": Policy("allow", (MARKETING,), session="8h"),
    "allow-marketing-sales-704b5c32": Policy("allow", (SALES, MARKETING)),
    "deny-sales-9244f43c": Policy("deny", (SALES,)),
    "bypass-everyone-f0f4c33b": Policy("bypass"),
    "non-identity-nightly-export-b16b3946": Policy("non_identity", machines=(EXPORT,)),
    "allow-marketing-mfa-7238d499": Policy("allow", (MARKETING,), require=(Mfa(),)),
    "allow-marketing-country-abc82b6b": Policy("allow", (MARKETING,), require=(Countries(("JP", "US")),)),
    "allow-marketing-country-not-ip-b9eb1424": Policy(
        "allow", (MARKETING,), require=(Countries(("JP",)),), exclude=(Networks(("192.0.2.0/24",)),)
    ),
    "allow-marketing-department-device-email-3305b03d": Policy(
        "allow",
        (MARKETING,),
        require=(Members((SALES, BOARD)), Devices((LAPTOP, PHONE)), Emails(("a@example.com", "b@example.com"))),
    ),
}
GOLDEN_GROUPS = {
    "any-of-country-JP-US-07a05e8e": AnyOf(Countries(("US", "JP"))),
    "any-of-ip-192.0.2.0-24-2001-db8-48-fb973300": AnyOf(Networks(("192.0.2.0/24", "2001:db8::/48"))),
    "any-of-device-laptop-phone-5f4e27d4": AnyOf(Devices((PHONE, LAPTOP))),
    "any-of-department-board-sales-2f261a45": AnyOf(Members((SALES, BOARD))),
    "any-of-email-a-example.com-b-example.com-b52708da": AnyOf(Emails(("a@example.com", "b@example.com"))),
}


def test_policy_names_are_frozen() -> None:
    """Known content has the name it always had."""
    assert [policy.name for policy in GOLDEN.values()] == list(GOLDEN)


def test_group_names_are_frozen() -> None:
    """The same for OR groups."""
    assert [group.name for group in GOLDEN_GROUPS.values()] == list(GOLDEN_GROUPS)


def test_order_does_not_change_a_name() -> None:
    """Members, conditions and the values of a condition are sets."""
    one = Policy("allow", (MARKETING, SALES), require=(Mfa(), Countries(("JP", "US"))), exclude=(Countries(("CU",)),))
    other = Policy("allow", (SALES, MARKETING), require=(Countries(("US", "JP")), Mfa()), exclude=(Countries(("CU",)),))
    assert one.name == other.name


def test_every_part_of_the_content_changes_the_name() -> None:
    """A policy that is changed for one app never changes it for another."""
    policy = Policy("allow", (MARKETING,), require=(Countries(("JP",)),), exclude=(Emails(("a@example.com",)),))
    changed = (
        dataclasses.replace(policy, decision="deny"),
        dataclasses.replace(policy, departments=(MARKETING, SALES)),
        dataclasses.replace(policy, machines=(EXPORT,)),
        dataclasses.replace(policy, require=(Countries(("US",)),)),
        dataclasses.replace(policy, require=(Countries(("JP", "US")),)),
        dataclasses.replace(policy, require=()),
        dataclasses.replace(policy, require=policy.exclude, exclude=policy.require),
        dataclasses.replace(policy, exclude=()),
        dataclasses.replace(policy, session="8h"),
    )
    assert len({policy.name, *(other.name for other in changed)}) == 1 + len(changed)


def test_reason_and_expiry_are_not_part_of_the_name() -> None:
    """They do not change who enters, so they must not replace a policy."""
    entry = Entry("allow", (MARKETING,), (), (), "8h", None, None, AT)
    dated = dataclasses.replace(entry, expires=date(2027, 3, 31), reason="joint spring campaign")
    home = Tunnelled("apps.example.com", "/campaigns", "http://campaigns:8501", None)
    for written in (entry, dated):
        app = App("campaigns", "campaigns", MARKETING, home, (written,), (), "8h", AT, AT.span)
        assert [policy.name for policy in policies_of(app, TODAY)] == ["allow-marketing-f36b519e"]
