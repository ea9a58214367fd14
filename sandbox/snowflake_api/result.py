"""What a statement answers: typed columns and rows of text, as the wire carries them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Cell = str | None
SELECT = 4096
"""The statement type of a query; drivers read rows of it in another way than those of commands."""
_LONGEST_TEXT = 16777216


@dataclass(frozen=True)
class Column:
    """Types are those of the wire: text, fixed, real, boolean, timestamp_ltz, variant, object, array."""

    name: str
    type: str = "text"
    scale: int = 0

    def described(self) -> dict[str, Any]:
        """The entry of `rowtype`."""
        text = self.type == "text"
        fixed = self.type == "fixed"
        return {
            "name": self.name,
            "database": "",
            "schema": "",
            "table": "",
            "type": self.type,
            "nullable": True,
            "length": _LONGEST_TEXT if text else None,
            "byteLength": _LONGEST_TEXT if text else None,
            "precision": 38 if fixed else 0 if self.type.startswith("timestamp") else None,
            "scale": 9 if self.type.startswith("timestamp") else self.scale if fixed else None,
            "collation": None,
        }


@dataclass(frozen=True)
class Result:
    """`transfer` is what a driver needs to upload or download files; then there are no rows."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    statement_type: int | None = None
    transfer: Mapping[str, Any] = field(default_factory=dict)


def columns(text: str) -> tuple[Column, ...]:
    """Columns from words: `name`, or `name:type` where it is no text."""
    pairs = (word.partition(":") for word in text.split())
    return tuple(Column(name, kind or "text") for name, _, kind in pairs)


def table(shape: tuple[Column, ...], rows: Iterable[Iterable[object]]) -> Result:
    """Rows of Python values under these columns."""
    kinds = [one.type for one in shape]
    return Result(shape, tuple(tuple(map(cell, row, kinds)) for row in rows))


def status(message: str = "Statement executed successfully.") -> Result:
    """What most commands answer."""
    return Result((Column("status"),), ((message,),))


def cell(value: object, kind: str = "text") -> Cell:
    """Every cell is a text: flags `1` and `0`, moments in seconds since 1970 with nine decimals.

    In a column of texts a flag is `true` or `false`.
    """
    if value is None:
        return None
    if isinstance(value, bool):
        return str(int(value)) if kind == "boolean" else str(value).lower()
    return f"{value:.9f}" if isinstance(value, float) and kind.startswith("timestamp") else str(value)


def flag(value: bool) -> str:
    """`Y` or `N`, where SHOW has it so."""
    return "Y" if value else "N"
