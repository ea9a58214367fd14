"""Running statements: one at a time from its first look at the catalogue to the commit, logged, and failed on order."""

from __future__ import annotations

import asyncio
import re
import sys
import traceback
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.snowflake_api.call import Call
from sandbox.snowflake_api.catalogue import Catalogue
from sandbox.snowflake_api.expressions import Value
from sandbox.snowflake_api.queries import Where
from sandbox.snowflake_api.reader import Reader, without_tracking
from sandbox.snowflake_api.refusals import Refusal
from sandbox.snowflake_api.result import Result, status
from sandbox.snowflake_api.sessions import Session
from sandbox.snowflake_api.statement_log import StatementLog
from sandbox.snowflake_api.statements import answer, only_reads
from sandbox.snowflake_api.transfers import Transfers

FAULTS = "faults"


@dataclass(frozen=True)
class Executor:
    """Statements over one catalogue."""

    catalogue: Catalogue
    log: StatementLog
    where: Where
    transfers: Transfers

    async def run(
        self,
        session: Session,
        sql: str,
        query_id: str,
        bindings: Sequence[Value] = (),
        *,
        described: bool = False,
    ) -> Result:
        """The answer to a statement, saved before it is given; or its refusal, and nothing changed.

        `described` asks for the columns only: commands that change something are not run then.
        """
        sql = without_tracking(sql)
        before = (session.role, session.database, session.schema, session.warehouse)
        try:
            strike(self.catalogue, sql)
            reader = Reader(sql)
            if described and not only_reads(reader):
                return status()
            call = Call(self.catalogue, session, reader, self.transfers, query_id=query_id, bindings=tuple(bindings))
            result = await answer(call, self.where)
        except (Exception, asyncio.CancelledError) as error:
            self.catalogue.rollback()
            session.role, session.database, session.schema, session.warehouse = before
            refusal = as_refusal(error)
            self.log.record(session, sql, refusal)
            raise refusal from None
        self.catalogue.commit()
        self.log.record(session, sql, None)
        session.remember(query_id, result)
        return result


def as_refusal(error: Exception | asyncio.CancelledError) -> Refusal:
    """What drivers are told; a fault of this program goes to stderr, without its message, which may hold a secret."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, asyncio.CancelledError):
        return Refusal("000604", "57014", "SQL execution canceled")
    print(f"{type(error).__name__} in a statement:", *traceback.format_tb(error.__traceback__), file=sys.stderr)
    return Refusal("000603", "XX000", "Processing aborted by an internal error.")


def faults(catalogue: Catalogue) -> list[dict[str, Any]]:
    """The rules that stand."""
    return catalogue.store.notes.get(FAULTS) or []


def add_fault(catalogue: Catalogue, sent: dict[str, Any]) -> dict[str, Any]:
    """Store a rule: the next `times` statements that match the regular expression `match` fail (0: for ever)."""
    rule = {
        "id": str(uuid.uuid4()),
        "match": str(sent.get("match", ".*")),
        "code": str(sent.get("code", "000603")),
        "sql_state": str(sent.get("sql_state", "XX000")),
        "message": str(sent.get("message", "refused by a fault rule of the sandbox")),
        "times": int(sent.get("times", 1)),
    }
    try:
        re.compile(str(rule["match"]))
    except re.error as error:
        raise ValueError(f"match is not a regular expression: {error}") from error
    catalogue.store.note(FAULTS, [*faults(catalogue), rule])
    catalogue.commit()
    return rule


def strike(catalogue: Catalogue, sql: str) -> None:
    """Fail where a rule says so; a rule that has struck often enough is gone."""
    rules = faults(catalogue)
    for rule in rules:
        if re.search(rule["match"], sql, re.IGNORECASE | re.DOTALL):
            left = {**rule, "times": rule["times"] - 1}
            kept = [left if one is rule else one for one in rules]
            if rule["times"]:
                catalogue.store.note(FAULTS, [one for one in kept if one is not left or left["times"] > 0])
            raise Refusal(rule["code"], rule["sql_state"], rule["message"])
