"""Device checks as posture rules of the WARP client."""

from __future__ import annotations

import pulumi
import pulumi_cloudflare as cloudflare

from infra import names
from infra.estate import Device
from infra.settings import Settings

SCHEDULE = "5m"  # how often WARP looks; the shortest that Cloudflare offers


class DeviceCheck(pulumi.ComponentResource):
    """What a device must fulfil."""

    id: pulumi.Output[str]

    def __init__(self, device: Device, settings: Settings) -> None:
        super().__init__("infra:access:DeviceCheck", device.name)
        rule = cloudflare.ZeroTrustDevicePostureRule(
            device.name,
            account_id=settings.account_id,
            name=names.physical(settings.stack, device.name),
            type=device.type.replace("-", "_"),
            matches=[cloudflare.ZeroTrustDevicePostureRuleMatchArgs(platform=name) for name in device.platforms],
            input=_input(device),
            schedule=SCHEDULE,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.id = rule.id
        self.register_outputs({"id": self.id})


def _input(device: Device) -> cloudflare.ZeroTrustDevicePostureRuleInputArgs:
    match device.type:
        case "disk-encryption":
            return cloudflare.ZeroTrustDevicePostureRuleInputArgs(require_all=True)
        case "firewall":
            return cloudflare.ZeroTrustDevicePostureRuleInputArgs(enabled=True)
        case "domain-joined":
            return cloudflare.ZeroTrustDevicePostureRuleInputArgs(domain=device.domain)
        case "os-version":
            return cloudflare.ZeroTrustDevicePostureRuleInputArgs(version=device.version, operator=">=")
        case "serial-number":
            return cloudflare.ZeroTrustDevicePostureRuleInputArgs(id=device.list_id)
        case _:
            return cloudflare.ZeroTrustDevicePostureRuleInputArgs()
