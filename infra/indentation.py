"""Keys in a column of their own, the commonest mistake in YAML, which its parser reports as something else."""

from __future__ import annotations

import re
from dataclasses import dataclass

from infra.problems import Problem, Related, Source, Span

_KEY = re.compile(r" *(?:- +)*(?P<key>[^\s:#-][^\s:#]*):(?: |$)")


@dataclass(frozen=True)
class _Key:
    """A key at the start of a line, after the dashes of a list."""

    name: str
    span: Span
    alone: bool

    @property
    def column(self) -> str:
        return f"column {self.span.column + 1}"


def indented_too_far(source: Source, line: int, column: int) -> Problem | None:
    """The problem of a key below one that has a value on its line; None where `column` is not the end of such a key."""
    key = _key(source, line)
    above = next((one for one in _above(source, line) if key and one.span.column < key.span.column), None)
    if key is None or key.span.end_column != column or above is None or above.alone:
        return None
    label = f"`{above.name}` has a value already, so nothing can stand below it"
    advice = (f"keys of one mapping start in the same column; here it is {above.column}",)
    return Problem(
        "yaml-syntax",
        f"`{key.name}` is indented too far",
        key.span,
        related=(Related(above.span, label),),
        advice=advice,
    )


def in_no_column(source: Source, line: int, column: int, outer: int) -> Problem | None:
    """The problem of a key in a column where none around it starts; None where `column` is not where a key starts.

    `outer` is the column of the mapping in which the parser looked for a key.
    """
    key = _key(source, line)
    if key is None or key.span.column != column:
        return None
    nearer: _Key | None = None
    for above in _above(source, line):
        if above.span.column <= outer:
            around = ((nearer, "below"), (above, "beside"))
            related = tuple(
                Related(one.span, f"what stands {where} `{above.name}` starts in {one.column}")
                for one, where in around
                if one is not None
            )
            message = f"`{key.name}` starts in {key.column}, which fits nothing around it"
            advice = ("keys of one mapping start in the same column",)
            return Problem("yaml-syntax", message, key.span, related=related, advice=advice)
        nearer = above
    return None


def _above(source: Source, line: int) -> list[_Key]:
    """The keys that start the lines before this one, the nearest first."""
    return [found for number in reversed(range(line)) if (found := _key(source, number))]


def _key(source: Source, line: int) -> _Key | None:
    found = _KEY.match(source.lines[line])
    if found is None:
        return None
    rest = source.lines[line][found.end() :].strip()
    span = Span(source, line, found.start("key"), line, found.end("key"))
    return _Key(found["key"], span, not rest or rest.startswith("#"))
