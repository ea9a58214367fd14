"""SHOW GRANTS in its forms, and SHOW FUTURE GRANTS."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.snowflake_api import refusals
from sandbox.snowflake_api.call import Call
from sandbox.snowflake_api.kinds import securable
from sandbox.snowflake_api.names import dotted, full_name, granted_on, quoted
from sandbox.snowflake_api.result import Result, columns, table
from sandbox.snowflake_api.things import Body, Database, Role, Schema, Thing, User

_COLUMNS = columns(
    "created_on:timestamp_ltz privilege granted_on name granted_to grantee_name grant_option:boolean granted_by"
)
_MEMBERS = columns("created_on:timestamp_ltz role granted_to grantee_name granted_by")
_FUTURE = columns("created_on:timestamp_ltz privilege grant_on name grant_to grantee_name grant_option:boolean")
Row = tuple[object, ...]


def show_grants(call: Call) -> Result:
    """The statement from after SHOW GRANTS."""
    reader = call.reader
    if reader.accept("ON"):
        _, thing, _ = securable(call)
        reader.end()
        return table(_COLUMNS, _on(thing))
    if reader.accept("OF ROLE"):
        role = _role(call)
        reader.end()
        members = (one for one in role.grants if one.privilege == "USAGE")
        return table(_MEMBERS, [(one.created, role.name, one.to, one.grantee, one.by) for one in members])
    if reader.accept("TO USER"):
        return _to_user(call, call.path(User, reader.name())[0])
    if reader.done:
        return _to_user(call, call.session.user)
    reader.expect("TO")
    reader.accept("ROLE")
    role = _role(call)
    reader.end()
    rows = [row for thing in call.catalogue.everything() for row in _on(thing) if row[4:6] == ("ROLE", role.name)]
    return table(_COLUMNS, rows)


def _role(call: Call) -> Thing[Role]:
    path = call.path(Role, call.reader.name())
    role = call.catalogue.find(Role, path)
    if role is None:
        raise refusals.unknown("Role", quoted(path[0]))
    return role


def _on(thing: Thing[Body]) -> Iterator[Row]:
    """The grants on an object, its ownership first."""
    on, name = granted_on(thing.kind), full_name(thing)
    if thing.owner and thing.kind != "ACCOUNT":
        yield thing.created, "OWNERSHIP", on, name, "ROLE", thing.owner, True, thing.owner
    for one in thing.grants:
        yield one.created, one.privilege, on, name, one.to, one.grantee, one.option, one.by


def _to_user(call: Call, user: str) -> Result:
    call.reader.end()
    rows = [
        (one.created, role.name, "USER", user, one.by)
        for role in call.catalogue.all(Role)
        for one in role.grants
        if one.to == "USER" and one.grantee == user
    ]
    return table(_MEMBERS, rows)


def show_future_grants(call: Call) -> Result:
    """The statement from after SHOW FUTURE GRANTS."""
    reader = call.reader
    places: list[Thing[Database] | Thing[Schema]]
    role = None
    if reader.accept("IN DATABASE"):
        places = [call.named(Database)]
    elif reader.accept("IN SCHEMA"):
        places = [call.named(Schema)]
    else:
        reader.expect("TO ROLE")
        role = _role(call).name
        places = [*call.catalogue.all(Database), *call.catalogue.all(Schema)]
    reader.end()
    rows = [
        (
            *(one.created, one.privilege, granted_on(one.kind), f"{dotted(place.path)}.<{granted_on(one.kind)}>"),
            *("ROLE", one.grantee, one.option),
        )
        for place in places
        for one in place.body.futures
        if role in (None, one.grantee)
    ]
    return table(_FUTURE, rows)
