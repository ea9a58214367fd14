"""Databases and schemas."""

from __future__ import annotations

from dataclasses import replace

from sandbox.snowflake_api.call import Call
from sandbox.snowflake_api.kind import COMMENT, Creation, Kind
from sandbox.snowflake_api.reader import Property
from sandbox.snowflake_api.result import Result, columns, flag, status, table
from sandbox.snowflake_api.things import (
    Database,
    Function,
    GitRepository,
    NetworkRule,
    Schema,
    Secret,
    Stage,
    Streamlit,
    Thing,
)

_SETTABLE: dict[str, Property] = {**COMMENT}


def _create_database(creation: Creation) -> Result:
    call = creation.call
    path = call.path(Database, call.reader.name())
    changes = call.reader.properties(_SETTABLE, "DATABASE")
    call.reader.end()
    placed = creation.place(path, Database(), changes.get("comment"))
    if placed is not None:
        call.catalogue.create((*path, "PUBLIC"), placed.owner, Schema())
        call.session.database, call.session.schema = path[0], "PUBLIC"
    return creation.said(path, placed)


def _create_schema(creation: Creation) -> Result:
    call = creation.call
    path = call.path(Schema, call.reader.name())
    managed = call.reader.accept("WITH MANAGED ACCESS")
    changes = call.reader.properties(_SETTABLE, "SCHEMA")
    call.reader.end()
    placed = creation.place(path, Schema(managed=managed), changes.get("comment"))
    if placed is not None:
        call.session.database, call.session.schema = path
    return creation.said(path, placed)


def _managed(call: Call, thing: Thing[Schema], *, managed: bool) -> Result:
    thing = call.get(Schema, thing.path, "OWNERSHIP")
    call.reader.end()
    call.catalogue.put(replace(thing, body=replace(thing.body, managed=managed)))
    return status()


DATABASE_COLUMNS = columns(
    "created_on:timestamp_ltz name is_default is_current origin owner comment options retention_time kind budget "
    "owner_role_type object_visibility"
)


def _database_row(call: Call, thing: Thing[Database]) -> tuple[object, ...]:
    current = flag(call.session.database == thing.name)
    shown = (thing.created, thing.name, "N", current, "", thing.owner, thing.comment or "", "")
    return (*shown, "1", "STANDARD", None, "ROLE", None)


SCHEMA_COLUMNS = columns(
    "created_on:timestamp_ltz name is_default is_current database_name owner comment options retention_time "
    "owner_role_type budget object_visibility"
)


def _schema_row(call: Call, thing: Thing[Schema]) -> tuple[object, ...]:
    current = flag((call.session.database, call.session.schema) == thing.path)
    options = "MANAGED ACCESS" if thing.body.managed else ""
    shown = (thing.created, thing.name, "N", current, thing.path[0], thing.owner, thing.comment or "", options)
    return (*shown, "1", "ROLE", None, None)


_CONTENTS = columns("created_on:timestamp_ltz name kind")


def _describe_database(call: Call, thing: Thing[Database]) -> Result:
    inner = (one for one in call.catalogue.all(Schema, thing.path) if call.access.sees(one))
    return table(_CONTENTS, [(one.created, one.name, "SCHEMA") for one in inner])


def _describe_schema(call: Call, thing: Thing[Schema]) -> Result:
    kinds = (Secret, NetworkRule, Stage, Function, Streamlit, GitRepository)
    inner = (one for kind in kinds for one in call.catalogue.all(kind, thing.path) if call.access.sees(one))
    return table(_CONTENTS, [(one.created, one.name, one.kind) for one in inner])


CREATE_IN_SCHEMA = frozenset(
    f"CREATE {kind}"
    for kind in (
        "SECRET",
        "NETWORK RULE",
        "STAGE",
        "FUNCTION",
        "STREAMLIT",
        "GIT REPOSITORY",
        "TABLE",
        "VIEW",
        "TASK",
        "PROCEDURE",
        "FILE FORMAT",
        "SEQUENCE",
        "STREAM",
        "IMAGE REPOSITORY",
        "SERVICE",
        "TAG",
        "NOTEBOOK",
    )
)
DATABASES = Kind(
    body=Database,
    words="DATABASE",
    plural="DATABASES",
    privileges=frozenset({"USAGE", "MODIFY", "MONITOR", "CREATE SCHEMA", "CREATE DATABASE ROLE", "REFERENCE_USAGE"}),
    columns=DATABASE_COLUMNS,
    row=_database_row,
    describe=_describe_database,
    create=_create_database,
    settable=_SETTABLE,
)
SCHEMAS = Kind(
    body=Schema,
    words="SCHEMA",
    plural="SCHEMAS",
    privileges=CREATE_IN_SCHEMA | {"USAGE", "MODIFY", "MONITOR", "ADD SEARCH OPTIMIZATION"},
    columns=SCHEMA_COLUMNS,
    row=_schema_row,
    describe=_describe_schema,
    create=_create_schema,
    settable=_SETTABLE,
    actions={
        "ENABLE MANAGED ACCESS": lambda call, thing: _managed(call, thing, managed=True),
        "DISABLE MANAGED ACCESS": lambda call, thing: _managed(call, thing, managed=False),
    },
)
