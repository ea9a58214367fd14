"""YAML text to nodes: every value keeps its place and its raw text, and nothing is guessed at."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.problems import Problem, Problems, Related, Source, Span, did_you_mean, render, visible
from infra.source import MAX_ALIASED_NODES, MAX_DEPTH, Mapping, Node, Scalar, Sequence, parse, read_text


def parsed(text: str) -> Node:
    problems = Problems()
    node = parse(text, "apps.yaml", problems)
    assert problems.found == [] and node is not None
    return node


def refused(text: str) -> list[str]:
    problems = Problems()
    parse(text, "apps.yaml", problems)
    return [problem.code for problem in problems.found]


def scalar(text: str) -> Scalar:
    node = parsed(f"- {text}\n")
    assert isinstance(node, Sequence) and isinstance(node.items[0], Scalar)
    return node.items[0]


KINDS = [
    # What YAML 1.1 would have made of it is beside the word.
    ("NO", "text"),  # False
    ("yes", "text"),  # True
    ("on", "text"),  # True
    ("off", "text"),  # False
    ("y", "text"),
    ("12:30", "text"),  # 750
    ("190:20:30", "text"),  # 685230
    ("2027-03-31", "text"),  # a date
    ("1_000", "text"),  # 1000
    ("0b11", "text"),  # 3
    ("=", "text"),
    ("010", "a number"),  # 8
    ("0x1F", "a number"),
    ("0o17", "a number"),
    ("1.10", "a number"),
    ("-1", "a number"),
    ("+.5", "a number"),
    ("1e3", "a number"),
    (".inf", "a number"),
    (".NaN", "a number"),
    ("-x", "text"),
    ("1.2.3", "text"),
    ("true", "a flag"),
    ("False", "a flag"),
    ("TRUE", "a flag"),
    ("tRUE", "text"),
    ("~", "nothing"),
    ("null", "nothing"),
    ("", "nothing"),
    ("nil", "text"),
    ("Nothing", "text"),
    ("'true'", "text"),
    ('"010"', "text"),
    ("''", "text"),
    ("number", "text"),
    ("false-cfo", "text"),
]


@pytest.mark.parametrize(("text", "kind"), KINDS)
def test_kind(text: str, kind: str) -> None:
    """YAML 1.2's core schema, as editors read it."""
    assert scalar(text).kind == kind


@pytest.mark.parametrize("text", ["NO", "010", "12:30", "1_000", "0x1F", "1.10", "~"])
def test_the_text_stays_as_written(text: str) -> None:
    assert scalar(text).text == text


def test_spans() -> None:
    node = parsed("a:\n  b: [one, 'two', three]\n  ü: 日本 # why\n")
    assert isinstance(node, Mapping)
    inner = node.entries[0][1]
    assert isinstance(inner, Mapping)
    (_, items), (name, words) = inner.entries
    assert isinstance(items, Sequence)
    assert [(item.span.line, item.span.column, item.span.end_column) for item in items.items] == [
        (1, 6, 9),
        (1, 11, 16),
        (1, 18, 23),
    ]
    assert (str(name.span), str(words.span)) == ("apps.yaml:3:3", "apps.yaml:3:6")
    assert words.span.end_column == 7


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes("\ufeffa: ü\n".encode())
    assert read_text(tmp_path / "a.yaml", "a.yaml", Problems()) == "a: ü\n"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\u2028", "\x85"])
def test_lines_end_as_yaml_ends_them(end: str) -> None:
    """A message shows the line that the parser counted."""
    problems = Problems()
    parse(end.join(["a: 1", "b: 2", "a: 3"]), "apps.yaml", problems)
    (problem,) = problems.found
    assert problem.span is not None and problem.span.source.lines[problem.span.line] == "a: 3"


def test_every_duplicate_is_reported_once() -> None:
    assert refused("a: 1\nb: {c: 1, c: 2}\na: 3\na: 4\n") == ["duplicate-key"] * 3


def test_quoted_and_plain_keys_are_equal() -> None:
    assert refused("a: 1\n'a': 2\n\"\\x61\": 3\n") == ["duplicate-key"] * 2


REFUSED = [
    ("a: !!str x", "unsupported-yaml"),
    ("!local {a: 1}", "unsupported-yaml"),
    ("a: !!binary x", "unsupported-yaml"),
    ("%TAG ! tag:example.com,2026:\n---\na: !x y", "unsupported-yaml"),
    ("a: 1\n---\nb: 2", "unsupported-yaml"),
    ("a: 1\n...\n---\nb: 2", "unsupported-yaml"),
    ("<<: {a: 1}", "unsupported-yaml"),
    ("{a: 1}: b", "unsupported-yaml"),
    ("? [a]\n: b", "unsupported-yaml"),
    ("a: *b", "unsupported-yaml"),
    ("a: &a [*a]", "unsupported-yaml"),
    ("a: &a\n  b: *a", "unsupported-yaml"),
    ("a: [", "yaml-syntax"),
    ("a: {", "yaml-syntax"),
    ("a: 'x", "yaml-syntax"),
    ("a: b: c", "yaml-syntax"),
    ("\ta: b", "yaml-syntax"),
    ("a: @b", "yaml-syntax"),
    ("a: `b`", "yaml-syntax"),
    ("a: %b", "yaml-syntax"),
    ("a: |x\n b", "yaml-syntax"),
    ("a: \x00", "yaml-syntax"),
    ("a: \x07", "yaml-syntax"),
    ("- a\nb: c", "yaml-syntax"),
    ("a\nb: c", "yaml-syntax"),
    ("a: &b &c d", "yaml-syntax"),
    ("%YAML 3.0\n---\na: b", "yaml-syntax"),
    ('a: "\\q"', "yaml-syntax"),
]


@pytest.mark.parametrize(("text", "code"), REFUSED)
def test_refused(text: str, code: str) -> None:
    assert refused(text) == [code]


def test_the_non_specific_tag_is_no_tag() -> None:
    assert isinstance(parsed("a: ! x"), Mapping)


def test_a_quoted_merge_key_is_a_key() -> None:
    assert isinstance(parsed("'<<': x"), Mapping)


def test_an_alias_has_the_place_of_its_anchor() -> None:
    """Its key's place tells where it is used."""
    node = parsed("a: &x [1]\nb: *x\n")
    assert isinstance(node, Mapping)
    assert node.entries[0][1] is node.entries[1][1]


@pytest.mark.parametrize("text", ["", "\n", "# a\n", "---\n", "~", "null\n", "---\n...\n"])
def test_nothing(text: str) -> None:
    problems = Problems()
    assert parse(text, "apps.yaml", problems) is None
    assert problems.found == []


@pytest.mark.parametrize(
    ("depth", "expected"), [(MAX_DEPTH, []), (MAX_DEPTH + 1, ["too-deep"]), (100_000, ["too-deep"])]
)
def test_depth(depth: int, expected: list[str]) -> None:
    assert refused("[" * depth + "]" * depth) == expected


def test_aliases_up_to_the_limit() -> None:
    one = f"a: &a [{', '.join(['x'] * 99)}]\n"
    most = MAX_ALIASED_NODES // 100
    assert refused(f"{one}b: [{', '.join(['*a'] * most)}]\n") == []
    assert refused(f"{one}b: [{', '.join(['*a'] * (most + 1))}]\n") == ["too-many-aliases"]


def test_a_billion_laughs_cost_nothing() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    assert refused("\n".join(lines)) == ["too-many-aliases"]


# --- how problems are shown


def test_carets_stand_below_wide_characters_and_tabs() -> None:
    source = Source("apps.yaml", ["\t日本: x"])
    shown = render([Problem("code", "message", Span(source, 0, 5, 0, 6))]).splitlines()
    assert shown[3:5] == ["1 | \t日本: x", "  | \t      ^"]


def test_problems_are_sorted_by_file_and_place_and_shown_once() -> None:
    one, two = Source("a.yaml", ["x", "y"]), Source("b.yaml", ["z"])
    last, first = Problem("c", "m", Span(two, 0, 0, 0, 1)), Problem("c", "m", Span(one, 1, 0, 1, 1))
    shown = render([last, first, Problem("z", "no place"), first])
    assert [line for line in shown.splitlines() if "-->" in line] == [" --> a.yaml:2:1", " --> b.yaml:1:1"]
    assert shown.startswith("error[z]: no place\n") and shown.endswith("3 errors")


def test_several_lines_are_marked_on_the_first() -> None:
    source = Source("a.yaml", ["key: >", "  text", "  more"])
    problem = Problem("c", "m", Span(source, 0, 5, 2, 6), related=(Related(Span(source, 9, 0, 9, 1), "gone"),))
    assert "   |      ^" in render([problem]).splitlines()


HOSTILE = ["\x1b[31mred", "a\u202eb", "bell\x07", "null\x00", "\u2066x\u2069", "new\nline"]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_character_reaches_the_terminal_that_it_would_obey(text: str) -> None:
    """Escapes, and marks that turn the direction of what a reviewer reads."""
    source = Source("a.yaml", [text.replace("\n", " ")])
    shown = render([Problem("c", text, Span(source, 0, 0, 0, 1), label=text, advice=(text,))])
    assert all(line.isprintable() for line in shown.split("\n"))
    assert visible(text).isprintable()


def test_a_masked_stretch_keeps_its_place() -> None:
    source = Source("a.yaml", ["key: |", "  one", "  two", "next: x"])
    source.hide(Span(source, 0, 5, 2, 5))
    assert source.lines == ["key: *", "*****", "*****", "next: x"]


MEANT = [
    ("markting", ("marketing", "sales"), "marketing"),
    ("Marketing", ("marketing", "sales"), "marketing"),
    ("google", ("google-workspace", "okta"), "google-workspace"),
    ("x", ("marketing", "sales"), ""),
    ("", ("marketing",), ""),
]


@pytest.mark.parametrize(("word", "allowed", "expected"), MEANT)
def test_did_you_mean(word: str, allowed: tuple[str, ...], expected: str) -> None:
    lines = [line for line in did_you_mean(word, allowed) if line.startswith("did")]
    assert lines == ([f"did you mean `{expected}`?"] if expected else [])


def test_long_lists_are_not_printed() -> None:
    assert did_you_mean("x", [str(n) for n in range(13)]) == ()
