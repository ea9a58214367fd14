"""Which lines of a file a node stands on."""

from __future__ import annotations

from collections.abc import Iterator

from infra.problems import Span
from infra.source import Mapping, Node, Scalar, Sequence


def lines(node: Node) -> frozenset[int]:
    """The numbers, from 0, of all lines on which words of it stand, and of what aliases in it stand for."""
    return frozenset(line for word in _words(node) for line in lines_of_span(word.span))


def value_of(node: Node, key: str) -> Node:
    """A key with its value."""
    entries = node.entries if isinstance(node, Mapping) else ()
    return Mapping(node.span, tuple(entry for entry in entries if entry[0].text == key))


def lines_of_span(span: Span) -> range:
    """What ends at the start of a line does not reach into it."""
    return range(span.line, max(span.end_line + (span.end_column > 0), span.line + 1))


def _words(node: Node) -> Iterator[Scalar]:
    waiting = [node]
    while waiting:
        match waiting.pop():
            case Scalar() as one:
                yield one
            case Sequence(items=items):
                waiting += items
            case Mapping(entries=entries):
                waiting += [part for entry in entries for part in entry]
