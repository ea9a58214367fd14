"""USE, ALTER SESSION, and the transactions that drivers begin and end around nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from sandbox.snowflake_api import refusals
from sandbox.snowflake_api.call import Call
from sandbox.snowflake_api.catalogue import PUBLIC
from sandbox.snowflake_api.names import quoted
from sandbox.snowflake_api.result import Result, status
from sandbox.snowflake_api.things import ComputePool, Database, Path, Role, Schema, Thing, Warehouse

B = TypeVar("B", Database, Schema, Warehouse)


def use(call: Call) -> Result:
    """The statement from after USE."""
    reader = call.reader
    if reader.accept("SECONDARY ROLES"):
        return _use_secondary(call)
    if reader.accept("ROLE"):
        return _use_role(call)
    if reader.accept("WAREHOUSE"):
        warehouse = _reached(call, Warehouse, reader.name(1))
        if not call.may(warehouse, "USAGE"):
            raise refusals.no_such_scope()
        call.session.warehouse = warehouse.name
    elif reader.accept("SCHEMA"):
        _enter_schema(call, call.path(Schema, reader.name(2)))
    else:
        reader.accept("DATABASE")
        parts = reader.name(2)
        if len(parts) == 2:
            _enter_schema(call, parts)
        else:
            enter_database(call, parts)
    reader.end()
    return status()


def enter_database(call: Call, path: Path) -> None:
    _reached(call, Database, path)
    call.session.database = path[0]
    public = call.catalogue.find(Schema, (path[0], PUBLIC))
    call.session.schema = PUBLIC if public is not None and call.access.sees(public) else None


def _enter_schema(call: Call, path: Path) -> None:
    _reached(call, Schema, path)
    call.session.database, call.session.schema = path


def _reached(call: Call, body: type[B], path: Path) -> Thing[B]:
    thing = call.catalogue.find(body, path)
    if thing is None or not call.access.sees(thing):
        raise refusals.no_such_scope()
    return thing


def _use_role(call: Call) -> Result:
    role = call.reader.name(1)[0]
    call.reader.end()
    if call.session.app is not None:
        raise refusals.unsupported("USE ROLE in the session of an app")
    given = call.catalogue.roles_of(call.session.user)
    if call.catalogue.find(Role, (role,)) is None:
        raise refusals.no_such_scope()
    if not any(role in call.catalogue.closure(one) for one in given):
        message = (
            f"SQL access control error:\nRequested role '{quoted(role)}' is not assigned to the executing user. "
            "Specify another role to activate."
        )
        raise refusals.Refusal("003013", "42501", message)
    call.session.role = role
    return status()


def _use_secondary(call: Call) -> Result:
    choice = call.reader.choose(("ALL", "NONE"))
    if choice is None:
        raise call.reader.unexpected()
    call.reader.end()
    call.session.every_role = choice == "ALL"
    return status()


def alter_session(call: Call) -> Result:
    """`ALTER SESSION SET <key> = <value> ..` and `UNSET <key>, ..`."""
    reader = call.reader
    if reader.accept("UNSET"):
        while True:
            call.session.parameters.pop(reader.word(), None)
            if not reader.symbol(","):
                break
    else:
        reader.expect("SET")
        while not reader.done:
            key = reader.word()
            reader.expect_symbol("=")
            call.session.parameters[key] = _said(reader.scalar())
            reader.symbol(",")
    reader.end()
    return status()


def _said(value: str) -> str:
    return value.lower() if value.upper() in ("TRUE", "FALSE") else value


def alter_account(call: Call) -> Result:
    """`ALTER ACCOUNT SET DEFAULT_STREAMLIT_COMPUTE_POOL = <pool>`, and UNSET of it."""
    if not call.access.owns(call.catalogue.account):
        raise refusals.insufficient("ACCOUNT", "SANDBOX")
    reader = call.reader
    pool = None
    if reader.accept("SET"):
        reader.expect("DEFAULT_STREAMLIT_COMPUTE_POOL")
        reader.expect_symbol("=")
        pool = call.get(ComputePool, reader.name(1)).name
    else:
        reader.expect("UNSET DEFAULT_STREAMLIT_COMPUTE_POOL")
    reader.end()
    account = call.catalogue.account
    call.catalogue.put(replace(account, body=replace(account.body, default_pool=pool)))
    return status()


def transaction(call: Call) -> Result:
    """BEGIN, COMMIT, ROLLBACK: there is no data to guard."""
    call.reader.choose(("TRANSACTION", "WORK"))
    call.reader.end()
    return status()
