"""Names of objects: read as the official provider reads them, written between double quotes."""

from __future__ import annotations

import csv

from sandbox.plugins.service import NothingDoneError


class BadNameError(NothingDoneError):
    """A text that is not the name of an object, or one that the official provider cannot work with."""


def parts(identifier: str) -> tuple[str, ...]:
    """`"APPS"."PUBLIC"."LEDGER"`, with or without the quotes, as its parts."""
    rows = [row for row in csv.reader([identifier], delimiter=".") if row]
    if len(rows) != 1 or not all(rows[0]):
        raise BadNameError(f"`{identifier}` is not the name of an object")
    if any('"' in part for part in rows[0]):
        raise BadNameError(
            f"unable to parse identifier: {identifier}, currently identifiers containing double quotes are not "
            "supported in the provider"
        )
    return tuple(rows[0])


def parts_of(identifier: str, count: int) -> tuple[str, ...]:
    """The parts of a name that must have so many."""
    found = parts(identifier)
    if len(found) != count:
        raise BadNameError(f"unexpected number of parts {len(found)} in identifier {identifier}, expected {count}")
    return found


def on_account(identifier: str) -> str:
    """The name of an object of the account: without quotes it may hold dots."""
    return parts_of(identifier if identifier[:1] == identifier[-1:] == '"' else f'"{identifier}"', 1)[0]


def bare(name: str) -> str:
    """One part of a name without quotes around it."""
    return name.strip('"')


def quoted(*names: str) -> str:
    """A name as statements spell it."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def qualified(identifier: str) -> str:
    """A name of several parts, quoted throughout."""
    return quoted(*parts(identifier))
