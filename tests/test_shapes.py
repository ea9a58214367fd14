"""Shapes and records: what a node becomes, and which code it is refused with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest

from infra.problems import Problems
from infra.records import MapOf, Record, Table, check_declared, key
from infra.schema import words
from infra.shapes import Bad, Day, Flag, ListOf, OneOf, Place, Shape, Text, Word
from infra.source import parse

FORM = Text("a word", r"[a-z]+", "abc", most=5)


@dataclass(frozen=True)
class Pet:
    """A record for tests."""

    at: Place
    name: Word = key(FORM, "Its name.", required=True)  # noqa: RUF009 - `key` is dataclasses.field
    loud_noise: bool | None = key(Flag(), "Whether it barks.")
    friends: Table[Word] = key(MapOf(FORM, FORM), "Others.", default=Table())  # noqa: RUF009 - the same


def decoded(shape: Shape[object], text: str) -> tuple[object, list[str]]:
    problems = Problems()
    node = parse(f"- {text}\n", "test.yaml", problems)
    assert node is not None
    value = ListOf(shape).decode(node, problems)
    found = sorted(problem.code for problem in problems.found)
    return (None if isinstance(value, Bad) else value[0]), found


VALUES = [
    (FORM, "abc", "abc"),
    (FORM, "'abc'", "abc"),
    (FORM, "abcdef", ["too-long"]),
    (FORM, "ABC", ["bad-format"]),
    (FORM, "''", ["bad-format"]),
    (FORM, "7", ["wrong-type"]),
    (FORM, "true", ["wrong-type"]),
    (FORM, "~", ["wrong-type"]),
    (FORM, "[abc]", ["wrong-type"]),
    (OneOf(("yes", "no")), "no", "no"),
    (OneOf(("yes", "no")), "NO", ["unknown-value"]),
    (OneOf(("yes", "no")), "[no]", ["wrong-type"]),
    (Flag(), "true", True),
    (Flag(), "FALSE", False),
    (Flag(), "yes", ["wrong-type"]),
    (Flag(), "'true'", ["wrong-type"]),
    (Day(), "2027-03-31", date(2027, 3, 31)),
    (Day(), "'2027-03-31'", date(2027, 3, 31)),
    (Day(), "2027-02-29", ["bad-format"]),
    (Day(), "2027-3-31", ["wrong-type"]),
    (Day(), "2027-03-31T00:00:00Z", ["wrong-type"]),
    (Day(), "٢٠٢٧-03-31", ["wrong-type"]),
    (Day(), "0000-01-01", ["bad-format"]),
    (ListOf(FORM), "[a, b]", ("a", "b")),
    (ListOf(FORM), "[]", ["empty-list"]),
    (ListOf(FORM), "a", ["wrong-type"]),
    (ListOf(FORM), "[a, 1, B]", ["bad-format", "wrong-type"]),
    (ListOf(FORM, single=True), "a", ("a",)),
    (ListOf(FORM, single=True), "~", ["wrong-type"]),
    (MapOf(FORM, FORM), "{a: b}", {"a": "b"}),
    (MapOf(FORM, FORM), "{A: b, c: D, e: f}", {"e": "f"}),
    (MapOf(FORM, FORM), "[a]", ["wrong-type"]),
    (MapOf(FORM, FORM), "{}", {}),
    (Record(Pet), "{}", ["missing-key"]),
    (Record(Pet), "{name: rex, wings: 2}", ["unknown-key"]),
    (Record(Pet), "rex", ["wrong-type"]),
]


@pytest.mark.parametrize(("shape", "text", "expected"), VALUES)
def test_decode(shape: Shape[object], text: str, expected: object) -> None:
    value, found = decoded(shape, text)
    assert (found if isinstance(expected, list) else value) == expected


FORMS = [
    (words.NAME, ["a", "a1", "a-b", "x" * 40], ["", "1a", "-a", "a-", "A", "a_b", "a b", "x" * 41, "a\n"]),
    (
        words.PATH,
        ["/a", "/a/b", "/a.b/c_d", "/0~1-2"],
        ["", "/", "a", "/a/", "//a", "/A", "/.a", "/a/../b", "/a?b", "/a*"],
    ),
    (
        words.EMAIL,
        ["a@b.example", "a+b.c@d-e.example"],
        ["a", "a@b", "@b.example", "a@b.", "a@b..example", "a b@c.example"],
    ),
    (words.DOMAIN, ["b.example"], ["b", ".example", "b.", "*.example", "a@b.example"]),
    (words.DURATION, ["1m", "8h", "90d"], ["0h", "08h", "8", "8s", "8H", "1.5h", "-1h", "999999h"]),
    (words.COUNTRY, ["JP"], ["jp", "JPN", "J"]),
    (words.LABEL, ["a", "a-b", "0", "x" * 63], ["a.b", "-a", "a-", "A", "x" * 64, "*"]),
    (words.FOLDER, ["apps/a", "a_b/c.d"], ["/a", "../a", "a/../b", "./a", "a/", "a//b", ".git", "a b"]),
    (words.HOST, ["a.example", "a.example:8443"], ["a", "a.example/", "https://a.example", "A.example", "a.example:"]),
    (words.VERSION, ["1", "14.2.0"], ["v1", "1.", "1.2.3.4.5"]),
    (words.IDENTIFIER, ["FINANCE", "_a1"], ["1a", "a-b", 'a"b', "a b", "a;b", ""]),
    (words.TITLE, ["Ledger", "帳簿 2"], ["", " ", " a", "a\nb", "a\x1b[0m", "a\u202eb", "a\x85"]),
    (words.VALUE, ["Marketing EMEA", "https://x.example/", "é"], ["", " ", "a ", " a", "a\nb", "a\u2066", "a\x7f"]),
]


@pytest.mark.parametrize(("form", "good", "bad"), FORMS, ids=lambda value: getattr(value, "form", None))
def test_forms(form: Text, good: list[str], bad: list[str]) -> None:
    assert [text for text in good if not form.fits(text)] == []
    assert [text for text in bad if form.fits(text)] == []


def record(text: str, *, partial: bool = False) -> tuple[Pet | None, Problems]:
    problems = Problems()
    node = parse(text, "test.yaml", problems)
    assert node is not None
    value = Record(Pet, partial=partial, camel=True, prefix="pets:").decode(node, problems)
    return (None if isinstance(value, Bad) else value), problems


def test_a_record_knows_where_its_keys_stand() -> None:
    pet, _ = record("name: rex\nloudNoise: true\n")
    assert pet is not None
    assert (str(pet.at.span), str(pet.at["loudNoise"]), str(pet.at["friends"])) == (
        "test.yaml:1:1",
        "test.yaml:2:12",
        "test.yaml:1:1",
    )
    assert str(pet.name.span) == "test.yaml:1:7"


def test_keys_are_spelled_as_pulumi_does_and_prefixed_in_messages() -> None:
    _, problems = record("name: rex\nloud_noise: true\n")
    (problem,) = problems.found
    assert problem.message == "`pets:loud_noise` is not a key here"
    assert problem.advice[0] == "did you mean `pets:loudNoise`?"


def test_a_partial_record_survives_what_is_bad() -> None:
    """So that the rest of the file is still looked at."""
    pet, problems = record("name: 7\nloudNoise: true\nwings: 2\nfriends: [x]\n", partial=True)
    assert pet is not None and pet.loud_noise is True and not pet.friends.readable
    assert sorted(problem.code for problem in problems.found) == ["unknown-key", "wrong-type", "wrong-type"]


def test_other_records_do_not() -> None:
    assert record("name: rex\nwings: 2\n")[0] is None


def test_a_name_whose_entry_is_bad_is_still_declared() -> None:
    """One mistake is not reported again wherever the entry is referred to."""
    problems = Problems()
    node = parse("a: 1\nb: c\n", "test.yaml", problems)
    assert node is not None
    table = MapOf(FORM, FORM).decode(node, problems)
    assert isinstance(table, Table) and list(table) == ["b"] and list(table.declared) == ["a", "b"]


def unknown(table: Table[Word]) -> list[str]:
    problems = Problems()
    pet, _ = record("name: rex\n")
    assert pet is not None
    check_declared("machine", pet.name, table, problems)
    return [f"{problem.code}: {problem.label}" for problem in problems.found]


def test_undeclared_names() -> None:
    assert unknown(Table({}, (Word.at("max", record("name: a\n")[0].name.span),))) == [  # type: ignore[union-attr]
        "unknown-machine: not under `machines`"
    ]
    assert unknown(Table()) == ["unknown-machine: nothing is declared under `machines`"]
    assert unknown(Table(readable=False)) == []
