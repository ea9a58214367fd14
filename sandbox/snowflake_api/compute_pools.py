"""Compute pools. Nothing here computes: they have nodes, a state, and whoever may use them."""

from __future__ import annotations

from dataclasses import replace

from sandbox.snowflake_api import refusals
from sandbox.snowflake_api.call import Call
from sandbox.snowflake_api.kind import COMMENT, Creation, Kind, changed
from sandbox.snowflake_api.names import quoted
from sandbox.snowflake_api.reader import Property, Reader
from sandbox.snowflake_api.result import Result, columns, status, table
from sandbox.snowflake_api.things import ComputePool, Thing

FAMILIES = frozenset(
    {
        *(f"CPU_X64_{size}" for size in ("XS", "S", "M", "SL", "L")),
        *(f"HIGHMEM_X64_{size}" for size in ("S", "M", "SL", "L")),
        *(f"GPU_NV_{size}" for size in ("XS", "S", "M", "L", "SM", "2M", "3M", "SL")),
    }
)
"""Instance families of Snowflake's page CREATE COMPUTE POOL."""


def _upper(reader: Reader) -> str:
    return reader.scalar().upper()


def _families(reader: Reader) -> tuple[str, ...]:
    return reader.listed(lambda: reader.scalar().upper())


_POOL: dict[str, Property] = {
    "MIN_NODES": ("min_nodes", Reader.integer),
    "MAX_NODES": ("max_nodes", Reader.integer),
    "AUTO_RESUME": ("auto_resume", Reader.boolean),
    "AUTO_SUSPEND_SECS": ("auto_suspend", Reader.integer),
    "BACKUP_INSTANCE_FAMILIES": ("backup_families", _families),
    **COMMENT,
}


def _create_pool(creation: Creation) -> Result:
    call = creation.call
    path = call.path(ComputePool, call.reader.name())
    wanted: dict[str, Property] = {
        **_POOL,
        "INSTANCE_FAMILY": ("family", _upper),
        "INITIALLY_SUSPENDED": ("suspended", Reader.boolean),
    }
    changes = call.reader.properties(wanted, "COMPUTE POOL")
    call.reader.end()
    for key in ("MIN_NODES", "MAX_NODES", "INSTANCE_FAMILY"):
        if wanted[key][0] not in changes:
            raise refusals.missing_property(key)
    return creation.made(path, _checked_pool(call, None, changed(ComputePool(), changes)), changes.get("comment"))


def _checked_pool(_: Call, __: ComputePool | None, after: ComputePool) -> ComputePool:
    for family in (after.family, *after.backup_families):
        if family not in FAMILIES:
            raise refusals.invalid_value(family, "INSTANCE_FAMILY")
    if not 1 <= after.min_nodes <= after.max_nodes:
        raise refusals.invalid_value(str(after.min_nodes), "MIN_NODES", "It lies between 1 and MAX_NODES")
    return after


def _run_pool(call: Call, thing: Thing[ComputePool], *, suspended: bool) -> Result:
    call.reader.end()
    if not call.may(thing, "OPERATE"):
        raise refusals.insufficient(thing.kind, quoted(thing.name))
    call.catalogue.put(replace(thing, body=replace(thing.body, suspended=suspended)))
    return status()


def _stop_all(call: Call, thing: Thing[ComputePool]) -> Result:
    """Every service of the pool ends; apps start again when somebody opens them."""
    call.reader.end()
    if not call.may(thing, "OPERATE"):
        raise refusals.insufficient(thing.kind, quoted(thing.name))
    return status()


_POOL_STATE = (
    "state min_nodes:fixed max_nodes:fixed instance_family num_services:fixed num_jobs:fixed auto_suspend_secs:fixed "
    "auto_resume:boolean active_nodes:fixed idle_nodes:fixed target_nodes:fixed resumed_on:timestamp_ltz "
    "updated_on:timestamp_ltz owner comment is_exclusive:boolean application budget backup_instance_families "
    "error_code status_message"
)
POOL_COLUMNS = columns(f"created_on:timestamp_ltz name {_POOL_STATE}")


def _pool_row(_: Call, thing: Thing[ComputePool]) -> tuple[object, ...]:
    body = thing.body
    nodes = 0 if body.suspended else body.min_nodes
    backup = f"[{', '.join(body.backup_families)}]"
    return (
        *(thing.created, thing.name, "SUSPENDED" if body.suspended else "IDLE", body.min_nodes, body.max_nodes),
        *(body.family, 0, 0, body.auto_suspend, body.auto_resume, 0, nodes, nodes, thing.created, thing.created),
        *(thing.owner, thing.comment, False, None, None, backup, "", ""),
    )


def _describe_pool(call: Call, thing: Thing[ComputePool]) -> Result:
    return table(POOL_COLUMNS, [_pool_row(call, thing)])


COMPUTE_POOLS = Kind(
    body=ComputePool,
    words="COMPUTE POOL",
    plural="COMPUTE POOLS",
    privileges=frozenset({"USAGE", "OPERATE", "MONITOR", "MODIFY"}),
    columns=POOL_COLUMNS,
    row=_pool_row,
    describe=_describe_pool,
    create=_create_pool,
    settable=_POOL,
    unsettable=("AUTO_SUSPEND_SECS", "AUTO_RESUME", "BACKUP_INSTANCE_FAMILIES", "COMMENT"),
    checked=_checked_pool,
    alter_privileges=("MODIFY",),
    actions={
        "SUSPEND": lambda call, thing: _run_pool(call, thing, suspended=True),
        "RESUME": lambda call, thing: _run_pool(call, thing, suspended=False),
        "STOP ALL": _stop_all,
    },
)
