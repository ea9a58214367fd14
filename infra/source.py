"""YAML text to nodes that know where they stand.

PyYAML scans and parses; this module builds the nodes from its events, so that every value keeps its place and its raw
text, no scalar is guessed at (`NO`, `010`, `12:30`), and hostile input is refused before it costs anything:
duplicate keys, aliases that multiply, deep nesting, several documents, tags and merge keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple, cast

import yaml

from infra.problems import Problems, Related, Source, Span
from infra.syntax import hidden_characters, lines_of, syntax_problem

MAX_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 32
MAX_ALIASED_NODES = 10_000

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# The scalars of the YAML 1.2 core schema that are not text (yaml.org/spec/1.2.2, section 10.3.2).
_KINDS = (
    ("nothing", re.compile(r"(~|null|Null|NULL|)\Z")),
    ("a flag", re.compile(r"(true|True|TRUE|false|False|FALSE)\Z")),
    ("a number", re.compile(r"([-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)\Z")),
    ("a number", re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")),
    ("a number", re.compile(r"([-+]?(\.inf|\.Inf|\.INF)|\.nan|\.NaN|\.NAN)\Z")),
)
_NOT_TEXT = frozenset(["", *"~nNtTfF+-.0123456789"])  # how those scalars can begin; most words begin otherwise


@cache
def _kind(text: str) -> str:
    return next((kind for kind, pattern in _KINDS if pattern.match(text)), "text")


class Scalar(NamedTuple):
    """A single value as written; `plain` means without quotes. A tuple for the same reason as Span."""

    span: Span
    text: str
    plain: bool

    @property
    def kind(self) -> str:
        """What YAML 1.2 takes it for: `text`, `a number`, `a flag` or `nothing`."""
        if not self.plain or self.text[:1] not in _NOT_TEXT:
            return "text"
        return _kind(self.text)


class Sequence(NamedTuple):
    """A list."""

    span: Span
    items: tuple[Node, ...]
    kind: str = "a list"


class Mapping(NamedTuple):
    """Keys and values in the order of the file; every key occurs once."""

    span: Span
    entries: tuple[tuple[Scalar, Node], ...]
    kind: str = "a mapping"


Node = Scalar | Sequence | Mapping


@dataclass(slots=True)
class _Open:
    """A collection whose end has not been read yet; `size` counts the nodes in it."""

    event: yaml.CollectionStartEvent
    children: list[Node]
    size: int = 1


class _Refused(Exception):  # noqa: N818 - a signal to stop reading, not an error of its own
    """Reading stops here; the problem has been recorded."""


def read_text(path: Path, name: str, problems: Problems) -> str | None:
    """The text of a file, or None with a problem recorded."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        problems.add("missing-file", f"there is no file `{name}`", advice=("run the command in the project's folder",))
        return None
    except OSError as error:
        problems.add("missing-file", f"`{name}` cannot be read: {(error.strerror or 'no reason given').lower()}")
        return None
    if len(content) > MAX_BYTES:
        problems.add("too-large", f"`{name}` has {len(content):,} bytes, more than {MAX_BYTES:,}")
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        source = Source(name, lines_of(content.decode("utf-8-sig", "replace")))
        before = lines_of(content[: error.start].decode("utf-8-sig", "replace"))
        line, column = len(before) - 1, len(before[-1])
        span = Span(source, line, column, line, column + 1)
        advice = ("save the file as UTF-8",)
        problems.add("not-utf-8", f"the byte 0x{content[error.start]:02X} is not UTF-8", span, advice=advice)
        return None


def parse(text: str, name: str, problems: Problems) -> Node | None:
    """The root node of a YAML text, or None for an empty text or one that had to be refused."""
    source = Source(name, lines_of(text))
    problems.found += hidden_characters(text, source)
    try:
        return _Builder(source, problems).build(iter(_Loader(text).get_event, None))
    except _Refused:
        return None
    except yaml.YAMLError as error:
        problems.found.append(syntax_problem(error, text, source))
        return None


class _Builder:
    def __init__(self, source: Source, problems: Problems) -> None:
        self.source = source
        self.problems = problems
        self.anchors: dict[str, tuple[Node, int]] = {}
        self.aliased = 0

    def build(self, events: Iterator[yaml.Event]) -> Node | None:
        """Walk the events with a stack of our own: nesting cannot exhaust Python's."""
        stack: list[_Open] = []
        root: Node | None = None
        for event in events:
            node: Node
            size = 1
            if isinstance(event, yaml.ScalarEvent):
                node, anchor = self.scalar(event), event.anchor
            elif isinstance(event, yaml.CollectionStartEvent):
                self.open(event, stack)
                continue
            elif isinstance(event, yaml.CollectionEndEvent):
                opened = stack.pop()
                node, size, anchor = self.collection(opened, event), opened.size, opened.event.anchor
            elif isinstance(event, yaml.AliasEvent):
                node, size = self.alias(event)
                anchor = None
            elif root is not None and isinstance(event, yaml.DocumentStartEvent):
                advice = "write everything into one document, and remove this line"
                self.refuse("unsupported-yaml", "a second YAML document starts here", event, advice)
            else:
                continue
            if anchor:
                self.anchors[anchor] = node, size
            if stack:
                stack[-1].children.append(node)
                stack[-1].size += size
            else:
                root = node
        return None if isinstance(root, Scalar) and root.kind == "nothing" else root

    def open(self, event: yaml.CollectionStartEvent, stack: list[_Open]) -> None:
        self.check_tag(event)
        stack.append(_Open(event, []))
        if len(stack) > MAX_DEPTH:
            self.refuse("too-deep", f"nested more than {MAX_DEPTH} levels deep", event)

    def span(self, event: yaml.Event, end: yaml.Event | None = None) -> Span:
        # Events of a parser always carry marks; only hand-made ones lack them, hence the type.
        start: yaml.Mark = event.start_mark  # type: ignore[assignment]
        stop: yaml.Mark = (end or event).end_mark  # type: ignore[assignment]
        return Span(self.source, start.line, start.column, stop.line, stop.column)

    def refuse(self, code: str, message: str, event: yaml.Event, *advice: str) -> None:
        self.problems.add(code, message, self.span(event), advice=advice)
        raise _Refused

    def check_tag(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        if event.tag is not None and event.tag != "!":
            self.refuse("unsupported-yaml", f"the tag `{event.tag}` has no meaning here", event, "remove the tag")

    def scalar(self, event: yaml.ScalarEvent) -> Scalar:
        self.check_tag(event)
        return Scalar(self.span(event), event.value, not event.style)

    def alias(self, event: yaml.AliasEvent) -> tuple[Node, int]:
        name = str(event.anchor)
        if name not in self.anchors:
            message = f"`*{name}` points into itself or at nothing above it"
            self.refuse("unsupported-yaml", message, event, "write out what it should stand for")
        node, size = self.anchors[name]
        self.aliased += size
        if self.aliased > MAX_ALIASED_NODES:
            message = f"aliases stand for more than {MAX_ALIASED_NODES:,} values"
            self.refuse("too-many-aliases", message, event, "write out what they should stand for")
        return node, size

    def collection(self, opened: _Open, end: yaml.Event) -> Node:
        if isinstance(opened.event, yaml.SequenceStartEvent):
            return Sequence(self.span(opened.event, end), tuple(opened.children))
        keys, values = opened.children[::2], opened.children[1::2]
        if len({key.text for key in keys if isinstance(key, Scalar) and key.text != "<<"}) == len(keys):
            return Mapping(self.span(opened.event, end), tuple(zip(cast("list[Scalar]", keys), values, strict=True)))
        entries: list[tuple[Scalar, Node]] = []
        first: dict[str, Scalar] = {}
        merged: list[tuple[Scalar, Node]] = []
        for key, value in zip(keys, values, strict=True):
            if not isinstance(key, Scalar):
                advice = ("write `key: value`",)
                self.problems.add("unsupported-yaml", "a key must be a single word", key.span, advice=advice)
            elif key.text == "<<" and key.plain:
                merged += value.entries if isinstance(value, Mapping) else ()
                advice = ("write the keys out, so that a reviewer sees them",)
                self.problems.add("unsupported-yaml", "merge keys are not part of YAML 1.2", key.span, advice=advice)
            elif key.text in first:
                self.problems.add(
                    "duplicate-key",
                    f"`{key.text}` is written twice",
                    key.span,
                    label="again here",
                    related=(Related(first[key.text].span, "first here"),),
                    advice=("YAML would silently keep the last one; remove or rename one of them",),
                )
            else:
                first[key.text] = key
                entries.append((key, value))
        # A refused merge still counts as written, so that its keys are not reported as missing.
        entries += [(key, value) for key, value in merged if key.text not in first]
        return Mapping(self.span(opened.event, end), tuple(entries))
