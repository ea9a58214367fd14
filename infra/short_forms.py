"""Shapes that can be written in a shorter way: `mfa` for `{mfa: true}`, a department for an entry of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from infra.problems import Problems
from infra.shapes import BAD, Bad, JsonSchema, Shape
from infra.source import Mapping, Node

T = TypeVar("T")


@dataclass(frozen=True)
class Either(Generic[T]):
    """Another shape for a mapping than for anything else, such as the short form of an access entry."""

    mapping: Shape[T]
    otherwise: Shape[T]

    def decode(self, node: Node, problems: Problems) -> T | Bad:
        return (self.mapping if isinstance(node, Mapping) else self.otherwise).decode(node, problems)

    def schema(self) -> JsonSchema:
        return {"anyOf": [self.otherwise.schema(), self.mapping.schema()]}


@dataclass(frozen=True)
class Converted(Generic[T]):
    """A shape whose value is built from another one's."""

    shape: Shape[object]
    convert: Callable[..., T]

    def decode(self, node: Node, problems: Problems) -> T | Bad:
        value = self.shape.decode(node, problems)
        return BAD if isinstance(value, Bad) else self.convert(value)

    def schema(self) -> JsonSchema:
        return self.shape.schema()
