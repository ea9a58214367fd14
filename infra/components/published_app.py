"""A tunnelled app as an Access application."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_cloudflare as cloudflare

from infra import names
from infra.estate import App, Tunnelled
from infra.reach import command
from infra.settings import Settings


@dataclass(frozen=True)
class Admission:
    """Who is asked to sign in where: policy ids in order of evaluation, and ids of identity providers."""

    policies: Sequence[pulumi.Input[str]]
    providers: Sequence[pulumi.Input[str]]


class PublishedApp(pulumi.ComponentResource):
    """The guard in front of an app. `aud` is what a token for this app carries."""

    aud: pulumi.Output[str]

    def __init__(
        self,
        app: App,
        home: Tunnelled,
        admission: Admission,
        settings: Settings,
        after: Sequence[pulumi.Resource],
    ) -> None:
        super().__init__("infra:access:PublishedApp", app.name)
        # Cloudflare knows a guard by its address and refuses a second one. When another app takes the address over, the
        # old guard goes first: in place, the new app's people would reach the old origin until the ingress map follows.
        opts = pulumi.ResourceOptions(
            parent=self, depends_on=list(after), replacement_trigger=app.name, delete_before_replace=True
        )
        application = cloudflare.ZeroTrustAccessApplication(
            home.domain,
            account_id=settings.account_id,
            name=names.application(settings.stack, app.title),
            domain=home.domain,
            type="self_hosted",
            policies=[
                cloudflare.ZeroTrustAccessApplicationPolicyArgs(id=policy, precedence=precedence)
                for precedence, policy in enumerate(admission.policies, start=1)
            ],
            allowed_idps=list(admission.providers),
            auto_redirect_to_identity=len(admission.providers) == 1,
            session_duration=app.session,
            # What a browser does not open has no tile, and cloudflared reads the cookie
            # (developers.cloudflare.com/cloudflare-one/access-controls/applications/http-apps/authorization-cookie).
            app_launcher_visible=not command(home),
            http_only_cookie_attribute=not command(home),
            same_site_cookie_attribute="lax",
            # Apps that share a host name would otherwise overwrite each other's cookie.
            path_cookie_attribute=True if home.path else None,
            tags=[names.TAG],
            opts=opts,
        )
        self.aud = application.aud
        self.register_outputs({"aud": self.aud})
