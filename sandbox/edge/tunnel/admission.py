"""Whether a connector may serve a tunnel, by what the store says of it."""

from __future__ import annotations

import base64
import hmac

from sandbox.cloudflare_api.document import Json
from sandbox.cloudflare_api.store import Key, Store
from sandbox.edge.protocol.registration import Refused, Registration

# The words of the real edge; cloudflared gives up on them.
UNKNOWN_TUNNEL = "Unauthorized: Tunnel not found"
WRONG_SECRET = "Unauthorized: Invalid tunnel secret"  # noqa: S105


def admit(store: Store, registration: Registration) -> tuple[Key, Json] | Refused:
    """The tunnel that account tag, tunnel id and secret open together."""
    key = Key("tunnels", f"accounts/{registration.account_tag}", registration.tunnel_id)
    tunnel = store.get(key.collection, key.scope, key.id)
    if tunnel is None or tunnel["deleted_at"] is not None:
        return Refused(UNKNOWN_TUNNEL, retry=False)
    if not hmac.compare_digest(base64.b64decode(tunnel["_secret"]), registration.secret):
        return Refused(WRONG_SECRET, retry=False)
    return key, tunnel


def remotely_managed(store: Store, tunnel: Key) -> bool:
    """Whether the API holds this tunnel's ingress, and not a file beside the connector."""
    document = store.get(tunnel.collection, tunnel.scope, tunnel.id) or {}
    configuration = store.get("configurations", tunnel.scope, tunnel.id) or {}
    return "cloudflare" in (document.get("config_src"), configuration.get("source"))
