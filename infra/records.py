"""Mappings: records, whose keys are ours, and tables, whose keys are the reader's.

A record is a frozen dataclass that is decoded by its own field declarations.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, Generic, Literal, TypeVar, cast

from infra.problems import Problems, Span, did_you_mean, resembles
from infra.shapes import BAD, Bad, JsonSchema, Place, Shape, Text, Word, wrong
from infra.source import Mapping, Node, Scalar, Sequence

T = TypeVar("T")


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _plain(name: str) -> str:
    return name.removesuffix("_")


def _as_help(doc: str) -> str:
    """A sentence in the form of messages: lower case, no full stop."""
    return doc[:1].lower() + doc[1:].removesuffix(".")


def key(shape: Shape[object], doc: str, *, required: bool = False, default: object = None, apart: bool = False) -> Any:
    """Declare a field of a record. `doc` is shown by editors and in docs/apps-yaml.md.

    Where a required name is missing that stands `apart`, which no check of the others needs, they are still looked at.

    It returns `dataclasses.field(...)`, hence `Any`: the annotation beside it is what type checkers see.
    """
    metadata = {"shape": shape, "doc": doc, "required": required, "apart": apart}
    if isinstance(default, Table):
        return dataclasses.field(kw_only=True, default_factory=Table, metadata=metadata)
    return dataclasses.field(kw_only=True, default=default, metadata=metadata)


@dataclass(frozen=True)
class Record(Generic[T]):
    """The shape of a dataclass whose first field is `at: Place`. Unknown keys are errors everywhere.

    A `partial` record survives bad fields with their defaults, so that the rest of a file is still looked at.
    With `camel`, keys are spelled `likeThis`, as Pulumi's configuration does; `prefix` is shown before them.
    """

    kind: type[T]
    partial: bool = False
    camel: bool = False
    prefix: str = ""

    @cached_property
    def fields(self) -> dict[str, dataclasses.Field[object]]:
        declared = dataclasses.fields(cast("Any", self.kind))
        # `except` and its like are words of Python, so their fields end in `_`.
        spell = _camel if self.camel else _plain
        return {spell(field.name): field for field in declared if "shape" in field.metadata}

    @cached_property
    def _required(self) -> frozenset[str]:
        return frozenset(name for name, field in self.fields.items() if field.metadata["required"])

    def decode(self, node: Node, problems: Problems) -> T | Bad:
        if not isinstance(node, Mapping):
            return wrong(node, "a mapping with " + ", ".join(f"`{name}`" for name in self.fields), problems)
        spans: dict[str, Span] = {}
        good: dict[str, object] = {}
        bad: list[dataclasses.Field[object]] = []
        unknown = False
        for name, value in node.entries:
            spans[name.text] = value.span if isinstance(value, Scalar) else name.span
            field = self.fields.get(name.text)
            if field is None:
                unknown = True
                self._unknown(name, node, problems)
                continue
            decoded = field.metadata["shape"].decode(value, problems)
            if isinstance(decoded, Bad):
                bad.append(field)
            else:
                good[field.name] = decoded
        if not self._required <= spans.keys():
            missing = self._missing(node, problems)
            bad += [field for field in missing if not field.metadata["apart"]]
            good |= {field.name: Word.at("", node.span) for field in missing if field.metadata["apart"]}
        if not self.partial and (bad or unknown):
            return BAD
        # A bad field keeps its default, but a table says that it could not be read.
        good |= {field.name: Table(readable=False) for field in bad if field.default_factory is Table}
        start = node.entries[0][0].span if node.entries else node.span
        return self.kind(Place(start, spans, node), **good)  # type: ignore[call-arg]  # `at` comes first

    def _missing(self, node: Mapping, problems: Problems) -> list[dataclasses.Field[object]]:
        """The required fields that are not there, each reported."""
        written = {name.text for name, _ in node.entries}
        missing = [name for name in self.fields if name in self._required and name not in written]
        span = node.entries[0][0].span if node.entries else node.span
        for name in missing:
            problems.add(
                "missing-key",
                f"`{self.prefix}{name}` is missing",
                span,
                label=f"this needs `{self.prefix}{name}`",
                advice=(f"`{self.prefix}{name}`: {_as_help(self.fields[name].metadata['doc'])}",),
            )
        return [self.fields[name] for name in missing]

    def _unknown(self, name: Scalar, node: Mapping, problems: Problems) -> None:
        written = {written.text for written, _ in node.entries}
        free = [f"{self.prefix}{known}" for known in self.fields if known not in written]
        problems.add(
            "unknown-key",
            f"`{self.prefix}{name.text}` is not a key here",
            name.span,
            advice=did_you_mean(f"{self.prefix}{name.text}", free),
        )

    def schema(self) -> JsonSchema:
        properties = {
            name: {"description": field.metadata["doc"], **field.metadata["shape"].schema()}
            for name, field in self.fields.items()
        }
        required = [name for name, field in self.fields.items() if field.metadata["required"]]
        schema: JsonSchema = {"type": "object", "additionalProperties": False, "properties": properties}
        return schema | ({"required": required} if required else {})


class Table(dict[str, T]):
    """Entries by name, in the order in which they are written. Keys are `Word`s.

    `declared` also holds the names whose entries could not be decoded, so that one mistake is not reported again as
    an unknown name wherever the entry is referred to. For the same reason whatever resembles a name of a wrong form
    (`misnamed`) may be that entry. A table that could not be read at all is not `readable`.
    """

    def __init__(
        self,
        entries: MappingOf[str, T] = MappingProxyType({}),
        declared: tuple[Word, ...] = (),
        readable: bool = True,
        misnamed: tuple[str, ...] = (),
    ) -> None:
        super().__init__(entries)
        self.declared: dict[str, Span] = {str(word): word.span for word in declared}
        self.readable = readable
        self.misnamed = misnamed

    @property
    def is_whole(self) -> bool:
        """Whether every entry could be read."""
        return self.readable and not self.misnamed and len(self) == len(self.declared)

    def lacks(self, name: str) -> bool:
        """Whether a name is certainly not declared."""
        return self.readable and name not in self.declared and not resembles(name, self.misnamed)


Noun = Literal["app", "department", "machine", "device", "provider"]


def check_declared(what: Noun, word: Word, table: Table[Any], problems: Problems) -> None:
    """Report a name that its table does not declare, with what it could have meant; a missing one has been reported."""
    if word and table.lacks(word):
        label = f"not under `{what}s`" if table.declared or table.misnamed else f"nothing is declared under `{what}s`"
        advice = did_you_mean(word, table.declared)
        problems.add(f"unknown-{what}", f"{what} `{word}` is not declared", word.span, label=label, advice=advice)


@dataclass(frozen=True)
class MapOf(Generic[T]):
    """A mapping whose keys are names of the reader's choice."""

    key: Text
    value: Shape[T]

    def decode(self, node: Node, problems: Problems) -> Table[T] | Bad:
        if not isinstance(node, Mapping):
            advice = ("write `name:` instead of `- name`",) if isinstance(node, Sequence) else ()
            return wrong(node, "a mapping of names", problems, *advice)
        decoded: dict[str, T] = {}
        declared: list[Word] = []
        misnamed: list[str] = []
        for key, value in node.entries:
            name, entry = self.key.decode(key, problems), self.value.decode(value, problems)
            if isinstance(name, Bad):
                misnamed.append(key.text)
                continue
            declared.append(name)
            if not isinstance(entry, Bad):
                decoded[name] = entry
        return Table(decoded, tuple(declared), misnamed=tuple(misnamed))

    def schema(self) -> JsonSchema:
        names = self.key.schema()
        return {"type": "object", "propertyNames": names, "additionalProperties": self.value.schema()}
