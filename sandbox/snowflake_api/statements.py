"""From a statement to its answer: verb, kind, and the module that knows both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sandbox.snowflake_api import refusals
from sandbox.snowflake_api.alter import alter
from sandbox.snowflake_api.call import Call
from sandbox.snowflake_api.drop import drop
from sandbox.snowflake_api.file_statements import copy_files, get, list_files, put, remove_files
from sandbox.snowflake_api.git_repositories import show_branches, show_tags
from sandbox.snowflake_api.grants import grant, revoke
from sandbox.snowflake_api.integrations import COLUMNS as INTEGRATION_COLUMNS
from sandbox.snowflake_api.kind import Creation, Kind
from sandbox.snowflake_api.kinds import KINDS, PLURALS
from sandbox.snowflake_api.parameters import show_parameters
from sandbox.snowflake_api.queries import Where, query
from sandbox.snowflake_api.reader import Reader
from sandbox.snowflake_api.result import Result, table
from sandbox.snowflake_api.session_statements import alter_account, alter_session, transaction, use
from sandbox.snowflake_api.show import show
from sandbox.snowflake_api.show_grants import show_future_grants, show_grants
from sandbox.snowflake_api.streamlits import restart, show_versions

Run = Callable[[Call], Result]
_QUERIES = ("SELECT", "WITH", "VALUES")
_READING = (*_QUERIES, "SHOW", "DESCRIBE", "DESC", "LIST", "LS")


async def answer(call: Call, where: Where) -> Result:
    """Do what the statement says, or raise the refusal. The catalogue is not committed here."""
    reader = call.reader
    if reader.at_symbol("(") or any(reader.sees(one) for one in _QUERIES):
        return await query(call, where)
    verb = reader.choose(_VERBS)
    if verb is None:
        raise reader.unexpected()
    return _VERBS[verb](call)


def only_reads(reader: Reader) -> bool:
    """Whether a statement changes nothing."""
    return reader.at_symbol("(") or any(reader.sees(one) for one in _READING)


def _kind(call: Call) -> Kind[Any]:
    words = call.reader.choose(KINDS)
    if words is None:
        raise call.reader.unexpected()
    return KINDS[words]


def _create(call: Call) -> Result:
    reader = call.reader
    again = reader.choose(("OR REPLACE", "OR ALTER"))
    secure = reader.accept("SECURE")
    kind = _kind(call)
    if kind.create is None:
        raise refusals.unsupported(f"CREATE {kind.words}")
    if (again == "OR ALTER" and kind.words != "NETWORK RULE") or (secure and kind.words != "FUNCTION"):
        raise refusals.unsupported(f"CREATE {again or 'SECURE'} {kind.words}")
    lenient = reader.accept("IF NOT EXISTS")
    named = replace(call, verb=f"CREATE {kind.words}")
    return kind.create(Creation(named, kind.words, again == "OR REPLACE", again == "OR ALTER", secure, lenient))


def _alter(call: Call) -> Result:
    if call.reader.accept("SESSION"):
        return alter_session(call)
    if call.reader.accept("ACCOUNT"):
        return alter_account(call)
    kind = _kind(call)
    return alter(replace(call, verb=f"ALTER {kind.words}"), kind)


def _drop(call: Call) -> Result:
    kind = _kind(call)
    return drop(replace(call, verb=f"DROP {kind.words}"), kind)


def _describe(call: Call) -> Result:
    if call.reader.accept("INTEGRATION"):
        words = ("EXTERNAL ACCESS INTEGRATION", "API INTEGRATION")
        path = call.path(KINDS[words[0]].body, call.reader.name())
        kind = next((KINDS[one] for one in words if call.catalogue.find(KINDS[one].body, path)), KINDS[words[0]])
        return kind.describe(call, call.get(kind.body, path))
    kind = _kind(call)
    thing = kind.named(replace(call, verb=f"DESCRIBE {kind.words}"))
    call.reader.accept("TYPE = STAGE")
    call.reader.end()
    return kind.describe(call, thing)


def _show(call: Call) -> Result:
    terse = call.reader.accept("TERSE")
    form = call.reader.choose((*_SHOWS, *PLURALS, "USER FUNCTIONS", "INTEGRATIONS"))
    if form is None:
        raise call.reader.unexpected()
    if form in _SHOWS:
        return _SHOWS[form](call)
    if form == "INTEGRATIONS":
        return _show_integrations(call)
    kind = PLURALS["FUNCTIONS" if form == "USER FUNCTIONS" else form]
    return show(replace(call, verb=f"SHOW {form}"), kind, terse=terse)


def _show_integrations(call: Call) -> Result:
    """Every sort of integration under the same columns."""
    rows: list[Any] = []
    for words in ("EXTERNAL ACCESS INTEGRATIONS", "API INTEGRATIONS", "SECURITY INTEGRATIONS"):
        rows += show(replace(call, reader=call.reader.copy()), PLURALS[words]).rows
    return Result(table(INTEGRATION_COLUMNS, ()).columns, tuple(rows))


def _call(call: Call) -> Result:
    """CALL of the one procedure that there is; its argument may be bound."""
    if call.reader.word() != "SYSTEM$RESTART_STREAMLIT":
        raise refusals.Refusal("002140", "42601", "SQL compilation error:\nUnknown procedure.")
    call.reader.expect_symbol("(")
    name = str(call.bindings[0].value) if call.reader.symbol("?") and call.bindings else call.reader.text()
    call.reader.expect_symbol(")")
    call.reader.end()
    return restart(call, name)


_SHOWS: dict[str, Run] = {
    "GRANTS": show_grants,
    "FUTURE GRANTS": show_future_grants,
    "PARAMETERS": show_parameters,
    "GIT BRANCHES": show_branches,
    "GIT TAGS": show_tags,
    "VERSIONS": show_versions,
}
_VERBS: dict[str, Run] = {
    "CREATE": _create,
    "ALTER": _alter,
    "DROP": _drop,
    "DESCRIBE": _describe,
    "DESC": _describe,
    "SHOW": _show,
    "GRANT": grant,
    "REVOKE": revoke,
    "USE": use,
    "PUT": put,
    "GET": get,
    "COPY FILES": copy_files,
    "LIST": list_files,
    "LS": list_files,
    "REMOVE": remove_files,
    "RM": remove_files,
    "CALL": _call,
    "BEGIN": transaction,
    "START": transaction,
    "COMMIT": transaction,
    "ROLLBACK": transaction,
}
