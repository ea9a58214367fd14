"""The tunnel of a stack and its ingress map, which Cloudflare pushes to the connectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_cloudflare as cloudflare

from infra import names
from infra.ingress import CATCH_ALL, IngressRule
from infra.settings import Settings

OriginRequestArgs = cloudflare.ZeroTrustTunnelCloudflaredConfigConfigIngressOriginRequestArgs
AccessArgs = cloudflare.ZeroTrustTunnelCloudflaredConfigConfigIngressOriginRequestAccessArgs
IngressArgs = cloudflare.ZeroTrustTunnelCloudflaredConfigConfigIngressArgs


class Tunnel(pulumi.ComponentResource):
    """A remotely managed tunnel. `auds` are the audience tags of the apps' guards, by app."""

    id: pulumi.Output[str]
    token: pulumi.Output[str]

    def __init__(
        self,
        rules: Sequence[IngressRule],
        auds: Mapping[str, pulumi.Output[str]],
        settings: Settings,
        after: Sequence[pulumi.Resource],
    ) -> None:
        super().__init__("infra:tunnel:Tunnel", names.TUNNEL)
        tunnel = cloudflare.ZeroTrustTunnelCloudflared(
            names.TUNNEL,
            account_id=settings.account_id,
            name=names.tunnel(settings.stack),
            config_src="cloudflare",
            opts=pulumi.ResourceOptions(parent=self),
        )
        ingresses = [_ingress(rule, auds[rule.app.name], settings.team) for rule in rules]
        cloudflare.ZeroTrustTunnelCloudflaredConfig(
            names.TUNNEL,
            account_id=settings.account_id,
            tunnel_id=tunnel.id,
            config=cloudflare.ZeroTrustTunnelCloudflaredConfigConfigArgs(
                ingresses=[*ingresses, IngressArgs(service=CATCH_ALL)]
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(after)),
        )
        found = cloudflare.get_zero_trust_tunnel_cloudflared_token_output(
            account_id=settings.account_id, tunnel_id=tunnel.id
        )
        self.id = tunnel.id
        self.token = pulumi.Output.secret(found.token)
        self.register_outputs({"id": self.id, "token": self.token})


def _ingress(rule: IngressRule, aud: pulumi.Output[str], team: str) -> IngressArgs:
    home = rule.home
    guard = AccessArgs(required=True, team_name=team, aud_tags=[aud]) if rule.guarded else None
    own = home.host_header or home.tls_name or not home.tls_verify
    request = OriginRequestArgs(
        access=guard,
        http_host_header=home.host_header,
        origin_server_name=home.tls_name,
        no_tls_verify=None if home.tls_verify else True,
    )
    return IngressArgs(
        hostname=home.hostname,
        path=rule.path or None,
        service=home.service,
        origin_request=request if guard or own else None,
    )
