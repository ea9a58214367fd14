"""Recordings of the official provider plugin, translated to the ids of this run.

What the plugin stored is written in its own spelling (camel case, plurals); `as_rest` brings it back to REST.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .conftest import ACCOUNT, ZONE

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
RECORDINGS = SHARED / "cloudflare-provider-requests.json"
ACCOUNT_RECORDED, ZONE_RECORDED = "a" * 32, "b" * 32

# The collection that a recorded type lives in; the tunnel's configuration is read under the tunnel.
PATHS = {
    "ZeroTrustAccessIdentityProvider": "access/identity_providers",
    "ZeroTrustAccessTag": "access/tags",
    "ZeroTrustAccessServiceToken": "access/service_tokens",
    "ZeroTrustAccessPolicy": "access/policies",
    "ZeroTrustAccessGroup": "access/groups",
    "ZeroTrustAccessApplication": "access/apps",
    "ZeroTrustDevicePostureRule": "devices/posture",
    "ZeroTrustTunnelCloudflared": "cfd_tunnel",
    "DnsRecord": "dns_records",
}
SINGULAR = {"includes": "include", "excludes": "exclude", "requires": "require", "matches": "match"}
SPELLING = {"azure_ad": "azureAD", "github_organization": "github-organization"}
TUNNEL_SPELLING = {
    "ingresses": "ingress",
    "audTags": "audTag",
    "matchSnItoHost": "matchSNItoHost",
    "noTlsVerify": "noTLSVerify",
}


@dataclass(frozen=True)
class Recorded:
    """A resource as the plugin stored it: its collection, recorded id, and outputs in REST spelling."""

    path: str
    name: str
    id: str
    outputs: dict[str, Any]


@dataclass
class Ids:
    """Recorded texts and what stands for them in this run."""

    known: dict[str, str] = field(default_factory=lambda: {ACCOUNT_RECORDED: ACCOUNT, ZONE_RECORDED: ZONE})

    def here(self, value: Any) -> Any:
        """The value with every recorded id replaced."""
        text = json.dumps(value)
        for recorded, own in self.known.items():
            text = text.replace(recorded, own)
        return json.loads(text)


def phases() -> dict[str, list[dict[str, Any]]]:
    """The recorded requests, phase by phase."""
    found: dict[str, list[dict[str, Any]]] = json.loads(RECORDINGS.read_text(encoding="utf-8"))["phases"]
    return found


def resources() -> Iterator[Recorded]:
    """The recorded resources that have an object of their own."""
    for one in json.loads(RECORDINGS.read_text(encoding="utf-8"))["resources"]:
        kind = one["type"].rpartition(":")[2]
        outputs = {key: value for key, value in one["outputs"].items() if not key.startswith("__")}
        if kind in PATHS:
            yield Recorded(PATHS[kind], outputs["name"], one["id"], as_rest(outputs))


def recorded_configuration() -> dict[str, Any]:
    """The tunnel configuration as it was stored; inside, the API spells in camel case too."""
    for one in json.loads(RECORDINGS.read_text(encoding="utf-8"))["resources"]:
        if one["type"].endswith("CloudflaredConfig"):
            config: dict[str, Any] = _respelled(one["outputs"]["config"], TUNNEL_SPELLING)
            return config
    raise LookupError("no tunnel configuration was recorded")


def as_rest(value: Any) -> Any:
    """A stored value in REST spelling."""
    if isinstance(value, dict):
        return {_rest_key(key): as_rest(one) for key, one in value.items()}
    return [as_rest(one) for one in value] if isinstance(value, list) else value


def _rest_key(key: str) -> str:
    snake = re.sub("([A-Z])", lambda letter: f"_{letter[1].lower()}", SINGULAR.get(key, key))
    snake = {"ipv4_only": "ipv4_only", "ipv6_only": "ipv6_only"}.get(snake, snake)
    return SPELLING.get(snake, snake)


def _respelled(value: Any, spelling: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {spelling.get(key, key): _respelled(one, spelling) for key, one in value.items()}
    return [_respelled(one, spelling) for one in value] if isinstance(value, list) else value
