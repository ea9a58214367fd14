"""Mappings: records, whose keys are ours, and tables, whose keys are the reader's.

A record is a frozen dataclass that is decoded by its own field declarations.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, Generic, TypeVar, cast

from infra.problems import Problems, Span, did_you_mean
from infra.shapes import BAD, Bad, JsonSchema, Place, Shape, Text, Word, wrong
from infra.source import Mapping, Node, Scalar

T = TypeVar("T")


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def key(shape: Shape[object], doc: str, *, required: bool = False, default: object = None) -> Any:
    """Declare a field of a record. `doc` is shown by editors and in docs/apps-yaml.md.

    It returns `dataclasses.field(...)`, hence `Any`: the annotation beside it is what type checkers see.
    """
    metadata = {"shape": shape, "doc": doc, "required": required}
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
        spell = _camel if self.camel else str
        return {spell(field.name): field for field in declared if "shape" in field.metadata}

    def decode(self, node: Node, problems: Problems) -> T | Bad:
        if not isinstance(node, Mapping):
            return wrong(node, "a mapping with " + ", ".join(f"`{name}`" for name in self.fields), problems)
        values: dict[str, object] = {}
        bad = self._missing(node, problems)
        for name, value in node.entries:
            field = self.fields.get(name.text)
            if field is None:
                self._unknown(name, node, problems)
            else:
                values[name.text] = field.metadata["shape"].decode(value, problems)
            bad = bad or isinstance(values.get(name.text, BAD), Bad)
        if bad and not self.partial:
            return BAD
        values = {self.fields[name].name: value for name, value in values.items() if not isinstance(value, Bad)}
        start = node.entries[0][0].span if node.entries else node.span
        spans = {name.text: value.span if isinstance(value, Scalar) else name.span for name, value in node.entries}
        return self.kind(Place(start, spans), **values)  # type: ignore[call-arg]  # every record starts with `at`

    def _missing(self, node: Mapping, problems: Problems) -> bool:
        written = {name.text for name, _ in node.entries}
        missing = [name for name, field in self.fields.items() if field.metadata["required"] and name not in written]
        span = node.entries[0][0].span if node.entries else node.span
        for name in missing:
            doc = str(self.fields[name].metadata["doc"])
            problems.add(
                "missing-key",
                f"`{self.prefix}{name}` is missing",
                span,
                label=f"this needs `{self.prefix}{name}`",
                advice=(doc,),
            )
        return bool(missing)

    def _unknown(self, name: Scalar, node: Mapping, problems: Problems) -> None:
        written = {written.text for written, _ in node.entries}
        free = [known for known in self.fields if known not in written]
        problems.add(
            "unknown-key",
            f"`{self.prefix}{name.text}` is not a key here",
            name.span,
            advice=did_you_mean(name.text, free),
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
    an unknown name wherever the entry is referred to.
    """

    def __init__(self, entries: MappingOf[str, T] = MappingProxyType({}), declared: tuple[Word, ...] = ()) -> None:
        super().__init__(entries)
        self.declared: dict[str, Span] = {str(word): word.span for word in declared}


@dataclass(frozen=True)
class MapOf(Generic[T]):
    """A mapping whose keys are names of the reader's choice."""

    key: Text
    value: Shape[T]

    def decode(self, node: Node, problems: Problems) -> Table[T] | Bad:
        if not isinstance(node, Mapping):
            return wrong(node, "a mapping", problems)
        decoded: dict[str, T] = {}
        declared: list[Word] = []
        for key, value in node.entries:
            name, entry = self.key.decode(key, problems), self.value.decode(value, problems)
            if isinstance(name, Bad):
                continue
            declared.append(name)
            if not isinstance(entry, Bad):
                decoded[name] = entry
        return Table(decoded, tuple(declared))

    def schema(self) -> JsonSchema:
        names = self.key.schema()
        return {"type": "object", "propertyNames": names, "additionalProperties": self.value.schema()}
