"""A department as an Access group."""

from __future__ import annotations

import pulumi
import pulumi_cloudflare as cloudflare

from infra import names
from infra.estate import Department
from infra.rules import Ids, members, vouched_for
from infra.settings import Settings


class DepartmentGroup(pulumi.ComponentResource):
    """The people of a department, as one identity provider vouches for them."""

    id: pulumi.Output[str]

    def __init__(self, department: Department, settings: Settings, ids: Ids) -> None:
        super().__init__("infra:access:DepartmentGroup", department.name)
        group = cloudflare.ZeroTrustAccessGroup(
            department.name,
            account_id=settings.account_id,
            name=names.physical(settings.stack, department.name),
            includes=[cloudflare.ZeroTrustAccessGroupIncludeArgs(**item) for item in members(department, ids)],
            requires=[cloudflare.ZeroTrustAccessGroupRequireArgs(**item) for item in vouched_for(department, ids)],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.id = group.id
        self.register_outputs({"id": self.id})
