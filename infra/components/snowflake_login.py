"""The session in which the stack's own objects are made in Snowflake, and all grants."""

from __future__ import annotations

import pulumi
import pulumi_snowflake as snowflake

from infra.estate import SnowflakeAccount
from infra.settings import SnowflakeSettings


class DeployLogin(pulumi.ComponentResource):
    """The provider that works as the role that deploys."""

    provider: snowflake.Provider

    def __init__(self, account: SnowflakeAccount, settings: SnowflakeSettings) -> None:
        super().__init__("infra:snowflake:DeployLogin", account.role)
        self.provider = snowflake.Provider(
            account.role, role=account.role, **settings.login(), opts=pulumi.ResourceOptions(parent=self)
        )
        self.register_outputs({})
