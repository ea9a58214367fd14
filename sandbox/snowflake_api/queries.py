"""Queries of a session: what the system's functions say, and functions of the account that run before the answer."""

from __future__ import annotations

import functools
import json
import time
from dataclasses import dataclass

from sandbox.snowflake_api import refusals, udf
from sandbox.snowflake_api.call import Call
from sandbox.snowflake_api.expressions import Evaluation, Value
from sandbox.snowflake_api.result import Result
from sandbox.snowflake_api.selection import select

VERSION = "10.40.0"
REGION = "AWS_US_WEST_2"


@dataclass(frozen=True)
class Where:
    """The names of the account."""

    organization: str
    account: str
    locator: str


class _Needed(Exception):  # noqa: N818 - no error: the evaluation begins again once the function has run
    def __init__(self, key: tuple[object, ...], invocation: udf.Invocation) -> None:
        super().__init__()
        self.key, self.invocation = key, invocation


async def query(call: Call, where: Where) -> Result:
    """Answer a query. Evaluation stops at a function that has not run yet, and begins again when it has."""
    values: dict[tuple[object, ...], Value] = {}

    def user_defined(parts: tuple[str, ...], arguments: tuple[Value, ...]) -> Value:
        function = udf.resolve(call, parts, arguments)
        given = tuple(one.value for one in arguments)
        key = (function.path, json.dumps(given, default=str))
        if key not in values:
            raise _Needed(key, udf.Invocation(function, given))
        return values[key]

    while True:
        try:
            known = functools.partial(_known, call, where)
            evaluation = Evaluation(known, user_defined, call.bindings)
            return select(call.reader.sql, evaluation, call.session.results.get)
        except _Needed as needed:
            values[needed.key] = await udf.run(call, needed.invocation)


def _known(call: Call, where: Where, name: str, arguments: tuple[Value, ...]) -> Value:
    session = call.session
    texts = {
        "CURRENT_ACCOUNT": where.locator,
        "CURRENT_ACCOUNT_NAME": where.account,
        "CURRENT_ORGANIZATION_NAME": where.organization,
        "CURRENT_ORGANIZATION_USER": None,
        "CURRENT_CLIENT": session.client,
        "CURRENT_DATABASE": session.database,
        "CURRENT_IP_ADDRESS": "127.0.0.1",
        "CURRENT_REGION": REGION,
        "CURRENT_ROLE": session.role,
        "CURRENT_ROLE_TYPE": "ROLE",
        "CURRENT_SCHEMA": session.schema,
        "CURRENT_SESSION": str(session.id),
        "CURRENT_STATEMENT": call.reader.sql,
        "CURRENT_TRANSACTION": None,
        "CURRENT_USER": session.user,
        "CURRENT_VERSION": VERSION,
        "CURRENT_WAREHOUSE": session.warehouse,
        "LAST_QUERY_ID": session.last_query,
        "SYSTEM$CANCEL_ALL_QUERIES": "0 cancelled.",
        "SYSTEM$GET_SNOWSIGHT_HOST": session.origin,
        "SYSTEM$RETURN_CURRENT_ORG_NAME": where.organization,
    }
    if name in texts:
        return Value(texts[name])
    if name in ("CURRENT_TIMESTAMP", "SYSDATE", "LOCALTIMESTAMP", "GETDATE"):
        return Value(time.time(), "timestamp_ltz")
    roles = call.access.roles
    if name == "CURRENT_AVAILABLE_ROLES":
        given = call.catalogue.roles_of(session.user)
        return Value(json.dumps(sorted(set().union(*(call.catalogue.closure(one) for one in given)))))
    if name == "CURRENT_SECONDARY_ROLES":
        return Value(json.dumps({"roles": "", "value": "ALL" if session.every_role else ""}))
    if name == "IS_ROLE_IN_SESSION" and len(arguments) == 1:
        return Value(arguments[0].value in roles, "boolean")
    raise refusals.Refusal("002140", "42601", f"SQL compilation error:\nUnknown function {name}")
