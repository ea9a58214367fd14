"""Warehouses.

They are not in the recording; statements and columns are those of pkg/sdk/warehouses_gen.go, warehouses_ext.go and
pkg/resources/warehouse.go of terraform-provider-snowflake 2.20.
"""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.plugins.snowflake import names
from sandbox.plugins.snowflake.account import Account
from sandbox.plugins.snowflake.answers import Row, account_name, columns, go_time, number, share, text, truth
from sandbox.plugins.snowflake.attributes import SHOWN, UNSAID, UNSAID_NUMBER, Attribute, is_unset, table
from sandbox.plugins.snowflake.kind import Change
from sandbox.plugins.snowflake.named import ON_ACCOUNT, NamedObject, comment, placed
from sandbox.plugins.snowflake.parameters import PARAMETERS, Parameter, Parameters
from sandbox.plugins.snowflake.sql import Statement, flag, literal
from sandbox.plugins.values import Properties, reveal

_PARAMETERS = Parameters(
    "WAREHOUSE",
    (
        Parameter("MAX_CONCURRENCY_LEVEL", number),
        Parameter("STATEMENT_QUEUED_TIMEOUT_IN_SECONDS", number, plural=""),
        Parameter("STATEMENT_TIMEOUT_IN_SECONDS", number, plural=""),
    ),
)
_SIZES = {
    "X-SMALL": "XSMALL", "X-LARGE": "XLARGE", "2X-LARGE": "XXLARGE", "X2LARGE": "XXLARGE", "3X-LARGE": "XXXLARGE",
    "X3LARGE": "XXXLARGE", "4X-LARGE": "X4LARGE", "5X-LARGE": "X5LARGE", "6X-LARGE": "X6LARGE",
}  # fmt: skip


def _size(value: object) -> str:
    word = text(value).upper()
    return _SIZES.get(word, word)


def _upper(value: object) -> str:
    return literal(text(value).upper())


class Warehouse(NamedObject):
    """What is left to Snowflake is stored as such, until Snowflake has something else than last time."""

    noun, words, plural, place = "warehouse", "WAREHOUSE", "WAREHOUSES", ON_ACCOUNT
    attributes = table(
        *placed(forces=False, place=ON_ACCOUNT),
        Attribute(
            "warehouseSize", "WAREHOUSE_SIZE", lambda size: literal(_size(size)), normal=_size, current=(SHOWN, "size")
        ),
        Attribute("maxClusterCount", "MAX_CLUSTER_COUNT", str, current=(SHOWN, "maxClusterCount")),
        Attribute("minClusterCount", "MIN_CLUSTER_COUNT", str, current=(SHOWN, "minClusterCount")),
        Attribute("scalingPolicy", "SCALING_POLICY", _upper, normal=str.upper, current=(SHOWN, "scalingPolicy")),
        Attribute(
            "autoSuspend",
            "AUTO_SUSPEND",
            str,
            # Snowflake's own default, since UNSET does not bring it back.
            cleared="AUTO_SUSPEND = 600",
            default=UNSAID_NUMBER,
            current=(SHOWN, "autoSuspend"),
        ),
        Attribute("autoResume", "AUTO_RESUME", flag, default=UNSAID, current=(SHOWN, "autoResume")),
        Attribute("initiallySuspended", "INITIALLY_SUSPENDED", flag, fixed=True),
        Attribute(
            "resourceMonitor",
            "RESOURCE_MONITOR",
            lambda name: names.quoted(names.on_account(name)),
            normal=names.bare,
            current=(SHOWN, "resourceMonitor"),
        ),
        comment(),
        Attribute(
            "enableQueryAcceleration",
            "ENABLE_QUERY_ACCELERATION",
            flag,
            default=UNSAID,
            current=(SHOWN, "enableQueryAcceleration"),
        ),
        Attribute(
            "queryAccelerationMaxScaleFactor",
            "QUERY_ACCELERATION_MAX_SCALE_FACTOR",
            str,
            default=UNSAID_NUMBER,
            current=(SHOWN, "queryAccelerationMaxScaleFactor"),
        ),
        *_PARAMETERS.attributes,
    )
    unsupported = ("generation", "resourceConstraint", "warehouseType")
    computed = ("fullyQualifiedName", SHOWN, PARAMETERS)
    shown = columns(
        "name", "state", "type", "owner", "comment", "scaling_policy", "owner_role_type", "resource_constraint",
        "generation",
        size=_size, resource_monitor=account_name, created_on=go_time, resumed_on=go_time, updated_on=go_time,
        min_cluster_count=number, max_cluster_count=number, started_clusters=number, running=number, queued=number,
        auto_suspend=number, query_acceleration_max_scale_factor=number,
        available=share, provisioning=share, quiescing=share, other=share,
        is_default=truth, is_current=truth, auto_resume=truth, enable_query_acceleration=truth,
    )  # fmt: skip

    def changing(self, attribute: Attribute, value: object) -> str:
        """Another size is waited for."""
        waiting = " WAIT_FOR_COMPLETION = true" if attribute.name == "warehouseSize" else ""
        return super().changing(attribute, value) + waiting

    def altering(self, account: Account, ident: str, change: Change) -> Iterator[Statement]:
        """Before another size the warehouse is looked at."""
        yield from self.renaming(ident, change)
        ident = self.moved(ident, change)
        if "warehouseSize" in change.names:
            self.found(account, ident)
        yield from self.resetting(ident, change)

    def details(self, account: Account, ident: str, row: Row, state: Properties) -> Properties:  # noqa: ARG002 # as every type's
        """Parameters."""
        parameters = _PARAMETERS.outputs(_PARAMETERS.asked(account, self.sql_name(ident)))
        return {"comment": text(row.get("comment")), **parameters}

    def drift(self, account: Account, ident: str, inputs: Properties, state: Properties) -> tuple[str, ...]:
        """Parameters."""
        return _PARAMETERS.drift(_PARAMETERS.asked(account, self.sql_name(ident)), inputs, state)

    def replaces(self, changed: tuple[str, ...], inputs: Properties, state: Properties) -> tuple[str, ...]:
        """A size cannot be given back."""
        is_given_back = "warehouseSize" in changed and is_unset(reveal(inputs.get("warehouseSize")))
        return (*super().replaces(changed, inputs, state), *(("warehouseSize",) if is_given_back else ()))
