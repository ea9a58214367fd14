"""The public name of a host, as a proxied record that leads into the tunnel."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_cloudflare as cloudflare

from infra import names
from infra.settings import Settings, Zone


class DnsRoute(pulumi.ComponentResource):
    """One host name, whatever the number of apps on it. It comes last: from here on people reach the apps."""

    def __init__(
        self,
        hostname: str,
        tunnel_id: pulumi.Output[str],
        settings: Settings,
        zone: Zone,
        after: Sequence[pulumi.Resource],
    ) -> None:
        super().__init__("infra:dns:DnsRoute", hostname)
        cloudflare.DnsRecord(
            hostname,
            zone_id=zone.id,
            name=hostname,
            type="CNAME",
            content=pulumi.Output.concat(tunnel_id, ".cfargotunnel.com"),
            proxied=True,
            ttl=1,
            comment=names.comment(settings.stack),
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(after)),
        )
        self.register_outputs({})
