"""Zones, which the world fixes, and their settings."""

from __future__ import annotations

from sandbox.cloudflare_api.call import Call, Route, now, route
from sandbox.cloudflare_api.document import Json
from sandbox.cloudflare_api.envelope import Answer, Refusal, page_of
from sandbox.cloudflare_api.world import World, Zone

BORN = "2026-01-01T00:00:00.000000Z"
ON_OFF: dict[str, str] = {
    "always_use_https": "off",
    "automatic_https_rewrites": "on",
    "brotli": "on",
    "http3": "on",
    "ip_geolocation": "on",
    "opportunistic_encryption": "on",
    "websockets": "on",
}
CHOICES: dict[str, tuple[str, ...]] = {
    **{name: (default, "off" if default == "on" else "on") for name, default in ON_OFF.items()},
    "min_tls_version": ("1.0", "1.1", "1.2", "1.3"),
    "ssl": ("full", "off", "flexible", "strict"),
    "tls_1_3": ("on", "off", "zrt"),
}


def zone_document(world: World, zone: Zone) -> Json:
    """A zone as the API shows it."""
    account = world.account(zone.account)
    return {
        "id": zone.id,
        "name": zone.name,
        "status": zone.status,
        "paused": False,
        "type": "full",
        "development_mode": 0,
        "name_servers": ["ada.ns.cloudflare.com", "bob.ns.cloudflare.com"],
        "original_name_servers": ["ns1.registrar.example", "ns2.registrar.example"],
        "original_registrar": None,
        "original_dnshost": None,
        "created_on": BORN,
        "modified_on": BORN,
        "activated_on": BORN if zone.status == "active" else None,
        "meta": {"step": 2, "custom_certificate_quota": 0, "page_rule_quota": 3, "phishing_detected": False},
        "owner": {"id": zone.account, "type": "organization"},
        "account": {"id": zone.account, "name": "" if account is None else account.name},
        "permissions": ["#dns_records:edit", "#dns_records:read", "#zone:read", "#zone_settings:edit"],
        "plan": {"id": "0feeeeeeeeeeeeeeeeeeeeeeeeeeeeee", "name": "Free Website", "price": 0},
    }


def _page(call: Call) -> Answer:
    rows = [zone_document(call.world, zone) for zone in call.world.zones if zone.account in call.token.accounts]
    for key, value in call.query.items():
        if key in ("name", "status"):
            rows = [row for row in rows if row[key] == value.lower()]
        if key in ("account.id", "account.name"):
            rows = [row for row in rows if row["account"][key.removeprefix("account.")] == value]
    return page_of(rows, call.query, largest=50)


def _read(call: Call) -> Answer:
    zone = call.zone
    if zone is None:
        raise Refusal(404, 1001, "Invalid zone identifier")
    return Answer(zone_document(call.world, zone))


def _read_setting(call: Call) -> Answer:
    return Answer(_setting(call))


def _write_setting(call: Call) -> Answer:
    before = _setting(call)
    value = call.body.get("value")
    if value not in CHOICES[before["id"]]:
        raise Refusal(400, 1007, f"Invalid value for zone setting {before['id']}")
    setting = {**before, "value": value, "modified_on": now()}
    call.store.put("zone_settings", call.scope, before["id"], setting)
    return Answer(setting)


def _setting(call: Call) -> Json:
    name = call.ids["id"]
    if name not in CHOICES:
        raise Refusal(400, 1006, f"Unrecognized zone setting name {name}")
    default = {"id": name, "value": CHOICES[name][0], "editable": True, "modified_on": None}
    return call.store.get("zone_settings", call.scope, name) or default


ROUTES: tuple[Route, ...] = (
    route("GET", "zones", _page),
    route("GET", "zones/{zones}", _read),
    route("GET", "zones/{zones}/settings/{id}", _read_setting),
    route("PATCH", "zones/{zones}/settings/{id}", _write_setting),
)
