"""Tiles: what a newcomer reads of who may enter, from the account's own policies."""

from __future__ import annotations

import re
from html import unescape

import pytest

from sandbox.cloudflare_api.access import AccessObjects
from sandbox.portal.ends import ends_in
from sandbox.portal.short_names import short_name, without_stack
from sandbox.portal.tiles import tile

GROUPS = [
    {"id": "g1", "name": "made-dev-marketing", "include": [{"everyone": {}}]},
    {
        "id": "g2",
        "name": "made-dev-far-away",
        "include": [{"geo": {"country_code": "JP"}}, {"ip": {"ip": "192.0.2.0/24"}}],
    },
]
POSTURES = [{"id": "p1", "name": "made-dev-company-laptop"}]
MARKETING, AWAY = {"group": {"id": "g1"}}, {"group": {"id": "g2"}}


def _told(*policies: dict[str, object], ends: dict[str, str] | None = None) -> list[str]:
    """The lines of a tile whose policies are these, in their order of precedence."""
    whole = [{"id": str(at), "name": "", "precedence": at, **one} for at, one in enumerate(policies, start=1)]
    app = {"id": "a", "name": "App <x>", "policies": [*reversed(whole)]}
    objects = AccessObjects.of([app], groups=GROUPS, posture_rules=POSTURES)
    text = tile(objects, app, "App <x>", "https://apps.example.com/a/b/", ends or {})
    assert "App &lt;x&gt;" in text
    return [
        " ".join(unescape(re.sub("<[^>]+>", " ", line)).split()) for line in re.findall("<li[ >].*?</li>", text[4:])
    ]


@pytest.mark.parametrize(
    ("policy", "line"),
    [
        ({"decision": "allow", "include": [MARKETING]}, "Allow the group marketing may enter"),
        (
            {
                "decision": "allow",
                "include": [MARKETING, {"email": {"email": "cfo@example.com"}}],
                "require": [{"device_posture": {"integration_uid": "p1"}}],
                "exclude": [{"email": {"email": "x"}}],
            },
            "Allow the group marketing or cfo@example.com may enter; needs the device check company-laptop; not for x",
        ),
        (
            {"decision": "allow", "include": [MARKETING], "require": [AWAY]},
            "Allow the group marketing may enter; needs a request from JP or 192.0.2.0/24",
        ),
        (
            {"decision": "allow", "include": [MARKETING], "require": [{"auth_method": {"auth_method": "mfa"}}, AWAY]},
            "Allow the group marketing may enter; needs a second factor, and a request from JP or 192.0.2.0/24",
        ),
        (
            {"decision": "allow", "include": [{"geo": {"country_code": "JP"}}]},
            "Allow requests from JP may enter",
        ),
        ({"decision": "deny", "include": [{"everyone": {}}]}, "Block everyone may not enter"),
        ({"decision": "bypass", "include": [{"everyone": {}}]}, "Bypass everyone may enter without a login"),
        ({"decision": "allow", "include": [{"email": {"email": "<b>"}}]}, "Allow <b> may enter"),
    ],
    ids=str,
)
def test_a_policy_in_words(policy: dict[str, object], line: str) -> None:
    assert _told(policy) == [line]


def test_the_last_day_of_whoever_has_one() -> None:
    """Cloudflare's policies have no end; the program says it."""
    ends = ends_in("machine x, marketing (second factor, in JP or US, until 2027-03-31), sales")
    assert ends == {"marketing": "2027-03-31"}
    alone = {"decision": "allow", "include": [MARKETING]}
    both = {"decision": "allow", "include": [MARKETING, {"email": {"email": "x@y"}}]}
    assert _told(alone, ends=ends) == ["Allow the group marketing may enter; until 2027-03-31, inclusive"]
    assert _told(both, ends=ends) == [
        "Allow the group marketing or x@y may enter; marketing until 2027-03-31, inclusive"
    ]


@pytest.mark.parametrize(
    ("who", "ends"),
    [
        ("nobody", {}),
        ("a (until 2027-03-31), a (second factor)", {}),
        ("a (until 2027-03-31), b (until 2027-04-01)", {"a": "2027-03-31", "b": "2027-04-01"}),
        ("machine m (until 2027-03-31)", {"m": "2027-03-31"}),
    ],
)
def test_last_days_in_the_words_of_the_program(who: str, ends: dict[str, str]) -> None:
    assert ends_in(who) == ends


@pytest.mark.parametrize(
    ("titles", "short"),
    [
        (["Ledger (dev)", "Wiki (dev)"], ["Ledger", "Wiki"]),
        (["Ledger (dev)", "Wiki (prod)"], ["Ledger (dev)", "Wiki (prod)"]),
        (["Ledger (dev)", "Wiki"], ["Ledger (dev)", "Wiki"]),
        (["Ledger"], ["Ledger"]),
    ],
)
def test_titles_without_the_stack_that_all_of_them_have(titles: list[str], short: list[str]) -> None:
    assert [without_stack(one, titles) for one in titles] == short


def test_policies_come_in_their_order() -> None:
    rules = [{"decision": "allow", "include": [{"email": {"email": f"{name}@x"}}]} for name in "abc"]
    assert _told(*rules) == [f"Allow {name}@x may enter" for name in "abc"]
    assert _told() == ["Nobody may enter."]


@pytest.mark.parametrize(
    ("names", "short"),
    [
        (["made-dev-a", "made-dev-b"], ["a", "b"]),
        (["made-dev-a", "made-dev-a-b"], ["a", "a-b"]),
        (["made-dev-a", "made-prod-a"], ["dev-a", "prod-a"]),
        (["made-dev-a"], ["made-dev-a"]),
        (["a", "b"], ["a", "b"]),
    ],
)
def test_what_names_have_in_common_is_left_out(names: list[str], short: list[str]) -> None:
    objects = AccessObjects.of(groups=[{"id": one, "name": one} for one in names])
    assert [short_name(one, objects) for one in names] == short
