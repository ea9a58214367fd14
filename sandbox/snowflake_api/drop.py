"""DROP of any kind of object."""

from __future__ import annotations

from typing import Any

from sandbox.snowflake_api import refusals
from sandbox.snowflake_api.call import Call
from sandbox.snowflake_api.kind import Kind
from sandbox.snowflake_api.names import quoted
from sandbox.snowflake_api.network_rules import users_of
from sandbox.snowflake_api.principals import SYSTEM_ROLES
from sandbox.snowflake_api.result import Result, status
from sandbox.snowflake_api.things import Database, NetworkRule, Role, Schema, Thing


def drop(call: Call, kind: Kind[Any]) -> Result:
    """`DROP <kind> [IF EXISTS] <name>`, from `IF EXISTS` on."""
    lenient = call.reader.accept("IF EXISTS")
    path = kind.path(call)
    call.reader.accept("CASCADE")
    call.reader.accept("RESTRICT")
    call.reader.end()
    known = call.catalogue.find(kind.body, path)
    if lenient and (known is None or not call.access.sees(known)):
        return status(f"Drop statement executed successfully ({quoted(path[-1])} already dropped).")
    thing: Thing[Any] = call.get(kind.body, path, "OWNERSHIP")
    _check(call, thing)
    call.catalogue.drop(thing, heir=call.session.role)
    _leave(call, thing)
    return status(f"{quoted(thing.name)} successfully dropped.")


def _check(call: Call, thing: Thing[Any]) -> None:
    if isinstance(thing.body, Role) and thing.name in SYSTEM_ROLES:
        raise refusals.insufficient("ROLE", thing.name)
    if isinstance(thing.body, NetworkRule) and (users := users_of(call, thing)):
        message = f"Cannot drop network rule '{quoted(thing.name)}': integration '{quoted(users[0])}' uses it."
        raise refusals.not_possible(message)


def _leave(call: Call, thing: Thing[Any]) -> None:
    """A session that was in what is gone has no current one any more."""
    session = call.session
    if isinstance(thing.body, Database) and session.database == thing.name:
        session.database = session.schema = None
    if isinstance(thing.body, Schema) and (session.database, session.schema) == thing.path:
        session.schema = None
