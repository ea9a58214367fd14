"""The guard of a shared host name: whatever no app covers is denied to everyone."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_cloudflare as cloudflare

from infra import names
from infra.settings import Settings


class DefaultDeny(pulumi.ComponentResource):
    """An Access application for the bare host name. Apps on paths below are more specific and inherit nothing."""

    def __init__(
        self,
        hostname: str,
        denial: pulumi.Input[str],
        providers: Sequence[pulumi.Input[str]],
        settings: Settings,
        after: Sequence[pulumi.Resource],
    ) -> None:
        super().__init__("infra:access:DefaultDeny", hostname)
        cloudflare.ZeroTrustAccessApplication(
            hostname,
            account_id=settings.account_id,
            name=names.application(settings.stack, f"{names.DEFAULT_DENY} {hostname}"),
            domain=hostname,
            type="self_hosted",
            policies=[cloudflare.ZeroTrustAccessApplicationPolicyArgs(id=denial, precedence=1)],
            allowed_idps=list(providers),
            session_duration="24h",
            app_launcher_visible=False,
            http_only_cookie_attribute=True,
            same_site_cookie_attribute="lax",
            tags=[names.TAG],
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(after)),
        )
        self.register_outputs({})
