"""What is wrong with a text before it means anything, in words for people who have never read YAML's grammar."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from infra.indentation import in_no_column, indented_too_far
from infra.problems import Problem, Related, Source, Span

# They turn the direction of what follows, so that a reviewer reads something else than a program (CVE-2021-42574).
_TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_CONFLICT = re.compile(r"(<{7}|>{7})( |$)")
_TAB = ("this line is indented with a tab", ("YAML indents with spaces; an editor can replace every tab of the file",))
_SECOND_COLON = "mapping values are not allowed in this context"
_NO_KEY = "did not find expected key"
_WORDS = {
    "found a tab character that violates indentation": _TAB,
    _SECOND_COLON: (
        "there is a second `:` here, where one line can hold one key",
        ("start a new line, or put the value in quotes",),
    ),
    "could not find expected ':'": (
        "a key without `:` stands before this",
        ("a key is written `key: value`",),
    ),
    _NO_KEY: (
        "this does not fit the lines before it",
        ("keys of one mapping start in the same column",),
    ),
    "did not find expected '-' indicator": (
        "this does not fit the lines before it",
        ("entries of one list start with `- ` in the same column",),
    ),
    "did not find expected ',' or ']'": ("a list is not closed", ("write `]` at its end, and `,` between entries",)),
    "did not find expected ',' or '}'": ("a mapping is not closed", ("write `}` at its end, and `,` between keys",)),
    "did not find expected node content": ("a value is missing here", ("write it, and close what is open",)),
    "found unexpected end of stream": ("a text in quotes is not closed", ("write the same quote at its end",)),
}


def syntax_problem(error: yaml.YAMLError, text: str, source: Source) -> Problem:
    """The problem that stopped the parser, with the place where the broken part began."""
    conflict = next((number for number, line in enumerate(source.lines) if _CONFLICT.match(line)), None)
    if conflict is not None:
        span = Span(source, conflict, 0, conflict, len(source.lines[conflict]))
        keep = ("keep one of the two sides, and remove the lines with `<<<<<<<`, `=======` and `>>>>>>>`",)
        return Problem("yaml-syntax", "a merge conflict is left in the file", span, advice=keep)
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return _unreadable(text, source)
    span = _at(error.problem_mark, source)
    misplaced = _misplaced(error, source, span)
    if misplaced is not None:
        return misplaced
    message, advice = _words(str(error.problem), source, span)
    related: list[Related] = []
    # A tab is wrong by itself, wherever the value began that it stands below.
    if message != _TAB[0] and error.context_mark is not None and error.context_mark.line != error.problem_mark.line:
        related.append(Related(_at(error.context_mark, source), "it belongs to what begins here"))
    return Problem("yaml-syntax", message, span, related=tuple(related), advice=advice)


def hidden_characters(text: str, source: Source) -> Iterator[Problem]:
    """Every character that makes the file look like another one to those who review it."""
    for found in _TURNING.finditer(text):
        message = f"the invisible character U+{ord(found[0]):04X} changes the order in which this line is shown"
        advice = ("remove it: what is reviewed must be what is read",)
        yield Problem("hidden-character", message, _place(text, found.start(), source), advice=advice)


def _misplaced(error: yaml.MarkedYAMLError, source: Source, span: Span) -> Problem | None:
    """The problem, if all that is wrong is the column where a key starts."""
    if error.problem == _SECOND_COLON:
        return indented_too_far(source, span.line, span.column)
    if error.problem == _NO_KEY and error.context_mark is not None:
        return in_no_column(source, span.line, span.column, error.context_mark.column)
    return None


def _words(said: str, source: Source, span: Span) -> tuple[str, tuple[str, ...]]:
    if said == "found character that cannot start any token":
        line = source.lines[span.line]
        found = line[span.column : span.column + 1]
        if found == "\t":
            return _TAB
        return f"a value cannot start with `{found}`", ("put the value in quotes",)
    return _WORDS.get(said, (f"this is not YAML: {said}", ()))


def _unreadable(text: str, source: Source) -> Problem:
    """The first character that YAML does not allow."""
    found = yaml.reader.Reader.NON_PRINTABLE.search(text)
    if found is None:
        return Problem("yaml-syntax", "this is not YAML")
    message = f"the character U+{ord(found[0]):04X} cannot stand in YAML"
    advice = ("remove it; it may have come with a copy from a terminal",)
    return Problem("yaml-syntax", message, _place(text, found.start(), source), advice=advice)


def _place(text: str, at: int, source: Source) -> Span:
    before = lines_of(text[:at])
    line, column = len(before) - 1, len(before[-1])
    return Span(source, line, column, line, column + 1)


def _at(mark: yaml.Mark, source: Source) -> Span:
    """The place of a mark; what is missing at the end of a file is missing after its last words."""
    line, column = mark.line, mark.column
    while line >= len(source.lines) or (line > 0 and not source.lines[line].strip()):
        line -= 1
        column = len(source.lines[line].rstrip())
    return Span(source, line, column, line, column + 1)


def lines_of(text: str) -> list[str]:
    """The lines as YAML counts them (yaml.org/spec/1.1, section 5.4, which libyaml follows)."""
    return re.split("\r\n|[\n\r\x85\u2028\u2029]", text)
