"""Statements, spelled as the official provider spells them (pkg/sdk/sql_builder.go of terraform-provider-snowflake)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

_ESCAPES = str.maketrans(
    {
        "\\": "\\\\",
        "'": "\\'",
        '"': '\\"',
        "\b": "\\b",
        "\f": "\\f",
        "\n": "\\n",
        "\r": "\\r",
        "\t": "\\t",
        "\0": "\\0",
    }
)
MASK = "***"


@dataclass(frozen=True)
class Statement:
    """What is sent, and the values in it that nobody may read."""

    text: str = field(repr=False)
    hidden: tuple[str, ...] = field(default=(), repr=False)

    def masked(self, told: str) -> str:
        """A text about the statement, without the hidden values."""
        spellings = {spelling for value in self.hidden if value for spelling in (value, literal(value)[1:-1])}
        for spelling in sorted(spellings, key=len, reverse=True):
            told = told.replace(spelling, MASK)
        return told


def literal(value: object) -> str:
    """A text constant."""
    return f"'{str(value).translate(_ESCAPES)}'"


def brackets(items: Iterable[str]) -> str:
    """A list."""
    return f"({', '.join(items)})"


def literals(values: Iterable[object]) -> str:
    """A list of text constants."""
    return brackets(map(literal, values))


def flag(value: object) -> str:
    """A boolean: one, or the word for one."""
    return "true" if value is True or value == "true" else "false"


def words(*parts: str) -> str:
    """Parts of a statement that are there, with a space between."""
    return " ".join(part for part in parts if part)
