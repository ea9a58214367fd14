"""Problems: what is wrong, where, and what to do about it, in the form a reader can act on.

The layout follows rustc and zizmor: `error[code]: sentence`, the place, the source line with carets, related
places, then help. Wording follows Cedar's style guide: lower case, no full stop, user words in backticks.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from infra.terminal import width

Severity = Literal["error", "warning"]

_CODES = {"error": "1;31", "warning": "1;33", "frame": "1;34", "help": "1;36", "bold": "1"}


@dataclass(frozen=True, eq=False)
class Source:
    """One text file: the name shown to people and its lines without line ends."""

    name: str
    lines: list[str]

    def hide(self, span: Span) -> None:
        """Mask a stretch, so that no message about its lines shows a secret."""
        for number in range(span.line, min(span.end_line + 1, len(self.lines))):
            text = self.lines[number]
            start = span.column if number == span.line else 0
            end = span.end_column if number == span.end_line else len(text)
            self.lines[number] = text[:start] + "*" * (end - start) + text[end:]


class Span(NamedTuple):
    """A stretch of a source. Lines and columns count from 0 and columns count characters; the end is exclusive.

    A tuple, because every word of every file has one and a frozen dataclass takes four times as long to make.
    """

    source: Source
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.source.name}:{self.line + 1}:{self.column + 1}"


@dataclass(frozen=True)
class Related:
    """Another place that matters for a problem, such as the first of two equal keys."""

    span: Span
    label: str


@dataclass(frozen=True)
class Problem:
    """One finding. `code` is stable and documented in docs/problems.md; `advice` says what to do, a line each."""

    code: str
    message: str
    span: Span | None = None
    label: str = ""
    related: tuple[Related, ...] = ()
    advice: tuple[str, ...] = ()
    severity: Severity = "error"

    @property
    def position(self) -> tuple[str, int, int, str, str]:
        """Sort key: file, line, column, then the words, so that reports do not depend on the order of checks."""
        if self.span is None:
            return ("", 0, 0, self.code, self.message)
        return (self.span.source.name, self.span.line, self.span.column, self.code, self.message)

    def within(self, prefix: str) -> Problem:
        """The same about a file that is somewhere else: `prefix` stands before its name."""

        def moved(span: Span) -> Span:
            return span._replace(source=replace(span.source, name=prefix + span.source.name))

        related = tuple(replace(one, span=moved(one.span)) for one in self.related)
        return replace(self, span=moved(self.span) if self.span else None, related=related)


class ConfigError(Exception):
    """The one expected failure: the files are wrong, and `problems` says how. Nothing has been changed."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = in_order(problems)
        super().__init__(render(self.problems))


@dataclass
class Problems:
    """A collector, so that one run reports everything."""

    found: list[Problem] = field(default_factory=list)

    def add(
        self,
        code: str,
        message: str,
        span: Span | None = None,
        *,
        label: str = "",
        related: Sequence[Related] = (),
        advice: Sequence[str] = (),
        severity: Severity = "error",
    ) -> None:
        self.found.append(Problem(code, message, span, label, tuple(related), tuple(advice), severity))

    @property
    def has_errors(self) -> bool:
        return any(problem.severity == "error" for problem in self.found)

    def raise_errors(self) -> None:
        """Raise ConfigError with everything found so far if any of it is an error."""
        if self.has_errors:
            raise ConfigError(self.found)


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The problems sorted by position, each once."""
    return tuple(sorted(dict.fromkeys(problems), key=lambda problem: problem.position))


def did_you_mean(word: str, allowed: Iterable[str]) -> tuple[str, ...]:
    """Help lines for a word that is not one of `allowed`: the nearest one, and all of them when they are few."""
    choices = list(allowed)
    near = difflib.get_close_matches(word.lower(), [choice.lower() for choice in choices], n=1, cutoff=0.6)
    near = near or [choice.lower() for choice in choices if word and choice.lower().startswith(word.lower())][:1]
    lines = [f"did you mean `{choice}`?" for choice in choices if near and choice.lower() == near[0]][:1]
    if choices and len(choices) <= 12:
        lines.append("allowed: " + ", ".join(f"`{choice}`" for choice in choices))
    return tuple(lines)


def resembles(word: str, others: Iterable[str]) -> bool:
    """Whether a word can be meant by one of these, whatever they have of capitals, spaces and signs."""
    plain = [re.sub(r"[\W_]+", "-", other.lower()).strip("-") for other in (word, *others)]
    return bool(difflib.get_close_matches(plain[0], plain[1:], n=1, cutoff=0.6))


def count(number: int, noun: str, plural: str = "") -> str:
    """`1 error`, `2 errors`."""
    return f"{number} {noun}" if number == 1 else f"{number} {plural or noun + 's'}"


def summary(problems: Sequence[Problem]) -> str:
    """`2 errors, 1 warning`, or `` when there is nothing."""
    errors = sum(problem.severity == "error" for problem in problems)
    warnings = len(problems) - errors
    return ", ".join(count(n, noun) for n, noun in ((errors, "error"), (warnings, "warning")) if n)


def render(problems: Iterable[Problem], *, color: bool = False) -> str:
    """All problems as text, sorted by position, with a count at the end."""
    ordered = in_order(problems)
    blocks = [_block(problem, color) for problem in ordered]
    return "\n\n".join([*blocks, summary(ordered)])


def visible(text: str) -> str:
    """The text with a sign for each character that a terminal would obey or hide (escapes, bidirectional marks)."""
    if text.isprintable():
        return text
    return "".join(char if char == "\t" or unicodedata.category(char)[0] != "C" else "�" for char in text)


def _paint(text: str, what: str, color: bool) -> str:
    return f"\x1b[{_CODES[what]}m{text}\x1b[0m" if color else text


def _block(problem: Problem, color: bool) -> str:
    head = _paint(f"{problem.severity}[{problem.code}]", problem.severity, color)
    lines = [f"{head}: {_paint(visible(problem.message), 'bold', color)}"]
    places = [Related(problem.span, problem.label)] if problem.span else []
    places += problem.related
    gutter = len(str(max((place.span.line + 1 for place in places), default=0)))
    for number, place in enumerate(places):
        lines += _excerpt(place, gutter, problem.severity if number == 0 else "frame", color)
    edge = " " * gutter + " " + _paint("=", "frame", color)
    lines += [f"{edge} {_paint('help', 'help', color)}: {visible(line)}" for line in problem.advice]
    return "\n".join(lines)


def _excerpt(place: Related, gutter: int, mark: str, color: bool) -> list[str]:
    span = place.span
    bar = " " * gutter + " " + _paint("|", "frame", color)
    lines = [" " * gutter + _paint("-->", "frame", color) + f" {span}"]
    if span.line >= len(span.source.lines):
        return lines
    text = span.source.lines[span.line]
    until = span.end_column if span.end_line == span.line else len(text.rstrip())
    text = visible(text)
    carets = _paint("^" * max(1, width(text[span.column : until])), mark, color)
    # A tab under a tab keeps the carets below what they point at.
    indent = "".join("\t" if char == "\t" else " " * width(char) for char in text[: span.column])
    number = _paint(f"{span.line + 1:>{gutter}} |", "frame", color)
    return [*lines, bar, f"{number} {text}".rstrip(), f"{bar} {indent}{carets} {visible(place.label)}".rstrip()]
