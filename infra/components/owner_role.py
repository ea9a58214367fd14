"""The role with whose rights a department's apps run, and the session in which their objects are made.

Ownership of a STREAMLIT cannot be handed over (it is not among the types of GRANT OWNERSHIP), so whoever creates it
must be who it runs as.
"""

from __future__ import annotations

import pulumi
import pulumi_snowflake as snowflake

from infra import names
from infra.settings import SnowflakeSettings


class OwnerRole(pulumi.ComponentResource):
    """One owner role; `provider` works as it."""

    role: snowflake.AccountRole
    provider: snowflake.Provider

    def __init__(
        self, name: str, deploy_role: str, stack: str, settings: SnowflakeSettings, login: snowflake.Provider
    ) -> None:
        super().__init__("infra:snowflake:OwnerRole", name)
        opts = pulumi.ResourceOptions(parent=self, provider=login)
        self.role = snowflake.AccountRole(name, name=name, comment=names.comment(stack), opts=opts)
        # The user who deploys may take a role on that theirs has.
        granted = snowflake.GrantAccountRole(
            name,
            role_name=self.role.name,
            parent_role_name=deploy_role,
            opts=pulumi.ResourceOptions(parent=self, provider=login, deleted_with=self.role, replace_with=[self.role]),
        )
        # Not known before the grant exists: a preview must not log in as a role that is not there yet.
        role = granted.id.apply(lambda _: name)
        self.provider = snowflake.Provider(
            name, role=role, **settings.login(), opts=pulumi.ResourceOptions(parent=self, depends_on=[granted])
        )
        self.register_outputs({})
