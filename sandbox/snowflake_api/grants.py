"""GRANT and REVOKE: privileges, roles, ownership, and what future objects of a schema bring with them."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sandbox.snowflake_api import refusals
from sandbox.snowflake_api.call import Call
from sandbox.snowflake_api.catalogue import PUBLIC
from sandbox.snowflake_api.kinds import KINDS, PLURALS, securable
from sandbox.snowflake_api.names import full_name, quoted
from sandbox.snowflake_api.result import Result, status
from sandbox.snowflake_api.things import Body, Database, Future, Grant, Role, Schema, Streamlit, Thing, User

ALL = "ALL"


def grant(call: Call) -> Result:
    """The statement from after GRANT."""
    if call.reader.accept("ROLE"):
        return _membership(call, given=True)
    privileges = _privileges(call)
    call.reader.expect("ON")
    if "OWNERSHIP" in privileges:
        return _ownership(call)
    future = _future_target(call)
    if future is not None:
        return _grant_future(call, privileges, *future)
    targets = _targets(call)
    role = _role(call, "TO")
    option = call.reader.accept("WITH GRANT OPTION")
    call.reader.end()
    for words, thing, known in targets:
        wanted = _known(privileges, known, words)
        _check(call, thing, wanted)
        _add(call, thing, wanted, role.name, option=option)
    return status()


def revoke(call: Call) -> Result:
    """The statement from after REVOKE."""
    option_only = call.reader.accept("GRANT OPTION FOR")
    if call.reader.accept("ROLE"):
        return _membership(call, given=False)
    privileges = _privileges(call)
    call.reader.expect("ON")
    future = _future_target(call)
    if future is not None:
        return _revoke_future(call, privileges, *future)
    targets = _targets(call)
    role = _role(call, "FROM")
    call.reader.choose(("CASCADE", "RESTRICT"))
    call.reader.end()
    for words, thing, known in targets:
        wanted = _known(privileges, known, words)
        _check(call, thing, wanted)
        _take(call, thing, wanted, role.name, option_only=option_only)
    return status()


def _privileges(call: Call) -> tuple[str, ...]:
    found: list[str] = []
    while not found or call.reader.symbol(","):
        words = []
        while not call.reader.sees("ON") and not call.reader.at_symbol(","):
            words.append(call.reader.word())
        found.append(" ".join(words))
    return (ALL,) if found in (["ALL"], ["ALL PRIVILEGES"]) else tuple(found)


def _known(privileges: tuple[str, ...], known: frozenset[str], words: str) -> tuple[str, ...]:
    if privileges == (ALL,):
        return tuple(sorted(known))
    for one in privileges:
        if one not in known:
            raise refusals.syntax(f"Invalid object type '{words}' for privilege '{one}'.")
    return privileges


def _targets(call: Call) -> list[tuple[str, Thing[Body], frozenset[str]]]:
    """One object, or `ALL <plural> IN SCHEMA | DATABASE <name>`."""
    if not call.reader.accept("ALL"):
        return [securable(call)]
    plural = call.reader.choose(PLURALS)
    if plural is None:
        raise call.reader.unexpected()
    kind, place = PLURALS[plural], _place(call)
    return [
        (kind.words, one, kind.privileges) for one in call.catalogue.all(kind.body, place.path) if call.access.sees(one)
    ]


def _place(call: Call) -> Thing[Database] | Thing[Schema]:
    call.reader.expect("IN")
    if call.reader.accept("DATABASE"):
        return call.named(Database)
    call.reader.expect("SCHEMA")
    return call.named(Schema)


def _role(call: Call, before: str) -> Thing[Role]:
    call.reader.expect(before)
    call.reader.accept("ROLE")
    return _any_role(call)


def _any_role(call: Call) -> Thing[Role]:
    """Roles can be named in grants by whoever may grant, seen or not."""
    path = call.path(Role, call.reader.name())
    role = call.catalogue.find(Role, path)
    if role is None:
        raise refusals.unknown("Role", quoted(path[0]))
    return role


def _check(call: Call, thing: Thing[Body], privileges: Iterable[str]) -> None:
    if not all(call.access.may_grant(thing, one) for one in privileges):
        raise refusals.insufficient(thing.kind, quoted(thing.name))


def _add(call: Call, thing: Thing[Body], privileges: Iterable[str], role: str, *, option: bool = False) -> None:
    schema = call.access.managed_schema(thing)
    by = thing.owner if schema is None else schema.owner
    if schema is None and not call.access.owns(thing) and not call.access.manages_grants:
        by = call.session.role
    kept = list(thing.grants)
    for privilege in privileges:
        had = [one for one in kept if (one.privilege, one.to, one.grantee) == (privilege, "ROLE", role)]
        kept = [one for one in kept if one not in had]
        created = had[0].created if had else time.time()
        kept.append(Grant(privilege, role, by, created, option=option or any(one.option for one in had)))
    call.catalogue.put(replace(thing, grants=tuple(kept)))


def _take(call: Call, thing: Thing[Body], privileges: Iterable[str], role: str, *, option_only: bool) -> None:
    meant = {(privilege, "ROLE", role) for privilege in privileges}
    kept = []
    for one in thing.grants:
        if (one.privilege, one.to, one.grantee) not in meant:
            kept.append(one)
        elif option_only:
            kept.append(replace(one, option=False))
    call.catalogue.put(replace(thing, grants=tuple(kept)))


def _ownership(call: Call) -> Result:
    """Streamlit objects cannot change hands: they are not in the list of GRANT OWNERSHIP."""
    targets = _targets(call)
    role = _role(call, "TO")
    mode = call.reader.choose(("COPY CURRENT GRANTS", "REVOKE CURRENT GRANTS"))
    call.reader.end()
    for words, thing, _ in targets:
        if isinstance(thing.body, Streamlit):
            raise refusals.unsupported(f"GRANT OWNERSHIP ON {words}")
        if not call.access.owns(thing) and not call.access.manages_grants:
            raise refusals.insufficient(thing.kind, quoted(thing.name))
        if thing.grants and mode is None and not isinstance(thing.body, Role):
            one = thing.grants[0]
            message = (
                f"SQL execution error:\nDependent grant of privilege '{one.privilege}' on securable "
                f"'{full_name(thing)}' to role '{quoted(one.grantee)}' exists. "
                "It must be revoked first, or use REVOKE CURRENT GRANTS."
            )
            raise refusals.Refusal("003008", "42501", message)
        grants = thing.grants if mode != "REVOKE CURRENT GRANTS" or isinstance(thing.body, Role) else ()
        call.catalogue.put(replace(thing, owner=role.name, grants=tuple(replace(one, by=role.name) for one in grants)))
    return status()


def _membership(call: Call, *, given: bool) -> Result:
    """`ROLE <name> TO | FROM ROLE | USER <name>`."""
    role = _any_role(call)
    call.reader.expect("TO" if given else "FROM")
    to = "USER" if call.reader.accept("USER") else "ROLE"
    if to == "ROLE":
        call.reader.accept("ROLE")
    name = _any_role(call).name if to == "ROLE" else _user(call)
    call.reader.end()
    if not call.access.owns(role) and not call.access.manages_grants:
        raise refusals.insufficient("ROLE", quoted(role.name))
    if given and to == "ROLE" and name in call.catalogue.closure(role.name) and name != PUBLIC:
        raise refusals.not_possible(f"Grant of role '{quoted(role.name)}' to '{quoted(name)}' would form a circle.")
    grants = [one for one in role.grants if (one.privilege, one.to, one.grantee) != ("USAGE", to, name)]
    if given:
        grants.append(Grant("USAGE", name, call.session.role, time.time(), to=to))
    call.catalogue.put(replace(role, grants=tuple(grants)))
    return status()


def _user(call: Call) -> str:
    path = call.path(User, call.reader.name())
    if call.catalogue.find(User, path) is None:
        raise refusals.unknown("User", quoted(path[0]))
    return path[0]


def _future_target(call: Call) -> tuple[str, Thing[Database] | Thing[Schema]] | None:
    if not call.reader.accept("FUTURE"):
        return None
    plural = call.reader.choose(PLURALS)
    if plural is None:
        raise call.reader.unexpected()
    return PLURALS[plural].words, _place(call)


def _check_future(call: Call, place: Thing[Database] | Thing[Schema]) -> None:
    owns = call.access.owns(place) and (isinstance(place.body, Database) or place.body.managed)
    if not owns and not call.access.manages_grants:
        raise refusals.insufficient(place.kind, quoted(place.name))


def _grant_future(
    call: Call, privileges: tuple[str, ...], words: str, place: Thing[Database] | Thing[Schema]
) -> Result:
    role = _role(call, "TO")
    option = call.reader.accept("WITH GRANT OPTION")
    call.reader.end()
    _check_future(call, place)
    wanted = _known(privileges, KINDS[words].privileges | {"OWNERSHIP"}, words)
    kind = KINDS[words].body.kind
    kept = [one for one in place.body.futures if not _meant(one, kind, wanted, role.name)]
    kept += [Future(kind, one, role.name, time.time(), option) for one in wanted]
    _write(call, place, tuple(kept))
    return status()


def _revoke_future(
    call: Call, privileges: tuple[str, ...], words: str, place: Thing[Database] | Thing[Schema]
) -> Result:
    role = _role(call, "FROM")
    call.reader.choose(("CASCADE", "RESTRICT"))
    call.reader.end()
    _check_future(call, place)
    wanted = _known(privileges, KINDS[words].privileges | {"OWNERSHIP"}, words)
    kept = tuple(one for one in place.body.futures if not _meant(one, KINDS[words].body.kind, wanted, role.name))
    _write(call, place, kept)
    return status()


def _write(call: Call, place: Thing[Any], futures: tuple[Future, ...]) -> None:
    call.catalogue.put(replace(place, body=replace(place.body, futures=futures)))


def _meant(one: Future, kind: str, privileges: tuple[str, ...], role: str) -> bool:
    return one.kind == kind and one.grantee == role and one.privilege in privileges
