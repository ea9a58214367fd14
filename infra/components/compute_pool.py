"""A compute pool of the stack's own, for apps in containers."""

from __future__ import annotations

import pulumi
import pulumi_snowflake as snowflake

from infra import names
from infra.estate import ComputePool


class AppsPool(pulumi.ComponentResource):
    """It wakes up by itself, without which Snowflake runs no app in it."""

    pool: snowflake.ComputePool

    def __init__(self, pool: ComputePool, stack: str, login: snowflake.Provider) -> None:
        super().__init__("infra:snowflake:AppsPool", pool.key)
        self.pool = snowflake.ComputePool(
            pool.key,
            name=pool.name,
            instance_family=pool.instance_family,
            min_nodes=pool.min_nodes,
            max_nodes=pool.max_nodes,
            auto_resume="true",
            auto_suspend_secs=pool.auto_suspend,
            comment=names.comment(stack),
            opts=pulumi.ResourceOptions(parent=self, provider=login),
        )
        self.register_outputs({})
