"""Lints: what is found, and as important, what is not. The words are in mistakes/."""

from __future__ import annotations

from datetime import date

import pytest

from infra.lints import run_lints
from tests.build import STACK, app, scope

TODAY = date(2027, 1, 15)
QUIET = {"unused"}  # the shared preamble declares more than one app uses


def found(apps: str, today: date = TODAY) -> list[str]:
    checked = scope("apps:\n" + apps)
    checked.problems.raise_errors()
    run_lints(checked, today)
    left = [problem for problem in checked.problems.found if problem.code not in QUIET]
    return sorted(f"{problem.severity}[{problem.code}]" for problem in left)


def lints_of(access: str, today: date = TODAY) -> list[str]:
    return sorted(item.split("[")[1].rstrip("]") for item in found(app("a", "/a", access), today))


ENTRIES = [
    # unsatisfiable
    ("[{allow: marketing, require: [{country: JP}, {country: US}]}]", ["unsatisfiable"]),
    ("[{allow: marketing, require: [{country: [JP, US]}, {country: [US, DE]}]}]", []),
    ("[{allow: marketing, require: [{ip: 192.0.2.0/24}, {ip: 198.51.100.0/24}]}]", ["unsatisfiable"]),
    ("[{allow: marketing, require: [{ip: 192.0.2.0/24}, {ip: 192.0.2.128/25}]}]", []),
    ("[{allow: marketing, require: [{ip: 192.0.2.0/24}, {ip: '2001:db8::/32'}]}]", ["unsatisfiable"]),
    ("[{allow: marketing, require: [{ip: [10.0.0.0/8, 192.0.2.0/24]}, {ip: 192.0.2.7}]}]", []),
    ("[{allow: staff, require: [{email: a@example.com}, {email: b@example.com}]}]", ["unsatisfiable"]),
    ("[{allow: marketing, require: [{department: contractors}]}]", ["unsatisfiable"]),
    ("[{allow: [marketing, contractors], require: [{department: contractors}]}]", []),
    ("[{allow: marketing, exclude: [{department: [marketing, sales]}]}]", ["unsatisfiable"]),
    ("[{allow: [marketing, sales], exclude: [{department: marketing}]}]", []),
    ("[{allow: marketing, require: [mfa], exclude: [mfa]}]", ["unsatisfiable"]),
    ("[{allow: marketing, require: [{country: JP}], exclude: [{country: KP}]}]", []),
    ("[{allow: marketing, require: [{country: JP}], exclude: [{country: [JP, US]}]}]", ["unsatisfiable"]),
    (
        "[{allow: marketing, require: [{country: [JP, US]}], exclude: [{country: JP}, {country: US}]}]",
        ["unsatisfiable"],
    ),
    ("[{allow: marketing, require: [{country: [JP, US]}], exclude: [{country: JP}]}]", []),
    ("[{allow: marketing, require: [{ip: 10.1.0.0/16}], exclude: [{ip: 10.0.0.0/8}]}]", ["unsatisfiable"]),
    ("[{allow: marketing, require: [{ip: 10.0.0.0/8}], exclude: [{ip: [10.1.0.0/16, '2001:db8::/32']}]}]", []),
    # shadowed
    ("[marketing, marketing]", ["shadowed"]),
    ("[{allow: [marketing, sales]}, sales]", ["shadowed"]),
    ("[sales, {allow: [marketing, sales]}]", []),
    ("[{allow: marketing, require: [mfa]}, marketing]", []),
    (
        "[{allow: marketing, require: [{country: [JP, US]}]}, {allow: marketing, require: [{country: JP}]}]",
        ["shadowed"],
    ),
    ("[{allow: marketing, require: [{country: JP}]}, {allow: marketing, require: [{country: [JP, US]}]}]", []),
    ("[{allow: marketing, exclude: [{country: KP}]}, {allow: marketing, require: [mfa]}]", []),
    ("[{allow: marketing, exclude: [{country: KP}]}, {allow: marketing, exclude: [{country: KP}]}]", ["shadowed"]),
    ("[{allow: marketing, require: [{ip: 10.0.0.0/8}]}, {deny: marketing, require: [{ip: 10.0.0.1}]}]", ["shadowed"]),
    ("[marketing, {deny: marketing}]", ["shadowed"]),
    ("[{deny: marketing}, {allow: [marketing, sales]}]", []),
    ("[{deny: marketing}, marketing]", ["nobody", "shadowed"]),
    ("[{allow: marketing, expires: 2027-06-30}, {allow: marketing, require: [mfa]}]", []),
    ("[{allow: marketing, expires: 2027-06-30}, {allow: marketing, expires: 2027-03-31}]", ["shadowed"]),
    ("[{deny: marketing, expires: 2027-01-14}, marketing]", ["expired"]),
    ("[marketing, {public: true, reason: x, require: [{country: JP}]}]", ["public"]),
    # expiry
    ("[marketing, {allow: sales, expires: 2027-01-14}]", ["expired"]),
    ("[marketing, {allow: sales, expires: 2027-01-15}]", ["expires-soon"]),
    ("[marketing, {allow: sales, expires: 2027-01-29}]", ["expires-soon"]),
    ("[marketing, {allow: sales, expires: 2027-01-30}]", []),
    ("[{allow: sales, expires: 2027-01-14}]", ["expired", "nobody"]),
    # sessions
    ("[{allow: sales, session: 24h}]", []),
    ("[{allow: sales, session: 1d}]", []),
    ("[{allow: sales, session: 25h}]", ["long-session"]),
]


@pytest.mark.parametrize(("access", "expected"), ENTRIES)
def test_entries(access: str, expected: list[str]) -> None:
    assert lints_of(access) == expected


def test_a_denial_that_lost_its_effect_is_an_error() -> None:
    """Other pointless entries are warnings."""
    assert found(app("a", "/a", "[marketing, {deny: marketing}]"))[0].startswith("error[shadowed]")
    assert found(app("a", "/a", "[{public: true, reason: x}, {deny: marketing}]"))[0].startswith("error[shadowed]")
    assert found(app("a", "/a", "[marketing, marketing]"))[0].startswith("warning[shadowed]")
    assert found(app("a", "/a", "[{deny: sales}, {deny: sales}, marketing]"))[0].startswith("warning[shadowed]")


NESTED = [
    ("[marketing]", "[marketing]", False),
    ("[marketing]", "[sales]", True),
    ("[marketing]", "[marketing, sales]", True),
    ("[{allow: [marketing, sales]}]", "[marketing]", False),
    ("[{allow: marketing, require: [mfa]}]", "[marketing]", True),
    ("[{allow: marketing, require: [mfa]}]", "[{allow: marketing, require: [mfa, {country: JP}]}]", False),
    ("[{allow: marketing, require: [{country: [JP, US]}]}]", "[{allow: marketing, require: [{country: JP}]}]", False),
    ("[{allow: marketing, exclude: [{country: KP}]}]", "[marketing]", True),
    ("[{deny: sales}, staff]", "[staff]", True),
    ("[{deny: sales}, staff]", "[{deny: sales}, staff]", False),
    ("[{public: true, reason: x}]", "[marketing]", False),
    ("[marketing]", "[{public: true, reason: x}]", True),
]


@pytest.mark.parametrize(("outer", "inner", "looser"), NESTED)
def test_looser_below(outer: str, inner: str, looser: bool) -> None:
    lints = found(app("outer", "/team", outer) + app("inner", "/team/draft", inner))
    assert any("looser-below" in item for item in lints) == looser


def test_looser_below_needs_whole_segments_and_one_host() -> None:
    beside = app("a", "/team", "[marketing]") + app("b", "/team2", "[sales]") + app("c", None, "[finance]")
    assert found(beside) == []


def test_machines_below() -> None:
    """A machine that may enter the inner app only is shown like a department."""
    inner = app("inner", "/team/draft", "[marketing]", ", machines: [robot]")
    assert any("looser-below" in item for item in found(app("outer", "/team") + inner))


SERVICES = [
    ("http://wiki.internal", "http://WIKI.internal:80", "[marketing]", "[sales]", True),
    ("http://wiki.internal", "http://wiki.internal", "[marketing]", "[{allow: marketing, require: [mfa]}]", True),
    ("http://wiki.internal", "http://wiki.internal", "[{allow: marketing, require: [mfa]}]", "[marketing]", True),
    ("http://wiki.internal", "http://wiki.internal", "[marketing]", "[marketing]", False),
    ("http://wiki.internal", "http://wiki.internal:8080", "[marketing]", "[sales]", False),
    ("http://wiki.internal", "https://wiki.internal", "[marketing]", "[sales]", False),
    ("unix:/run/wiki.sock", "unix:/run/wiki.sock", "[marketing]", "[sales]", True),
    ("http_status:503", "http_status:503", "[marketing]", "[sales]", False),
]


@pytest.mark.parametrize(("one", "other", "mine", "theirs", "expected"), SERVICES)
def test_shared_service(one: str, other: str, mine: str, theirs: str, expected: bool) -> None:
    """Two guards in front of one service are as strong as the weaker one."""
    first = app("a", None, mine).replace("http://a.internal", one)
    lints = found(first + app("b", None, theirs).replace("http://b.internal", other))
    assert any("shared-service" in item for item in lints) == expected


OWN = "warehouses: {reporting: {}, load_1: {}}, computePools: {streamlit: {instanceFamily: CPU_X64_XS, maxNodes: 1}}"
NAMES = [
    ("reporting", "streamlit", 0),
    ("REPORTING", "Streamlit", 0),
    ("reportng", "streamlit", 1),
    ("Reportings", "streamlti", 2),
    ("report_ing", "stream_lit", 2),
    ("COMPUTE_WH", "SYSTEM_COMPUTE_POOL_CPU", 0),
    ("streamlit", "reporting", 0),
    ("reporting_2", "streamlit_gp", 0),
    ("load_2", "streamlit2", 0),
    ("lod_1", "streamlit_", 1),
]


@pytest.mark.parametrize(("warehouse", "pool", "expected"), NAMES)
def test_near_names(warehouse: str, pool: str, expected: int) -> None:
    """Names that only end in another number or size are siblings, and no slips."""
    snowflake = f"{{runtime: container, query_warehouse: {warehouse}, compute_pool: {pool}}}"
    apps = f"apps:\n  a: {{owner: marketing, source: apps/a, snowflake: {snowflake}, access: [marketing]}}\n"
    checked = scope(apps, stack=STACK.replace("schema: streamlit}", f"schema: streamlit, {OWN}}}"))
    checked.problems.raise_errors()
    run_lints(checked, TODAY)
    assert [problem.code for problem in checked.problems.found].count("nearly-own") == expected
