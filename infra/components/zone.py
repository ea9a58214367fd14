"""The zone of a stack: that it is the right one, and that it speaks HTTPS only."""

from __future__ import annotations

import pulumi
import pulumi_cloudflare as cloudflare

from infra import names
from infra.settings import Settings, Zone, wrong_zone


class ZoneHttps(pulumi.ComponentResource):
    """Always Use HTTPS. Deleting the resource leaves the setting as it is, so stacks may share a zone."""

    def __init__(self, zone: Zone) -> None:
        super().__init__("infra:dns:ZoneHttps", zone.name)
        cloudflare.ZoneSetting(
            names.ALWAYS_HTTPS,
            zone_id=zone.id,
            setting_id=names.ALWAYS_HTTPS,
            value="on",
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})


def confirm_zone(settings: Settings, zone: Zone) -> None:
    """Ensure that the zone is active, has the expected name and belongs to the account; ConfigError otherwise.

    Records of another account's zone are never routed into the tunnel, and a pending zone answers nobody.
    """
    try:
        found = cloudflare.get_zone(zone_id=zone.id)
    except Exception as error:  # the SDK raises a bare Exception for whatever the API refuses
        answer = str(error).rpartition("returned an error: ")[2]
        advice = "the id may be wrong, or the API token may lack `Zone Read` for it; see docs/first-account.md"
        raise wrong_zone(zone, f"zone `{zone.id}` cannot be read", f"Cloudflare says: {answer}", advice) from None
    if found.account.id != settings.account_id:
        raise wrong_zone(zone, f"zone `{zone.id}` belongs to another account, `{found.account.id}`")
    if found.name != zone.name:
        raise wrong_zone(zone, f"zone `{zone.id}` is `{found.name}`, not `{zone.name}`")
    if found.status != "active":
        advice = "point the domain to Cloudflare's name servers and wait until the zone is active"
        raise wrong_zone(zone, f"zone `{zone.name}` is {found.status}, not active", advice)
