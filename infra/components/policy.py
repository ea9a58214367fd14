"""Reusable Access policies: account level, shared by every app that says the same."""

from __future__ import annotations

import pulumi
import pulumi_cloudflare as cloudflare

from infra import names
from infra.policies import Policy
from infra.rules import Ids, excluded, included, required
from infra.settings import Settings


class AccessPolicy(pulumi.ComponentResource):
    """One decision with its rules."""

    id: pulumi.Output[str]

    def __init__(self, policy: Policy, settings: Settings, ids: Ids) -> None:
        super().__init__("infra:access:AccessPolicy", policy.name)
        resource = cloudflare.ZeroTrustAccessPolicy(
            policy.name,
            account_id=settings.account_id,
            name=names.physical(settings.stack, policy.name),
            decision=policy.decision,
            includes=[cloudflare.ZeroTrustAccessPolicyIncludeArgs(**item) for item in included(policy, ids)],
            requires=[cloudflare.ZeroTrustAccessPolicyRequireArgs(**item) for item in required(policy, ids)] or None,
            excludes=[cloudflare.ZeroTrustAccessPolicyExcludeArgs(**item) for item in excluded(policy, ids)] or None,
            # The policy's own duration wins over the application's; left out it is 24h, whatever the application says.
            session_duration=policy.session,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.id = resource.id
        self.register_outputs({"id": self.id})
