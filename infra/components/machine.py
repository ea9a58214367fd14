"""A machine's service token."""

from __future__ import annotations

import pulumi
import pulumi_cloudflare as cloudflare

from infra import names
from infra.estate import Machine
from infra.settings import Settings


class MachineToken(pulumi.ComponentResource):
    """Client id and client secret of a machine. Cloudflare shows the secret once; it is kept in Pulumi's state.

    `expires_at` is when the token stops working, unless it is refreshed or rotated before.
    """

    id: pulumi.Output[str]
    client_id: pulumi.Output[str]
    client_secret: pulumi.Output[str]
    expires_at: pulumi.Output[str]

    def __init__(self, machine: Machine, settings: Settings) -> None:
        super().__init__("infra:access:MachineToken", machine.name)
        token = cloudflare.ZeroTrustAccessServiceToken(
            machine.name,
            account_id=settings.account_id,
            name=names.physical(settings.stack, machine.name),
            duration=f"{machine.hours}h",
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.id = token.id
        self.client_id = token.client_id
        self.client_secret = pulumi.Output.secret(token.client_secret)
        self.expires_at = token.expires_at
        self.register_outputs(
            {"clientId": self.client_id, "clientSecret": self.client_secret, "expiresAt": self.expires_at}
        )
