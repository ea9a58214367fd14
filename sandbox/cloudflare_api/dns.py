"""DNS records of a zone."""

from __future__ import annotations

import ipaddress
import re

from sandbox.cloudflare_api.call import Call, Route, new_hex, now, route
from sandbox.cloudflare_api.document import Json, section, texts, visible
from sandbox.cloudflare_api.envelope import Answer, Refusal, page_of
from sandbox.cloudflare_api.table import Resource

ADDRESS_TYPES = ("A", "AAAA", "CNAME")
TYPED_BY_DATA = (
    "CAA",
    "CERT",
    "DNSKEY",
    "DS",
    "HTTPS",
    "LOC",
    "NAPTR",
    "SMIMEA",
    "SRV",
    "SSHFP",
    "SVCB",
    "TLSA",
    "URI",
)
TYPES = (*ADDRESS_TYPES, *TYPED_BY_DATA, "MX", "NS", "OPENPGPKEY", "PTR", "TXT")
HOSTNAME = re.compile(r"(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)+[A-Za-z][A-Za-z0-9-]{0,62}\.?")
SETTINGS = {"A": ("ipv4_only", "ipv6_only"), "AAAA": ("ipv4_only", "ipv6_only")}


def _refused(message: str) -> Refusal:
    return Refusal(400, 9000, f"DNS Validation Error: {message}")


def _prepared(call: Call, body: Json, before: Json | None) -> Json:
    if body["type"] not in TYPES:
        raise Refusal(400, 9004, f"DNS record type {body['type']} is invalid.")
    record = {**body, "name": _full_name(call, str(body["name"])), "proxied": bool(body.get("proxied"))}
    record["proxiable"] = record["type"] in ADDRESS_TYPES
    _check_content(record)
    _check_ttl(record)
    _check_clash(call, record, before)
    defaults = dict.fromkeys(SETTINGS.get(record["type"], ()), False)
    if record["type"] == "CNAME":
        defaults = {"flatten_cname": False, "ipv4_only": False, "ipv6_only": False}
    record["settings"] = {**defaults, **section(body, "settings")}
    record["tags"] = list(texts(body.get("tags")))
    return {**record, "meta": {}, **_edited(record, before)}


def _full_name(call: Call, name: str) -> str:
    """A name inside the zone, completed with the zone's as the real API completes it."""
    zone = call.zone.name if call.zone is not None else ""
    name = name.lower().rstrip(".")
    if name in ("@", zone):
        return zone
    return name if name.endswith(f".{zone}") else f"{name}.{zone}"


def _check_content(record: Json) -> None:
    kind, content = record["type"], record.get("content")
    if content in (None, "") and not section(record, "data"):
        raise Refusal(400, 9105, f"Content for {kind} record is required.")
    if kind in ("A", "AAAA") and not _is_address(str(content), 4 if kind == "A" else 6):
        version = 4 if kind == "A" else 6
        raise Refusal(400, 9005, f"Content for {kind} record must be a valid IPv{version} address.")
    if kind == "CNAME":
        if not HOSTNAME.fullmatch(str(content)):
            raise Refusal(400, 9007, "Content for CNAME record is invalid.")
        if str(content).rstrip(".").lower() == record["name"]:
            raise Refusal(400, 9039, "CNAME content cannot reference itself.")


def _is_address(text: str, version: int) -> bool:
    try:
        return ipaddress.ip_address(text).version == version
    except ValueError:
        return False


def _check_ttl(record: Json) -> None:
    ttl = record["ttl"]
    if not (ttl == 1 or 60 <= ttl <= 86400):
        raise Refusal(400, 9021, "Invalid TTL. Must be between 60 and 86400 seconds, or 1 for Automatic.")
    if record["proxied"] and not record["proxiable"]:
        raise Refusal(400, 9041, "This DNS record cannot be proxied.")
    if record["proxied"] and ttl != 1:
        raise Refusal(400, 9021, "Invalid TTL. A proxied record must have a TTL of 1, for Automatic.")


def _check_clash(call: Call, record: Json, before: Json | None) -> None:
    same_name = [
        other
        for other in call.store.all("dns_records", call.scope)
        if other["name"] == record["name"] and other["id"] != (before or {}).get("id")
    ]
    for other in same_name:
        if (other["type"], other.get("content")) == (record["type"], record.get("content")):
            raise Refusal(400, 81058, "An identical record already exists.")
    if record["type"] == "CNAME" and any(other["type"] in ADDRESS_TYPES for other in same_name):
        raise Refusal(400, 81053, "An A, AAAA, or CNAME record with that host already exists.")
    if record["type"] in ("A", "AAAA") and any(other["type"] == "CNAME" for other in same_name):
        raise Refusal(400, 81054, "A CNAME record with that host already exists.")


def _edited(record: Json, before: Json | None) -> Json:
    """When the comment and the tags were last written; left out while there are none."""
    stamps: Json = {}
    for key, stamp in (("comment", "comment_modified_on"), ("tags", "tags_modified_on")):
        if record.get(key):
            same = before is not None and before.get(key) == record[key]
            stamps[stamp] = before[stamp] if before is not None and same else now()
    return stamps


def _page(call: Call) -> Answer:
    rows = [visible(one) for one in call.store.all("dns_records", call.scope)]
    for key, text in call.query.items():
        field, _, how = key.partition(".")
        if field in ("name", "type", "content", "comment", "proxied"):
            rows = [row for row in rows if _matches(str(row.get(field) or "").lower(), how, text.lower())]
    return page_of(rows, call.query, largest=5000)


def _matches(value: str, how: str, text: str) -> bool:
    match how:
        case "contains":
            return text in value
        case "startswith":
            return value.startswith(text)
        case "endswith":
            return value.endswith(text)
        case _:
            return value == text


DNS_RECORDS = Resource(
    collection="dns_records",
    path="dns_records",
    scopes=("zones",),
    required=("name", "type", "ttl"),
    fields={
        "content": "a text",
        "ttl": "a number",
        "proxied": "a flag",
        "comment": "a text",
        "tags": "a list of texts",
        "settings": "an object",
        "data": "an object",
        "priority": "a number",
    },
    defaults={"ttl": 1, "comment": None},
    computed=(
        "id",
        "created_on",
        "modified_on",
        "comment_modified_on",
        "tags_modified_on",
        "proxiable",
        "meta",
    ),
    prepare=_prepared,
    new_id=new_hex,
    stamps=("created_on", "modified_on"),
    invalid=_refused,
    missing=(81044, "Record does not exist."),
    created_status=200,
    removed_status=200,
    updates=("PUT", "PATCH"),
)

ROUTES: tuple[Route, ...] = (route("GET", "zones/{zones}/dns_records", _page),)
