"""A warehouse of the stack's own, for the queries of apps."""

from __future__ import annotations

import pulumi
import pulumi_snowflake as snowflake

from infra import names
from infra.estate import Warehouse


class QueryWarehouse(pulumi.ComponentResource):
    """It sleeps when nobody asks, and wakes up by itself."""

    warehouse: snowflake.Warehouse

    def __init__(self, warehouse: Warehouse, stack: str, login: snowflake.Provider) -> None:
        super().__init__("infra:snowflake:QueryWarehouse", warehouse.key)
        self.warehouse = snowflake.Warehouse(
            warehouse.key,
            name=warehouse.name,
            warehouse_size=warehouse.size,
            auto_suspend=warehouse.auto_suspend,
            auto_resume="true",
            initially_suspended=True,
            comment=names.comment(stack),
            opts=pulumi.ResourceOptions(parent=self, provider=login),
        )
        self.register_outputs({})
