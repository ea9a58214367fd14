"""A Git repository in Snowflake, which fetches from it itself."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_snowflake as snowflake

from infra import names, sql
from infra.estate import GitSource, SnowflakeAccount


class GitClone(pulumi.ComponentResource):
    """A clone, fetched when the commit or tag of the app changes. `fetched` is what a copy waits for."""

    repository: snowflake.GitRepository
    fetched: snowflake.Execute

    def __init__(
        self,
        app: str,
        git: GitSource,
        account: SnowflakeAccount,
        name: sql.ObjectName,
        stack: str,
        login: snowflake.Provider,
        after: Sequence[pulumi.Resource],
    ) -> None:
        super().__init__("infra:snowflake:GitClone", app)
        self.repository = snowflake.GitRepository(
            app,
            name=name.name,
            database=name.database,
            schema=name.schema,
            origin=git.repository,
            api_integration=str(account.git_api_integration),
            git_credentials=sql.qualified(account.git_credentials) if account.git_credentials else None,
            comment=names.comment(stack),
            opts=pulumi.ResourceOptions(parent=self, provider=login, depends_on=list(after)),
        )
        opts = pulumi.ResourceOptions(
            parent=self,
            provider=login,
            depends_on=[self.repository],
            deleted_with=self.repository,
            replace_with=[self.repository],
        )
        reference = f"{app}@{git.reference}"
        self.fetched = snowflake.Execute(reference, execute=sql.fetch(name), revert=sql.NOTHING, opts=opts)
        self.register_outputs({})
