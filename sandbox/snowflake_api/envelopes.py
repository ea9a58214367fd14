"""The JSON that drivers read: refusals, parameters, rows, and where to put files."""

from __future__ import annotations

from typing import Any

from sandbox.snowflake_api.refusals import Refusal
from sandbox.snowflake_api.result import Result
from sandbox.snowflake_api.sessions import DEFAULTS, Session

Json = dict[str, Any]


def refusal_envelope(refusal: Refusal, query_id: str | None = None) -> Json:
    """Why a login or a statement failed."""
    data = {
        "internalError": False,
        "errorCode": refusal.code,
        "age": 0,
        "sqlState": refusal.sql_state,
        "queryId": query_id,
        "line": -1,
        "pos": -1,
        "type": "COMPILATION",
    }
    return {"data": data, "code": refusal.code, "message": refusal.message, "success": False, "headers": None}


def parameters(session: Session) -> list[Json]:
    """The parameters of a session that drivers act on, as JSON values."""
    known = DEFAULTS | {key: value for key, value in session.parameters.items() if key in DEFAULTS}
    return [{"name": name, "value": _typed(value)} for name, value in known.items()]


def _typed(value: str) -> object:
    if value in ("true", "false"):
        return value == "true"
    return int(value) if value.isdigit() else value


def answer_envelope(session: Session, result: Result, query_id: str, *, described: bool = False) -> Json:
    """The answer to a statement; `described` leaves the rows out."""
    return {"data": _data(session, result, query_id, described), "code": None, "message": None, "success": True}


def _data(session: Session, result: Result, query_id: str, described: bool) -> Json:
    about: Json = {
        "parameters": parameters(session),
        "queryId": query_id,
        "sqlState": "00000",
        "finalDatabaseName": session.database,
        "finalSchemaName": session.schema,
        "finalWarehouseName": session.warehouse,
        "finalRoleName": session.role,
    }
    if result.statement_type is not None:
        about["statementTypeId"] = result.statement_type
    if result.transfer:
        return {**about, **result.transfer, "kind": None, "operation": "Node"}
    rows = () if described else result.rows
    return {
        **about,
        "rowtype": [one.described() for one in result.columns],
        "rowset": rows,
        "total": len(rows),
        "returned": len(rows),
        "numberOfBinds": 0,
        "arrayBindSupported": False,
        "version": 1,
        "queryResultFormat": "json",
    }
