"""Answers of SHOW and DESCRIBE as the official provider stores them, in the forms that Go gives them."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sandbox.plugins.snowflake import names
from sandbox.plugins.values import Properties

Row = Mapping[str, object]
NEVER = "0001-01-01 00:00:00 +0000 UTC"
"""Go's word for a time that is not set."""


def go_time(value: object) -> str:
    """A time as Go prints it, e.g. `2026-11-22 08:44:08 +0000 UTC`."""
    if not isinstance(value, datetime.datetime):
        return text(value)
    return f"{value:%Y-%m-%d %H:%M:%S}{_fraction(value)} {value:%z} {value.tzname()}"


def rfc_time(value: object) -> str:
    """A time as Go turns one into text on its own, e.g. `2026-11-22T08:44:08Z`."""
    if not isinstance(value, datetime.datetime):
        return text(value)
    offset = re.sub(r"(\d\d)(\d\d)$", r"\1:\2", f"{value:%z}")
    return f"{value:%Y-%m-%dT%H:%M:%S}{_fraction(value)}{'Z' if offset in ('', '+00:00') else offset}"


def text(value: object) -> str:
    """A cell as text; NULL is none."""
    return "" if value is None else str(value)


def cell(value: object) -> str:
    """A cell of any type in the words of a statement's answer."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return f"{value:%Y-%m-%d} 00:00:00 +0000 UTC"
    return go_time(value)


def number(value: object) -> int:
    """A whole number; NULL is 0."""
    return int(text(value) or 0)


def share(value: object) -> float:
    """A number with a fraction; nothing is 0."""
    return float(text(value).strip() or 0)


def truth(value: object) -> bool:
    """A boolean, also as `Y` or `true`."""
    return value is True or text(value).lower() in ("true", "y")


def items(value: object) -> list[str]:
    """`[a, "b,c"]`, with or without the brackets, as its items."""
    inner = text(value).removeprefix("[").removesuffix("]")
    return [item.strip() for item in re.findall(r'(?:"[^"]*"|[^,"])+', inner)] if inner else []


def item_set(value: object) -> list[str]:
    """The same where the order means nothing."""
    return sorted(set(items(value)))


def account_name(value: object) -> str:
    """The name of an account's object without quotes; `null` is none."""
    return "" if text(value) in ("", "null") else names.on_account(text(value))


def object_names(value: object) -> list[str]:
    """A list of names, quoted where they are names."""
    return [_qualified(item) for item in items(value)]


@dataclass(frozen=True)
class Column:
    """One column of an answer, and what becomes of it."""

    name: str
    output: str
    read: Callable[[object], object] = text


def columns(*plain: str, **others: Callable[[object], object]) -> tuple[Column, ...]:
    """Columns of text by their names, and columns of another kind with what reads them."""
    return tuple(Column(name, camel(name), others.get(name, text)) for name in (*plain, *others))


def stored(found: tuple[Column, ...], row: Row) -> Properties:
    """One row as the official provider stores it."""
    return {column.output: column.read(row.get(column.name)) for column in found}


def camel(name: str) -> str:
    """`created_on` → `createdOn`."""
    return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name)


def by_property(rows: list[Row], name: str = "property", value: str = "property_value") -> dict[str, str]:
    """An answer that has a row for each property."""
    return {text(row.get(name)): text(row.get(value)) for row in rows}


def _qualified(item: str) -> str:
    try:
        return names.qualified(item)
    except names.BadNameError:
        return item


def _fraction(value: datetime.datetime) -> str:
    return f".{value.microsecond:06}".rstrip("0") if value.microsecond else ""
