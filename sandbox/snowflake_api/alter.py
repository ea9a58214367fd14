"""ALTER of any kind of object: SET, UNSET, RENAME TO, and what a kind adds to them."""

from __future__ import annotations

from dataclasses import MISSING, fields, replace
from typing import TypeVar

from sandbox.snowflake_api import refusals
from sandbox.snowflake_api.call import Call
from sandbox.snowflake_api.kind import Kind, changed, to_create
from sandbox.snowflake_api.names import quoted
from sandbox.snowflake_api.result import Result, status
from sandbox.snowflake_api.things import Body, Thing

B = TypeVar("B", bound=Body)


def alter(call: Call, kind: Kind[B]) -> Result:
    """`ALTER <kind> [IF EXISTS] <name> ..`, from `IF EXISTS` on."""
    lenient = call.reader.accept("IF EXISTS")
    path = kind.path(call)
    known = call.catalogue.find(kind.body, path)
    if lenient and (known is None or not call.access.sees(known)):
        return status("Statement executed successfully.")
    thing = call.get(kind.body, path)
    action = call.reader.choose(kind.actions)
    if action is not None:
        return kind.actions[action](call, thing)
    if not call.may(thing, *kind.alter_privileges):
        raise refusals.insufficient(kind.words, quoted(thing.name))
    if call.reader.accept("RENAME TO"):
        return _rename(call, kind, thing)
    if call.reader.accept("UNSET"):
        changes = _unset(call, kind)
    else:
        call.reader.expect("SET")
        changes = call.reader.properties(kind.settable, kind.words)
        if not changes:
            raise call.reader.unexpected()
    call.reader.end()
    apply(call, kind, thing, changes)
    return status()


def apply(call: Call, kind: Kind[B], thing: Thing[B], changes: dict[str, object]) -> None:
    """Write the changed object, once the kind finds nothing wrong with it."""
    body = kind.checked(call, thing.body, changed(thing.body, changes))
    comment = changes.get("comment", thing.comment)
    call.catalogue.put(replace(thing, body=body, comment=None if comment is None else str(comment)))


def _unset(call: Call, kind: Kind[B]) -> dict[str, object]:
    """The default values of the properties that are named."""
    defaults = {one.name: one.default for one in fields(kind.body)}
    changes: dict[str, object] = {}
    while not changes or call.reader.symbol(","):
        key = call.reader.choose(kind.unsettable)
        if key is None:
            raise call.reader.unexpected()
        field = kind.settable[key][0]
        default = defaults.get(field)
        changes[field] = None if default is MISSING else default
    return changes


def _rename(call: Call, kind: Kind[B], thing: Thing[B]) -> Result:
    new = call.path(kind.body, call.reader.name())
    # A function keeps the types of its arguments, which are a part of its path.
    path = (*new[:-1], new[-1] + thing.path[-1].removeprefix(thing.name))
    call.reader.end()
    if path[:-1] != thing.path[:-1]:
        call.may_create(kind.body, path, *to_create(kind.words))
    call.catalogue.rename(thing, path)
    return status()
