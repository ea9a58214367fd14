"""Compute pools."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.plugins.snowflake.account import Account
from sandbox.plugins.snowflake.answers import Row, account_name, columns, go_time, items, number, stored, text, truth
from sandbox.plugins.snowflake.attributes import DESCRIBED, SHOWN, UNSAID, UNSAID_NUMBER, Attribute, table
from sandbox.plugins.snowflake.named import ON_ACCOUNT, NamedObject, comment, placed
from sandbox.plugins.snowflake.sql import Statement, flag, literals
from sandbox.plugins.values import Properties

_COLUMNS = columns(
    "name", "state", "instance_family", "owner", "comment",
    created_on=go_time, resumed_on=go_time, updated_on=go_time,
    min_nodes=number, max_nodes=number, num_services=number, num_jobs=number, auto_suspend_secs=number,
    active_nodes=number, idle_nodes=number, target_nodes=number,
    auto_resume=truth, is_exclusive=truth, application=account_name, backup_instance_families=items,
)  # fmt: skip


class ComputePool(NamedObject):
    """What is left to Snowflake is stored as such, until Snowflake has something else than last time."""

    noun, words, plural, place = "compute pool", "COMPUTE POOL", "COMPUTE POOLS", ON_ACCOUNT
    attributes = table(
        *placed(forces=True, place=ON_ACCOUNT),
        Attribute("minNodes", "MIN_NODES", str, required=True),
        Attribute("maxNodes", "MAX_NODES", str, required=True),
        Attribute("instanceFamily", "INSTANCE_FAMILY", str.upper, required=True, forces=True, normal=str.upper),
        Attribute("autoResume", "AUTO_RESUME", flag, default=UNSAID, current=(SHOWN, "autoResume")),
        Attribute("initiallySuspended", "INITIALLY_SUSPENDED", flag, default=UNSAID, fixed=True),
        Attribute(
            "autoSuspendSecs", "AUTO_SUSPEND_SECS", str, default=UNSAID_NUMBER, current=(SHOWN, "autoSuspendSecs")
        ),
        comment(),
        Attribute("backupInstanceFamilies", "BACKUP_INSTANCE_FAMILIES", literals),
    )
    set_order = ("minNodes", "maxNodes", "autoResume", "autoSuspendSecs", "backupInstanceFamilies", "comment")
    unsupported = ("forApplication",)
    computed = ("fullyQualifiedName", SHOWN, DESCRIBED)
    shown = _COLUMNS

    def details(self, account: Account, ident: str, row: Row, state: Properties) -> Properties:  # noqa: ARG002 # as every type's
        """The same again, with what went wrong."""
        described = next(iter(self.described(account, ident)), {})
        return {
            "minNodes": number(row.get("min_nodes")),
            "maxNodes": number(row.get("max_nodes")),
            "instanceFamily": row.get("instance_family"),
            "backupInstanceFamilies": items(row.get("backup_instance_families")) or None,
            "comment": text(row.get("comment")),
            DESCRIBED: [stored((*_COLUMNS, *columns("error_code", "status_message")), described)],
        }

    def deleting(self, ident: str, state: Properties) -> Iterator[Statement]:
        """What runs in it is stopped first."""
        yield Statement(f"ALTER COMPUTE POOL IF EXISTS {self.sql_name(ident)} STOP ALL")
        yield from super().deleting(ident, state)
