"""The ingress map: anchored patterns in an order that does not depend on the file's."""

from __future__ import annotations

import re
from datetime import date

import pytest

from infra.estate import Estate
from infra.ingress import ingress_rules, path_pattern
from tests.build import app, estate

TODAY = date(2027, 1, 15)

MATCHES = [
    ("/marketing", "/marketing", True),
    ("/marketing", "/marketing/", True),
    ("/marketing", "/marketing/_stcore/stream", True),
    ("/marketing", "/marketing2", False),
    ("/marketing", "/marketing-old", False),
    ("/marketing", "/marketing.bak", False),
    ("/marketing", "/x/marketing", False),
    ("/marketing", "/Marketing", False),
    ("/marketing", "/", False),
    ("/v1.2", "/v1.2/x", True),
    ("/v1.2", "/v1x2", False),
    ("/a~b", "/a~b", True),
    ("/a-b_c", "/a-b_c/d", True),
    ("/streamlit/sales", "/streamlit", False),
]


@pytest.mark.parametrize(("path", "request_path", "expected"), MATCHES)
def test_pattern(path: str, request_path: str, expected: bool) -> None:
    """cloudflared searches, it does not match from the start."""
    assert bool(re.search(path_pattern(path), request_path)) == expected


@pytest.mark.parametrize("path", ["/a", "/a.b", "/a-b/c_d~e", "/0"])
def test_pattern_is_re2(path: str) -> None:
    """Go's regexp knows escapes of punctuation only, and no look-around or back-reference."""
    pattern = path_pattern(path)
    assert not re.search(r"\(\?|\\[0-9A-Za-z]", pattern)


def test_pattern_of_a_whole_host_is_empty() -> None:
    assert path_pattern("") == ""


def routed(found: Estate, hostname: str, path: str) -> str:
    """The app that cloudflared would choose: the first rule that matches."""
    for rule in ingress_rules(found, TODAY):
        if rule.home.hostname == hostname and re.search(rule.path, path):
            return rule.app.name
    return "404"


NESTED = (
    "apps:\n"
    + app("outer", "/team")
    + app("inner", "/team/draft")
    + app("other", "/teams")
    + app("deepest", "/team/draft/final")
    + app("wiki")
)

ROUTES = [
    ("apps.example.com", "/team", "outer"),
    ("apps.example.com", "/team/x", "outer"),
    ("apps.example.com", "/team/draft", "inner"),
    ("apps.example.com", "/team/drafts", "outer"),
    ("apps.example.com", "/team/draft/final/", "deepest"),
    ("apps.example.com", "/teams/draft", "other"),
    ("apps.example.com", "/", "404"),
    ("wiki.example.com", "/team/draft", "wiki"),
    ("elsewhere.example.com", "/team", "404"),
]


@pytest.mark.parametrize(("hostname", "path", "expected"), ROUTES)
def test_the_first_match_is_the_most_specific(hostname: str, path: str, expected: str) -> None:
    assert routed(estate(NESTED), hostname, path) == expected


def test_order_does_not_depend_on_the_file() -> None:
    lines = NESTED.splitlines(keepends=True)
    backwards = lines[0] + "".join(reversed(lines[1:]))
    expected = ["deepest", "inner", "other", "outer", "wiki"]
    assert [rule.app.name for rule in ingress_rules(estate(NESTED), TODAY)] == expected
    assert [rule.app.name for rule in ingress_rules(estate(backwards), TODAY)] == expected


GUARDED = [
    ("[marketing]", True),
    ("[{public: true, reason: press}]", False),
    ("[marketing, {public: true, reason: the office, require: [{ip: 192.0.2.0/24}]}]", False),
    ("[marketing, {public: true, reason: over, expires: 2027-01-14}]", True),
    ("[marketing, {public: true, reason: last day, expires: 2027-01-15}]", False),
]


@pytest.mark.parametrize(("access", "guarded"), GUARDED)
def test_the_connector_checks_tokens_unless_some_requests_come_without(access: str, guarded: bool) -> None:
    (rule,) = ingress_rules(estate("apps:\n" + app("a", "/a", access)), TODAY)
    assert rule.guarded == guarded


def test_apps_in_snowflake_have_no_rule() -> None:
    snowflake = (
        "apps:\n"
        "  ledger: {owner: finance, source: apps/ledger, access: [finance],\n"
        "    snowflake: {runtime: warehouse, query_warehouse: reporting}}\n"
    )
    assert ingress_rules(estate(snowflake), TODAY) == ()
