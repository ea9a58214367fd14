"""An OR list inside `require` as an Access group: Cloudflare ANDs whatever stands in `require` itself."""

from __future__ import annotations

import pulumi
import pulumi_cloudflare as cloudflare

from infra import names
from infra.policies import AnyOf
from infra.rules import Ids, alternatives
from infra.settings import Settings


class AnyOfGroup(pulumi.ComponentResource):
    """Those who fulfil one of several values of a condition."""

    id: pulumi.Output[str]

    def __init__(self, any_of: AnyOf, settings: Settings, ids: Ids) -> None:
        super().__init__("infra:access:AnyOfGroup", any_of.name)
        choices = alternatives(any_of.condition, ids)
        group = cloudflare.ZeroTrustAccessGroup(
            any_of.name,
            account_id=settings.account_id,
            name=names.physical(settings.stack, any_of.name),
            includes=[cloudflare.ZeroTrustAccessGroupIncludeArgs(**item) for item in choices],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.id = group.id
        self.register_outputs({"id": self.id})
