"""Formulas: what is said about attributes, before anything is decided.

An attribute takes one of infinitely many values, of which a formula names some. What it does not name is one class,
"anything else"; a flag is an attribute whose only named value is `yes`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

Attribute = tuple[str, ...]
"""A kind, such as `country`, and what tells attributes of one kind apart, such as the name of a group."""


@dataclass(frozen=True, slots=True)
class Is:
    """The attribute has one of these named values."""

    attribute: Attribute
    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Formula


@dataclass(frozen=True, slots=True)
class Every:
    """All parts hold; without a part it always does."""

    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """One of the parts holds; without a part none does."""

    parts: tuple[Formula, ...]


Formula = Is | Not | Every | Some

ALWAYS = Every(())
NEVER = Some(())


def attributes(formula: Formula) -> Iterator[Is]:
    """Every statement about an attribute that occurs in a formula."""
    waiting: list[Formula] = [formula]
    while waiting:
        match waiting.pop():
            case Is() as one:
                yield one
            case Not(part):
                waiting.append(part)
            case Every(parts) | Some(parts):
                waiting += parts
