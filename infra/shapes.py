"""Shapes: how a node becomes a typed value, what is said when it does not fit, and its JSON Schema for editors.

A record is a frozen dataclass whose fields are declared with `key(shape, doc)`; this one declaration decodes, documents
and describes. The schema stays in the draft-07 subset that every editor's YAML server reads.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Generic, Protocol, TypeVar, cast

from infra.extents import lines, lines_of_span, value_of
from infra.problems import Problems, Span, did_you_mean
from infra.source import Node, Scalar, Sequence

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
JsonSchema = dict[str, object]


class Bad:
    """The answer of a decoder that has recorded a problem."""


BAD = Bad()


class Word(str):
    """Text that knows where it was written."""

    __slots__ = ("span",)
    span: Span

    @staticmethod
    def at(text: str, span: Span) -> Word:
        word = Word(text)
        word.span = span
        return word


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Where a record stands: itself, and the value of each key that was written. `node` is all of it."""

    span: Span
    keys: MappingOf[str, Span]
    node: Node | None = None

    def __getitem__(self, key: str) -> Span:
        """The span of a key's value, or of the whole record when the key was left out."""
        return self.keys.get(key, self.span)

    def lines(self, key: str | None = None) -> frozenset[int]:
        """The numbers, from 0, of all lines that it is written on, or that one key is with its value."""
        if self.node is None:
            return frozenset(lines_of_span(self[key or ""]))
        return lines(self.node if key is None else value_of(self.node, key))


class Shape(Protocol[T_co]):
    """Decode a node, or record problems and answer BAD."""

    def decode(self, node: Node, problems: Problems) -> T_co | Bad: ...

    def schema(self) -> JsonSchema: ...


def wrong(node: Node, expected: str, problems: Problems, *advice: str) -> Bad:
    """Record that another kind of value is wanted here."""
    found = f"{node.kind} `{node.text}`" if isinstance(node, Scalar) and node.text else node.kind
    start = node.span._replace(end_line=node.span.line, end_column=node.span.column + 1)
    span = node.span if isinstance(node, Scalar) else start
    problems.add("wrong-type", f"expected {expected}, found {found}", span, advice=advice)
    return BAD


@dataclass(frozen=True)
class Text:
    """Text of a given form. `form` names the form in messages; `pattern` must match all of it."""

    form: str = "text"
    pattern: str = r"(?s).*\S.*"
    example: str = ""
    most: int = 1000

    def decode(self, node: Node, problems: Problems) -> Word | Bad:
        kind = node.kind
        if not isinstance(node, Scalar) or kind == "nothing":
            return wrong(node, self.form, problems)
        if kind != "text":
            quoted = f'write it in quotes to make it text: "{node.text}"'
            advised = quoted if self.fits(node.text) else f"for example `{self.example}`"
            return wrong(node, self.form, problems, advised)
        if not self.fits(node.text):
            problems.add("bad-format", f"`{node.text}` is not {self.form}", node.span, advice=self._meant(node))
            return BAD
        if len(node.text) > self.most:
            problems.add("too-long", f"{len(node.text)} characters where {self.most} are possible", node.span)
            return BAD
        return Word.at(node.text, node.span)

    def _meant(self, node: Scalar) -> tuple[str, ...]:
        if node.plain and node.span.end_line > node.span.line:
            return ("the line below is indented further, so it is a part of this value",)
        other = next((text for text in (node.text.lower(), node.text.upper()) if self.fits(text)), "")
        return (f"did you mean `{other}`?",) if other else (f"for example `{self.example}`",) if self.example else ()

    def fits(self, text: str) -> bool:
        return _fits(self.pattern, text)

    def schema(self) -> JsonSchema:
        # Editors evaluate patterns as ECMAScript, which has no inline flags.
        plain = not self.pattern.startswith("(?")
        return {"type": "string", **({"pattern": f"^(?:{self.pattern})$"} if plain else {"minLength": 1})}


@cache
def _fits(pattern: str, text: str) -> bool:
    """Remembered, because a few words make up most of a file."""
    return re.fullmatch(pattern, text) is not None


@dataclass(frozen=True)
class OneOf:
    """One of a few words."""

    words: tuple[str, ...]

    def decode(self, node: Node, problems: Problems) -> Word | Bad:
        if not isinstance(node, Scalar):
            return wrong(node, "one of " + ", ".join(f"`{word}`" for word in self.words), problems)
        if node.text not in self.words:
            message = f"`{node.text}` is not a possible value"
            problems.add("unknown-value", message, node.span, advice=did_you_mean(node.text, self.words))
            return BAD
        return Word.at(node.text, node.span)

    def schema(self) -> JsonSchema:
        return {"enum": list(self.words)}


@dataclass(frozen=True)
class Flag:
    """`true` or `false`, as YAML 1.2 writes them."""

    def decode(self, node: Node, problems: Problems) -> bool | Bad:
        if isinstance(node, Scalar) and node.kind == "a flag":
            return node.text.lower() == "true"
        return wrong(node, "`true` or `false`", problems)

    def schema(self) -> JsonSchema:
        return {"type": "boolean"}


@dataclass(frozen=True)
class Whole:
    """A whole number between two others, both inclusive."""

    least: int
    most: int

    def decode(self, node: Node, problems: Problems) -> int | Bad:
        if isinstance(node, Scalar) and node.plain and re.fullmatch(r"0|[1-9][0-9]{0,8}", node.text):
            number = int(node.text)
            if self.least <= number <= self.most:
                return number
            message = f"`{node.text}` is not between {self.least} and {self.most}"
            problems.add("out-of-range", message, node.span)
            return BAD
        return wrong(node, f"a whole number from {self.least} to {self.most}", problems)

    def schema(self) -> JsonSchema:
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


@dataclass(frozen=True)
class Day:
    """A calendar day, `YYYY-MM-DD`."""

    def decode(self, node: Node, problems: Problems) -> date | Bad:
        if isinstance(node, Scalar) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", node.text):
            try:
                return date.fromisoformat(node.text)
            except ValueError:
                problems.add("bad-format", f"there is no day `{node.text}`", node.span)
                return BAD
        return wrong(node, "a day such as `2027-03-31`", problems)

    def schema(self) -> JsonSchema:
        return {"type": "string", "format": "date", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}


@dataclass(frozen=True)
class ListOf(Generic[T]):
    """A list; with `single`, one item may stand without the brackets. `empty` is what to do about a list of nothing."""

    item: Shape[T]
    single: bool = False
    empty: tuple[str, ...] = ("write at least one, or leave the key out",)

    def decode(self, node: Node, problems: Problems) -> tuple[T, ...] | Bad:
        if isinstance(node, Sequence):
            if not node.items:
                problems.add("empty-list", "this list is empty", node.span, advice=self.empty)
                return BAD
            decoded = [self.item.decode(item, problems) for item in node.items]
            return BAD if BAD in decoded else tuple(cast("list[T]", decoded))
        if self.single and not (isinstance(node, Scalar) and node.kind == "nothing"):
            one = self.item.decode(node, problems)
            return BAD if isinstance(one, Bad) else (one,)
        return self._not_a_list(node, problems)

    def _not_a_list(self, node: Node, problems: Problems) -> Bad:
        """Say how to make a list of it, if it would fit into one, and else what is wrong with it as well."""
        if isinstance(node, Scalar) and node.kind == "nothing":
            return wrong(node, "a list", problems, *self.empty)
        inside = Problems()
        self.item.decode(node, inside)
        flow = _flow(node)
        fix = f"write `[{flow}]`" if flow else "begin each entry with `- `"
        wrong(node, "a list", problems, *(() if flow and inside.found else (fix,)))
        problems.found += inside.found
        return BAD

    def schema(self) -> JsonSchema:
        many: JsonSchema = {"type": "array", "items": self.item.schema(), "minItems": 1}
        return {"anyOf": [self.item.schema(), many]} if self.single else many


def _flow(node: Node) -> str:
    """What is written, if it can stand between brackets as it is."""
    span = node.span
    text = span.source.lines[span.line][span.column : span.end_column] if span.line == span.end_line else ""
    plain = isinstance(node, Scalar) and node.plain
    return text if not (plain and set(text) & set(",[]{}")) and (plain or text[:1] in "'\"{") else ""
