"""SHOW of any kind of object, with LIKE, IN, STARTS WITH and LIMIT; only what the roles of the session see."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sandbox.snowflake_api import refusals
from sandbox.snowflake_api.call import Call
from sandbox.snowflake_api.kind import Kind
from sandbox.snowflake_api.patterns import like_pattern
from sandbox.snowflake_api.result import Column, Result, table
from sandbox.snowflake_api.things import ApiIntegration, Body, Database, Path, Schema, Thing


@dataclass(frozen=True)
class Wanted:
    """Which objects a SHOW asks for."""

    like: str | None = None
    scope: Path = ()
    starts: str = ""
    limit: int | None = None
    after: str | None = None

    def takes(self, thing: Thing[Body]) -> bool:
        return (
            thing.path[: len(self.scope)] == self.scope
            and (self.like is None or re.fullmatch(self.like, thing.name, re.IGNORECASE | re.DOTALL) is not None)
            and thing.name.startswith(self.starts)
            and (self.after is None or thing.name > self.after)
        )


def show(call: Call, kind: Kind[Any], *, terse: bool = False) -> Result:
    """`SHOW [TERSE] <plural> ..`, from after the plural."""
    call.reader.accept("HISTORY")
    wanted = read_wanted(call, kind.body.level)
    things = [one for one in call.catalogue.all(kind.body) if wanted.takes(one) and _belongs(kind, one)]
    seen = [one for one in things if call.access.sees(one)]
    rows = [kind.row(call, one) for one in seen[: wanted.limit]]
    return _terse(kind.columns, rows) if terse else table(kind.columns, rows)


def _belongs(kind: Kind[Any], thing: Thing[Any]) -> bool:
    """API and security integrations are one kind of object, shown apart."""
    return not isinstance(thing.body, ApiIntegration) or kind.words.startswith(thing.body.category)


def _terse(shape: tuple[Column, ...], rows: list[tuple[object, ...]]) -> Result:
    kept = [
        number
        for number, column in enumerate(shape)
        if column.name in ("created_on", "name", "kind", "database_name", "schema_name", "url_id", "title", "owner")
    ]
    return table(tuple(shape[number] for number in kept), [[row[number] for number in kept] for row in rows])


def read_wanted(call: Call, level: str) -> Wanted:
    reader = call.reader
    like = like_pattern(reader.text()) if reader.accept("LIKE") else None
    scope = _scope(call, level) if reader.accept("IN") else _default_scope(call, level)
    starts = reader.text() if reader.accept("STARTS WITH") else ""
    limit = reader.integer() if reader.accept("LIMIT") else None
    after = reader.text() if reader.accept("FROM") else None
    reader.end()
    return Wanted(like, scope, starts, limit, after)


def _default_scope(call: Call, level: str) -> Path:
    """The current database, where there is one."""
    if level == "account" or call.session.database is None:
        return ()
    return (call.session.database,)


def _scope(call: Call, level: str) -> Path:
    reader = call.reader
    if reader.accept("ACCOUNT"):
        return ()
    if level == "account":
        raise reader.unexpected()
    if reader.accept("DATABASE"):
        named = not reader.done and not reader.sees("STARTS") and not reader.sees("LIMIT")
        parts = reader.name(1) if named else ((call.session.database,) if call.session.database else ())
        return _existing(call, Database, call.path(Database, parts))
    reader.accept("SCHEMA")
    body: type[Database] | type[Schema] = Database if level == "database" else Schema
    if reader.done and call.session.database and call.session.schema:
        return (call.session.database, call.session.schema)
    return _existing(call, body, call.path(body, reader.name(2)))


def _existing(call: Call, body: type[Database] | type[Schema], path: Path) -> Path:
    thing = call.catalogue.find(body, path)
    if thing is None or not call.access.sees(thing):
        raise refusals.no_such_scope()
    return path
