"""A department as an account role in Snowflake. Who is in it is said by the directory, or an administrator."""

from __future__ import annotations

import pulumi
import pulumi_snowflake as snowflake

from infra.estate import Department
from infra.settings import SnowflakeSettings


class ViewerRole(pulumi.ComponentResource):
    """The role of one department."""

    role: snowflake.AccountRole

    def __init__(self, department: Department, settings: SnowflakeSettings, login: snowflake.Provider) -> None:
        super().__init__("infra:snowflake:ViewerRole", department.name)
        self.role = snowflake.AccountRole(
            department.name,
            name=department.snowflake_role,
            comment=f"department {department.name}",
            opts=pulumi.ResourceOptions(parent=self, provider=login, protect=settings.protect),
        )
        self.register_outputs({})
