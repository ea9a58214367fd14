"""The schema of a stack's apps."""

from __future__ import annotations

import pulumi
import pulumi_snowflake as snowflake

from infra import names
from infra.estate import SnowflakeSchema


class AppsSchema(pulumi.ComponentResource):
    """A schema with managed access: only its owner grants, so that apps.yaml says all about who may see an app."""

    schema: snowflake.Schema

    def __init__(self, schema: SnowflakeSchema, stack: str, login: snowflake.Provider) -> None:
        super().__init__("infra:snowflake:AppsSchema", schema.name)
        self.schema = snowflake.Schema(
            schema.name,
            database=schema.database,
            name=schema.name,
            with_managed_access="true",
            comment=names.comment(stack),
            opts=pulumi.ResourceOptions(parent=self, provider=login),
        )
        self.register_outputs({})
