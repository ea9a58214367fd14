"""What an app may call outside Snowflake, and the secrets that may be used there."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_snowflake as snowflake

from infra import names, sql
from infra.estate import InSnowflake


class ExternalAccess(pulumi.ComponentResource):
    """A network rule and the external access integration that allows it."""

    integration: snowflake.ExternalAccessIntegration

    def __init__(
        self,
        app: str,
        home: InSnowflake,
        rule: sql.ObjectName,
        secrets: Sequence[str],
        stack: str,
        login: snowflake.Provider,
        after: Sequence[pulumi.Resource],
        anew_with: Sequence[pulumi.Resource],
    ) -> None:
        """It exists `after` others, and is made anew with secrets: another one may have the same name."""
        super().__init__("infra:snowflake:ExternalAccess", app)
        opts = pulumi.ResourceOptions(parent=self, provider=login, depends_on=list(after))
        network_rule = snowflake.NetworkRule(
            app,
            name=rule.name,
            database=rule.database,
            schema=rule.schema,
            mode="EGRESS",
            type="HOST_PORT",
            value_lists=list(home.external_hosts),
            comment=names.comment(stack),
            opts=opts,
        )
        self.integration = snowflake.ExternalAccessIntegration(
            app,
            name=home.integration,
            allowed_network_rules=[network_rule.fully_qualified_name],
            allowed_authentication_secrets={"secrets": list(secrets)} if secrets else {"none": True},
            enabled=True,
            comment=names.comment(stack),
            opts=pulumi.ResourceOptions.merge(
                opts, pulumi.ResourceOptions(replace_with=list(anew_with), delete_before_replace=True)
            ),
        )
        self.register_outputs({})
