"""What may be assumed when two estates are compared: what both say, and only where it matters."""

from __future__ import annotations

import pytest

from infra.access.attributes import Names
from infra.diff.changes import AppChange, Sides, compare
from infra.diff.surroundings import Fact, facts
from infra.estate import Estate
from tests.access_sides import estate_of
from tests.recorder import TODAY

STACK = """\
config:
  gatehouse:account: self
  gatehouse:accountId: 0a1b2c3d4e5f60718293a4b5c6d7e8f9
  gatehouse:team: example
  gatehouse:zone: example.com
  gatehouse:zoneId: 9f8e7d6c5b4a39281706f5e4d3c2b1a0
  gatehouse:hostname: apps.example.com
  gatehouse:snowflake: {organization: example, account: analytics, database: apps, schema: streamlit}
"""
APART = "exclusive:\n  - [sales, finance, marketing]\n"
DENIES = "[{deny: sales}, finance]"
NOTE = "assuming that nobody is in both sales and finance"


def estate(access: str, apart: str = APART, *, sales: str = "Sales", snowflake: bool = False) -> Estate:
    home = "service: http://close.internal:8501\n    path: /close"
    if snowflake:
        home = "source: apps/close\n    snowflake: {runtime: warehouse, query_warehouse: reporting}"
    text = f"""\
identity:
  providers:
    okta: {{type: okta}}
departments:
  marketing: {{groups: [Marketing]}}
  sales: {{groups: [{sales}]}}
  finance: {{groups: [Finance]}}
{apart}apps:
  close:
    owner: finance
    {home}
    access: {access}
"""
    return estate_of(text, STACK)


def change(base: Estate, head: Estate) -> AppChange:
    (found,) = compare(Sides(base, head, TODAY, Names(), {}, TODAY))
    return found


def test_nobody_gains_who_cannot_be() -> None:
    """Without the denial, whoever is in both would enter; both sides say that there is nobody like that."""
    found = change(estate(DENIES), estate("[finance]"))
    assert (found.verdict, found.notes) == ("equivalent", (NOTE,))
    assert not found.is_silent


@pytest.mark.parametrize(("base", "head"), [("", APART), (APART, ""), ("", "")])
def test_one_side_alone_is_not_believed(base: str, head: str) -> None:
    found = change(estate(DENIES, base), estate("[finance]", head))
    assert (found.verdict, found.notes) == ("broadened", ())


def test_what_changes_nothing_is_not_assumed() -> None:
    """Everybody of finance gains, and those who are in sales as well are no news."""
    found = change(estate("[sales]"), estate("[sales, finance]"))
    assert (found.verdict, found.notes) == ("broadened", ())
    assert str(found.gained[0]) == "finance"


def test_a_change_cannot_define_people_away() -> None:
    """`sales` becomes the group of all who gain: that nobody is in it and in finance is not believed of them."""
    found = change(estate(DENIES), estate("[finance]", sales="Finance"))
    assert found.verdict == "equivalent"
    found = change(estate("[{deny: sales}, finance, marketing]"), estate("[finance, marketing]", sales="Finance"))
    assert (found.verdict, len(found.notes)) == ("equivalent", 1)
    found = change(estate("[marketing]"), estate("[marketing, sales]", sales="Finance"))
    assert (found.verdict, str(found.gained[0]), found.notes) == ("broadened", "sales", ())


def test_two_names_for_the_same_people_do_not_make_them_nobody() -> None:
    """That nobody is in both would say that nobody is in either."""
    found = change(estate("[marketing]", sales="Finance"), estate("[marketing, sales, finance]", sales="Finance"))
    assert (found.verdict, str(found.gained[0]), found.notes) == ("broadened", "sales, finance", ())


def test_only_what_is_said_is_assumed() -> None:
    others = "exclusive:\n  - [sales, marketing]\n"
    found = change(estate(DENIES, others), estate("[finance]", others))
    assert (found.verdict, found.notes) == ("broadened", ())


def test_every_pair_that_is_needed_is_told() -> None:
    found = change(estate("[{deny: [sales, marketing]}, finance]"), estate("[finance]"))
    told = "assuming that nobody is in both marketing and finance, or in sales and finance"
    assert (found.verdict, found.notes) == ("equivalent", (told,))


def test_the_mirror_loses_nobody() -> None:
    found = change(estate("[finance]"), estate(DENIES))
    assert (found.verdict, found.notes) == ("equivalent", (NOTE,))


def test_roles_are_kept_apart_as_departments_are() -> None:
    """A new role is a gain for whoever holds it, and no assumption changes who is named."""
    found = change(estate("[sales]", snowflake=True), estate("[sales, finance]", snowflake=True))
    assert (found.verdict, str(found.gained[0]), found.notes) == ("broadened", "finance", ())


def test_an_assumption_that_comes_is_told() -> None:
    found = facts(estate("[finance]", ""), estate("[finance]"), TODAY, {}, (None, None))
    assert Fact("assumption", True, "nobody is in both sales and finance") in found
    assert len(found) == 3
