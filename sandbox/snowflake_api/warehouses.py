"""Warehouses. Nothing here computes: they have a size, a state, and whoever may use them."""

from __future__ import annotations

from dataclasses import replace

from sandbox.snowflake_api import refusals
from sandbox.snowflake_api.call import Call
from sandbox.snowflake_api.kind import COMMENT, Creation, Kind, changed
from sandbox.snowflake_api.reader import Property, Reader
from sandbox.snowflake_api.result import Result, columns, status, table
from sandbox.snowflake_api.things import Thing, Warehouse

_SIZES = {
    "XSMALL": "X-Small",
    "X-SMALL": "X-Small",
    "SMALL": "Small",
    "MEDIUM": "Medium",
    "LARGE": "Large",
    "XLARGE": "X-Large",
    "X-LARGE": "X-Large",
    "XXLARGE": "2X-Large",
    "X2LARGE": "2X-Large",
    "2X-LARGE": "2X-Large",
    "XXXLARGE": "3X-Large",
    "X3LARGE": "3X-Large",
    "3X-LARGE": "3X-Large",
    "X4LARGE": "4X-Large",
    "4X-LARGE": "4X-Large",
    "X5LARGE": "5X-Large",
    "5X-LARGE": "5X-Large",
    "X6LARGE": "6X-Large",
    "6X-LARGE": "6X-Large",
}


def _size(reader: Reader) -> str:
    given = reader.scalar()
    if given.upper() not in _SIZES:
        raise refusals.invalid_value(given, "WAREHOUSE_SIZE")
    return _SIZES[given.upper()]


def _upper(reader: Reader) -> str:
    return reader.scalar().upper()


def _seconds(reader: Reader) -> int:
    return 0 if reader.accept("NULL") else reader.integer()


_WAREHOUSE: dict[str, Property] = {
    "WAREHOUSE_TYPE": ("type", _upper),
    "WAREHOUSE_SIZE": ("size", _size),
    "MAX_CLUSTER_COUNT": ("max_clusters", Reader.integer),
    "MIN_CLUSTER_COUNT": ("min_clusters", Reader.integer),
    "SCALING_POLICY": ("scaling", _upper),
    "AUTO_SUSPEND": ("auto_suspend", _seconds),
    "AUTO_RESUME": ("auto_resume", Reader.boolean),
    "ENABLE_QUERY_ACCELERATION": ("acceleration", Reader.boolean),
    "QUERY_ACCELERATION_MAX_SCALE_FACTOR": ("acceleration_scale", Reader.integer),
    "MAX_CONCURRENCY_LEVEL": ("concurrency", Reader.integer),
    "STATEMENT_QUEUED_TIMEOUT_IN_SECONDS": ("queued_timeout", Reader.integer),
    "STATEMENT_TIMEOUT_IN_SECONDS": ("statement_timeout", Reader.integer),
    "GENERATION": ("generation", Reader.scalar),
    "WAIT_FOR_COMPLETION": ("", Reader.boolean),  # it is done at once
    **COMMENT,
}


def _create_warehouse(creation: Creation) -> Result:
    call = creation.call
    path = call.path(Warehouse, call.reader.name())
    call.reader.accept("WITH")
    wanted: dict[str, Property] = {**_WAREHOUSE, "INITIALLY_SUSPENDED": ("suspended", Reader.boolean)}
    changes = call.reader.properties(wanted, "WAREHOUSE")
    call.reader.end()
    body = _checked_warehouse(call, None, changed(Warehouse(), changes))
    placed = creation.place(path, body, changes.get("comment"))
    if placed is not None:
        call.session.warehouse = placed.name
    return creation.said(path, placed)


def _checked_warehouse(_: Call, __: Warehouse | None, after: Warehouse) -> Warehouse:
    if not 1 <= after.min_clusters <= after.max_clusters <= 10:
        raise refusals.invalid_value(str(after.min_clusters), "MIN_CLUSTER_COUNT")
    if after.auto_suspend < 0:
        raise refusals.invalid_value(str(after.auto_suspend), "AUTO_SUSPEND")
    if after.type not in ("STANDARD", "SNOWPARK-OPTIMIZED"):
        raise refusals.invalid_value(after.type, "WAREHOUSE_TYPE")
    return after


def _run_warehouse(call: Call, thing: Thing[Warehouse], *, suspended: bool) -> Result:
    call.reader.accept("IF SUSPENDED")
    call.reader.end()
    thing = call.get(Warehouse, thing.path, "OPERATE")
    call.catalogue.put(replace(thing, body=replace(thing.body, suspended=suspended)))
    return status()


WAREHOUSE_COLUMNS = columns(
    "name state type size min_cluster_count:fixed max_cluster_count:fixed started_clusters:fixed running:fixed "
    "queued:fixed is_default is_current auto_suspend:fixed auto_resume available provisioning quiescing other "
    "created_on:timestamp_ltz resumed_on:timestamp_ltz updated_on:timestamp_ltz owner comment "
    "enable_query_acceleration:boolean query_acceleration_max_scale_factor:fixed resource_monitor actives:fixed "
    "pendings:fixed failed:fixed suspended:fixed uuid scaling_policy budget owner_role_type resource_constraint "
    "generation"
)


def _warehouse_row(call: Call, thing: Thing[Warehouse]) -> tuple[object, ...]:
    body = thing.body
    running = not body.suspended
    state = "STARTED" if running else "SUSPENDED"
    current = "Y" if call.session.warehouse == thing.name else "N"
    return (
        *(thing.name, state, body.type, body.size, body.min_clusters, body.max_clusters, int(running), 0, 0, "N"),
        *(current, body.auto_suspend, str(body.auto_resume).lower(), "100" if running else "", "", "", ""),
        *(thing.created, thing.created, thing.created, thing.owner, thing.comment or "", body.acceleration),
        *(body.acceleration_scale, "null", 0, 0, 0, 0, "", body.scaling, None, "ROLE", None, body.generation),
    )


def _describe_warehouse(_: Call, thing: Thing[Warehouse]) -> Result:
    return table(columns("created_on:timestamp_ltz name kind"), [(thing.created, thing.name, "WAREHOUSE")])


WAREHOUSES = Kind(
    body=Warehouse,
    words="WAREHOUSE",
    plural="WAREHOUSES",
    privileges=frozenset({"USAGE", "OPERATE", "MONITOR", "MODIFY", "APPLYBUDGET"}),
    columns=WAREHOUSE_COLUMNS,
    row=_warehouse_row,
    describe=_describe_warehouse,
    create=_create_warehouse,
    settable=_WAREHOUSE,
    unsettable=tuple(_WAREHOUSE),
    checked=_checked_warehouse,
    alter_privileges=("MODIFY",),
    actions={
        "RESUME": lambda call, thing: _run_warehouse(call, thing, suspended=False),
        "SUSPEND": lambda call, thing: _run_warehouse(call, thing, suspended=True),
        "ABORT ALL QUERIES": lambda call, thing: _run_warehouse(call, thing, suspended=thing.body.suspended),
    },
)
