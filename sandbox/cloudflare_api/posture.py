"""Device posture rules."""

from __future__ import annotations

from sandbox.cloudflare_api.call import Call
from sandbox.cloudflare_api.document import Json
from sandbox.cloudflare_api.envelope import Refusal
from sandbox.cloudflare_api.policies import rule_user
from sandbox.cloudflare_api.table import Resource

POSTURE_TYPES = (
    *("file", "application", "warp", "gateway", "firewall", "disk_encryption", "serial_number", "os_version"),
    *("domain_joined", "client_certificate", "client_certificate_v2", "antivirus", "unique_client_id"),
    *("carbonblack", "sentinelone", "tanium", "kolide", "intune", "workspace_one"),
    *("crowdstrike_s2s", "sentinelone_s2s", "tanium_s2s", "custom_s2s"),
)


def _refused(message: str) -> Refusal:
    return Refusal(400, 2007, f"invalid device posture rule: {message}")


def _prepared(_: Call, body: Json, __: Json | None) -> Json:
    if body["type"] not in POSTURE_TYPES:
        raise _refused(f"unknown type {body['type']}")
    return body


def _user(call: Call, rule: Json) -> str | None:
    return rule_user(call, "device_posture", "integration_uid", str(rule["id"]))


POSTURE_RULES = Resource(
    collection="posture_rules",
    path="devices/posture",
    required=("name", "type"),
    fields={"input": "an object", "match": "a list of objects", "schedule": "a text", "description": "a text"},
    computed=("id",),
    prepare=_prepared,
    used_by=_user,
    stamps=None,
    invalid=_refused,
    missing=(2006, "device posture rule not found"),
    created_status=200,
    removed_status=200,
)
