"""A grant in Snowflake."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_snowflake as snowflake

from infra.privileges import ON_ACCOUNT, Grant


class Privilege(pulumi.ComponentResource):
    """Privileges of one role on one object; they go with the object, and come again with a new one."""

    grant: snowflake.GrantPrivilegesToAccountRole

    def __init__(
        self,
        grant: Grant,
        target: Sequence[pulumi.Resource],
        role: pulumi.Resource | None,
        login: snowflake.Provider,
        after: Sequence[pulumi.Resource],
    ) -> None:
        """`target` is what the object is made of, if the stack makes it; the first is there as long as the object."""
        super().__init__("infra:snowflake:Privilege", grant.logical_name)
        on: dict[str, Any] = {"object_type": grant.target.kind, "object_name": grant.target.name}
        if grant.target.kind in ON_ACCOUNT:
            on = {"on_account_object": on}
        elif grant.target.kind == "SCHEMA":
            on = {"on_schema": {"schema_name": grant.target.name}}
        else:
            on = {"on_schema_object": on}
        made = [*target, *([] if role is None else [role])]
        # All stacks of an account lead one role through one database: the first to go must not shut out the others.
        shared = grant.target.kind == "DATABASE" and grant.to_viewers
        self.grant = snowflake.GrantPrivilegesToAccountRole(
            grant.logical_name,
            account_role_name=grant.role,
            privileges=list(grant.privileges),
            **on,
            opts=pulumi.ResourceOptions(
                parent=self,
                provider=login,
                depends_on=[*made, *after],
                replace_with=made,
                # An old grant that is revoked last takes the new one with it: the object has the same name.
                delete_before_replace=True,
                deleted_with=made[0] if made else None,
                retain_on_delete=shared,
            ),
        )
        self.register_outputs({})
