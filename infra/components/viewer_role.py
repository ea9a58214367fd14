"""A department as an account role in Snowflake. Who is in it is said by the directory, or an administrator.

It has people and other grants than Gatehouse's, so it is the same role for as long as its name in Snowflake stays,
whatever `apps.yaml` calls the department.
"""

from __future__ import annotations

import pulumi
import pulumi_snowflake as snowflake

from infra.estate import Department
from infra.settings import SnowflakeSettings


class ViewerRole(pulumi.ComponentResource):
    """The role of one department."""

    role: snowflake.AccountRole

    def __init__(self, department: Department, settings: SnowflakeSettings, login: snowflake.Provider) -> None:
        super().__init__("infra:snowflake:ViewerRole", department.snowflake_role)
        self.role = snowflake.AccountRole(
            department.snowflake_role,
            name=department.snowflake_role,
            comment=f"department {department.name}",
            opts=pulumi.ResourceOptions(parent=self, provider=login, protect=settings.protect),
        )
        self.register_outputs({})
