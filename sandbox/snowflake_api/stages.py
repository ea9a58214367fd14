"""Internal named stages. Their files lie in a folder of their own."""

from __future__ import annotations

import secrets

from sandbox.snowflake_api import refusals
from sandbox.snowflake_api.call import Call
from sandbox.snowflake_api.kind import COMMENT, Creation, Kind, changed
from sandbox.snowflake_api.reader import Property, Reader
from sandbox.snowflake_api.result import Result, columns, flag, table
from sandbox.snowflake_api.things import Stage, Thing

_ENCRYPTIONS = ("SNOWFLAKE_FULL", "SNOWFLAKE_SSE")


def _options(reader: Reader) -> tuple[tuple[str, str], ...]:
    """`(KEY = value ..)`, keys in upper case."""
    found = []
    reader.expect_symbol("(")
    while not reader.symbol(")"):
        key = reader.word()
        reader.expect_symbol("=")
        found.append((key, reader.scalar()))
        reader.symbol(",")
    return tuple(found)


def _encryption(reader: Reader) -> str:
    given = dict(_options(reader)).get("TYPE", "").upper()
    if given not in _ENCRYPTIONS:
        raise refusals.invalid_value(given, "ENCRYPTION")
    return given


def _directory(reader: Reader) -> tuple[bool, bool]:
    given = {key: value.upper() for key, value in _options(reader)}
    if set(given) - {"ENABLE", "AUTO_REFRESH"} or set(given.values()) - {"TRUE", "FALSE"}:
        raise refusals.invalid_value(", ".join(given), "DIRECTORY")
    return given.get("ENABLE") == "TRUE", given.get("AUTO_REFRESH") == "TRUE"


_SETTABLE: dict[str, Property] = {"DIRECTORY": ("directory", _directory), **COMMENT}


def _create(creation: Creation) -> Result:
    call = creation.call
    path = call.path(Stage, call.reader.name())
    wanted: dict[str, Property] = {**_SETTABLE, "ENCRYPTION": ("encryption", _encryption)}
    changes = call.reader.properties(wanted, "STAGE")
    call.reader.end()
    body = changed(Stage(folder=f"stages/{secrets.token_hex(8)}"), changes)
    return creation.made(path, body, changes.get("comment"))


COLUMNS = columns(
    "created_on:timestamp_ltz name database_name schema_name url has_credentials has_encryption_key owner comment "
    "region type cloud notification_channel storage_integration endpoint owner_role_type directory_enabled"
)


def _row(_: Call, thing: Thing[Stage]) -> tuple[object, ...]:
    return (
        *(thing.created, thing.name, *thing.path[:2], "", "N", "N", thing.owner, thing.comment or "", None),
        *(
            "INTERNAL" if thing.body.encryption == "SNOWFLAKE_FULL" else "INTERNAL NO CSE",
            None,
            None,
            None,
            None,
            "ROLE",
            flag(thing.body.directory[0]),
        ),
    )


def _describe(_: Call, thing: Thing[Stage]) -> Result:
    body = thing.body
    rows = (
        ("STAGE_LOCATION", "URL", "String", "", ""),
        ("DIRECTORY", "ENABLE", "Boolean", body.directory[0], "false"),
        ("DIRECTORY", "AUTO_REFRESH", "Boolean", body.directory[1], "false"),
    )
    return table(columns("parent_property property property_type property_value property_default"), rows)


STAGES = Kind(
    body=Stage,
    words="STAGE",
    plural="STAGES",
    privileges=frozenset({"READ", "WRITE", "USAGE"}),
    columns=COLUMNS,
    row=_row,
    describe=_describe,
    create=_create,
    settable=_SETTABLE,
)
