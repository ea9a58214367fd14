"""Statements of the program's own: one to create, one to undo it, and a question for what is there.

An object dropped by hand is not noticed. A changed `execute` is carried out before the old `revert`, as with the
official plugin: the type has no name by which the bridge would know better.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator

from sandbox.plugins.service import NothingDoneError
from sandbox.plugins.snowflake.account import Account
from sandbox.plugins.snowflake.answers import cell
from sandbox.plugins.snowflake.attributes import Attribute, table
from sandbox.plugins.snowflake.kind import Change, ResourceType
from sandbox.plugins.snowflake.sql import Statement
from sandbox.plugins.values import Properties, Secret, reveal

_RESULTS = "queryResults"
_CONSTANT = re.compile(r"'((?:[^'\\]|\\.|'')*)'")


class Execute(ResourceType):
    """The text is sent as it stands; PUT uploads through the client."""

    noun = "execution"
    attributes = table(
        Attribute("execute", required=True, forces=True), Attribute("revert", required=True), Attribute("query")
    )
    computed = (_RESULTS,)

    def identity(self, wanted: Properties) -> str:  # noqa: ARG002 # nothing tells two of them apart
        """Made up."""
        return str(uuid.uuid4())

    def creating(self, account: Account, ident: str, wanted: Properties) -> Iterator[Statement]:  # noqa: ARG002 # as every type's
        """The statement."""
        yield _statement(wanted["execute"])

    def altering(self, account: Account, ident: str, change: Change) -> Iterator[Statement]:  # noqa: ARG002 # as every type's
        """Another `revert` is only remembered, and another `query` asked."""
        yield from ()

    def deleting(self, ident: str, state: Properties) -> Iterator[Statement]:  # noqa: ARG002 # as every type's
        """The statement that undoes it."""
        yield _statement(state["revert"])

    def rereads(self, change: Change) -> bool:
        """Only another question is asked."""
        return "query" in change.names

    def renewed(self, changed: tuple[str, ...]) -> set[str]:
        """Another question has another answer."""
        return {_RESULTS} if "query" in changed else set()

    def read(self, account: Account, ident: str, state: Properties) -> Properties:
        """The answer to the question, if there is one; a question that fails has none."""
        query = reveal(state.get("query"))
        try:
            rows = account.rows(str(query)) if query else []
        except NothingDoneError:
            rows = []
        answer = [{name: cell(value) for name, value in row.items()} for row in rows]
        return {**{name: state[name] for name in self.attributes if name in state}, "id": ident, _RESULTS: answer}


def _statement(value: object) -> Statement:
    """A statement; of one that the program calls secret, no constant may be quoted."""
    text = str(reveal(value))
    return Statement(text, (text, *_CONSTANT.findall(text)) if isinstance(value, Secret) else ())
