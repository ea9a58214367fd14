"""Network rules."""

from __future__ import annotations

from dataclasses import replace

from sandbox.plugins.snowflake import sets
from sandbox.plugins.snowflake.account import Account
from sandbox.plugins.snowflake.answers import Column, Row, columns, go_time, number, stored, text
from sandbox.plugins.snowflake.attributes import DESCRIBED, SHOWN, Attribute, table
from sandbox.plugins.snowflake.named import IN_SCHEMA, NamedObject, comment, placed
from sandbox.plugins.snowflake.sql import literals
from sandbox.plugins.values import Properties


def _values(value: object) -> list[str]:
    return text(value).split(",") if value else []


_COLUMNS = columns(
    "name", "database_name", "schema_name", "owner", "comment", "type", "mode", created_on=go_time
)  # fmt: skip


class NetworkRule(NamedObject):
    """Only its values and its comment change in place."""

    noun, words, plural, between = "network rule", "NETWORK RULE", "NETWORK RULES", ", "
    attributes = table(
        # Of this type alone the official provider takes a name in quotes for another one.
        *(replace(item, normal=str) for item in placed(forces=True, place=IN_SCHEMA)),
        Attribute("type", "TYPE", str.upper, required=True, forces=True, normal=str.upper),
        Attribute("valueLists", "VALUE_LIST", lambda values: literals(sets.sent(values)), required=True, normal=sorted),
        Attribute("mode", "MODE", str.upper, required=True, forces=True, normal=str.upper),
        comment(),
    )
    computed = ("fullyQualifiedName", SHOWN, DESCRIBED)
    shown = (
        *_COLUMNS,
        *columns("owner_role_type"),
        Column("entries_in_valuelist", "entriesInValueList", number),
    )

    def details(self, account: Account, ident: str, row: Row, state: Properties) -> Properties:  # noqa: ARG002 # as every type's
        """Its values."""
        described = next(iter(self.described(account, ident)), {})
        values = _values(described.get("value_list"))
        return {
            "name": row.get("name"),
            "database": row.get("database_name"),
            "schema": row.get("schema_name"),
            "type": row.get("type"),
            "mode": row.get("mode"),
            "comment": text(row.get("comment")),
            "valueLists": sets.stored(values),
            DESCRIBED: [{**stored(_COLUMNS, described), "valueLists": values}],
        }
