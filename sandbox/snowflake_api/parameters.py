"""SHOW PARAMETERS of sessions, of the account and of objects: keys, values and where a value comes from."""

from __future__ import annotations

import re
from typing import Any

from sandbox.snowflake_api.call import Call
from sandbox.snowflake_api.kinds import KINDS
from sandbox.snowflake_api.patterns import like_pattern
from sandbox.snowflake_api.result import Result, columns, table
from sandbox.snowflake_api.sessions import DEFAULTS
from sandbox.snowflake_api.things import Thing, Warehouse

_COLUMNS = columns("key value default level description type")
_LEVELS = {"LOG_LEVEL": "OFF", "METRIC_LEVEL": "NONE", "TRACE_LEVEL": "OFF", "LOG_EVENT_LEVEL": "OFF"}
_STATEMENTS = {
    "STATEMENT_TIMEOUT_IN_SECONDS": "172800",
    "STATEMENT_QUEUED_TIMEOUT_IN_SECONDS": "0",
    "MAX_CONCURRENCY_LEVEL": "8",
}
_FUNCTION = {"ENABLE_CONSOLE_OUTPUT": "false", **_LEVELS, **_STATEMENTS}
_DATABASE = {
    "DATA_RETENTION_TIME_IN_DAYS": "1",
    "MAX_DATA_EXTENSION_TIME_IN_DAYS": "14",
    "EXTERNAL_VOLUME": "",
    "CATALOG": "",
    "PIPE_EXECUTION_PAUSED": "false",
    "REPLACE_INVALID_CHARACTERS": "false",
    "DEFAULT_DDL_COLLATION": "",
    "DEFAULT_NOTEBOOK_COMPUTE_POOL_CPU": "SYSTEM_COMPUTE_POOL_CPU",
    "DEFAULT_NOTEBOOK_COMPUTE_POOL_GPU": "SYSTEM_COMPUTE_POOL_GPU",
    "STORAGE_SERIALIZATION_POLICY": "OPTIMIZED",
    "LOG_LEVEL": "OFF",
    "METRIC_LEVEL": "NONE",
    "TRACE_LEVEL": "OFF",
    "LOG_EVENT_LEVEL": "OFF",
    "SUSPEND_TASK_AFTER_NUM_FAILURES": "10",
    "TASK_AUTO_RETRY_ATTEMPTS": "0",
    "USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE": "Medium",
    "USER_TASK_TIMEOUT_MS": "3600000",
    "USER_TASK_MINIMUM_TRIGGER_INTERVAL_IN_SECONDS": "30",
    "QUOTED_IDENTIFIERS_IGNORE_CASE": "false",
    "ENABLE_CONSOLE_OUTPUT": "false",
}
_OF_KIND = {
    "FUNCTION": _FUNCTION,
    "DATABASE": _DATABASE,
    "SCHEMA": _DATABASE,
    "WAREHOUSE": _STATEMENTS,
    "USER": DEFAULTS,
}
_ACCOUNT = {**DEFAULTS, **_DATABASE, "DEFAULT_STREAMLIT_COMPUTE_POOL": ""}


def show_parameters(call: Call) -> Result:
    """The statement from after SHOW PARAMETERS."""
    reader = call.reader
    like = like_pattern(reader.text()) if reader.accept("LIKE") else ".*"
    rows = _session(call)
    if reader.accept("IN") or reader.accept("FOR"):
        if reader.accept("ACCOUNT"):
            rows = _rows(
                _ACCOUNT, {"DEFAULT_STREAMLIT_COMPUTE_POOL": call.catalogue.account.body.default_pool}, "ACCOUNT"
            )
        elif not reader.accept("SESSION"):
            rows = _object(call)
    like = like_pattern(reader.text()) if reader.accept("LIKE") else like
    reader.end()
    return table(_COLUMNS, [row for row in rows if re.fullmatch(like, str(row[0]), re.IGNORECASE)])


def _session(call: Call) -> list[tuple[object, ...]]:
    known = DEFAULTS | dict.fromkeys(call.session.parameters, "")
    return _rows(known, call.session.parameters, "SESSION")


def _object(call: Call) -> list[tuple[object, ...]]:
    words = call.reader.choose(_OF_KIND)
    if words is None:
        raise call.reader.unexpected()
    thing: Thing[Any] = KINDS[words].named(call)
    return _rows(_OF_KIND[words], _values(thing), words)


def _values(thing: Thing[Any]) -> dict[str, str]:
    body = thing.body
    if isinstance(body, Warehouse):
        values = (body.statement_timeout, body.queued_timeout, body.concurrency)
        return dict(zip(_STATEMENTS, map(str, values), strict=True))
    return {}


def _rows(defaults: dict[str, str], values: dict[str, Any], level: str) -> list[tuple[object, ...]]:
    """Key, value, default, the level where it was set (none at its default), description, type."""
    rows: list[tuple[object, ...]] = []
    for key, default in defaults.items():
        value = values.get(key)
        shown = default if value is None else value
        rows.append((key, shown, default, "" if shown == default else level, "", _type(default)))
    return rows


def _type(default: str) -> str:
    if default in ("true", "false"):
        return "BOOLEAN"
    return "NUMBER" if default.isdigit() else "STRING"
