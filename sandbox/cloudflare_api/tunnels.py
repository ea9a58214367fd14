"""Cloudflare tunnels: connections, tokens, configurations.

A deleted tunnel keeps answering with `deleted_at` set, and its name is free again.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets

from sandbox.cloudflare_api.call import Call, Route, now, route
from sandbox.cloudflare_api.document import Json, documents, visible
from sandbox.cloudflare_api.envelope import Answer, Refusal, page_of
from sandbox.cloudflare_api.ingress import check_configuration
from sandbox.cloudflare_api.table import Resource

TUNNEL = "accounts/{accounts}/cfd_tunnel/{id}"
ACTIVE_CONNECTIONS = (
    1022,
    "Cannot delete tunnel because it has active connections. Please run tunnel cleanup first",
)


def _refused(message: str) -> Refusal:
    return Refusal(400, 1001, message)


def _prepared(call: Call, body: Json, before: Json | None) -> Json:
    for other in call.store.all("tunnels", call.scope):
        if other["name"] == body["name"] and other["deleted_at"] is None and other["id"] != _id(before):
            raise Refusal(409, 1013, "You already have a tunnel with this name")
    source = body.get("config_src") if before is None else before["config_src"]
    if source not in ("local", "cloudflare"):
        raise _refused("config_src must be local or cloudflare")
    kept = {} if before is None else before
    return {
        "account_tag": call.account.id,
        "created_at": kept.get("created_at") or now(),
        "deleted_at": None,
        "name": body["name"],
        "connections": kept.get("connections", []),
        "conns_active_at": kept.get("conns_active_at"),
        "conns_inactive_at": kept.get("conns_inactive_at"),
        "tun_type": "cfd_tunnel",
        "metadata": kept.get("metadata", {}),
        "config_src": source,
        "remote_config": source == "cloudflare",
        "_secret": _secret(body.get("tunnel_secret")) or kept.get("_secret") or _fresh_secret(),
    }


def _id(tunnel: Json | None) -> object:
    return None if tunnel is None else tunnel["id"]


def _secret(text: object) -> str | None:
    if text is None:
        return None
    try:
        raw = base64.b64decode(str(text), validate=True)
    except binascii.Error:
        raise _refused("tunnel_secret must be base64") from None
    if len(raw) < 32:
        raise _refused("tunnel_secret must be at least 32 bytes")
    return str(text)


def _fresh_secret() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def status_of(tunnel: Json) -> str:
    """`inactive` before the first connector, `healthy` with one, `down` when the last has gone."""
    if tunnel["connections"]:
        return "healthy"
    return "inactive" if tunnel["conns_active_at"] is None else "down"


def with_connections(tunnel: Json, connections: list[Json]) -> Json:
    """The tunnel after its connectors came or went."""
    stamps = {
        "conns_active_at": tunnel["conns_active_at"] or now() if connections else tunnel["conns_active_at"],
        "conns_inactive_at": now() if tunnel["connections"] and not connections else None,
    }
    return {**tunnel, "connections": connections, **stamps}


def live_tunnel(call: Call) -> Json:
    """The tunnel of the path, if it was not deleted."""
    tunnel = TUNNELS.find(call)
    if tunnel["deleted_at"] is not None:
        raise Refusal(404, *TUNNELS.missing)
    return tunnel


def _show(_: Call, tunnel: Json) -> Json:
    return {**visible(tunnel), "status": status_of(tunnel)}


def _modify(call: Call) -> Answer:
    live_tunnel(call)
    return TUNNELS.modify(call)


def _remove(call: Call) -> Answer:
    tunnel = live_tunnel(call)
    if tunnel["connections"]:
        raise Refusal(400, *ACTIVE_CONNECTIONS)
    gone = {**tunnel, "deleted_at": now()}
    call.store.put("tunnels", call.scope, str(tunnel["id"]), gone)
    call.store.remove("configurations", call.scope, str(tunnel["id"]))
    return Answer(_show(call, gone))


def _page(call: Call) -> Answer:
    rows = [_show(call, one) for one in call.store.all("tunnels", call.scope)]
    query = call.query
    if "is_deleted" in query:
        rows = [row for row in rows if (row["deleted_at"] is not None) == (query["is_deleted"] == "true")]
    for key, field in (("name", "name"), ("uuid", "id"), ("status", "status")):
        if query.get(key):
            rows = [row for row in rows if row[field] == query[key]]
    return page_of(rows, query)


def _token(call: Call) -> Answer:
    tunnel = live_tunnel(call)
    token = {"a": call.account.id, "t": tunnel["id"], "s": tunnel["_secret"]}
    return Answer(base64.b64encode(json.dumps(token, separators=(",", ":")).encode()).decode())


def _connectors(call: Call) -> Answer:
    """The live connections, grouped by the connector that holds them."""
    connections = documents(TUNNELS.find(call)["connections"])
    clients = dict.fromkeys(str(one["client_id"]) for one in connections)
    rows = []
    for client in clients:
        own = [one for one in connections if one["client_id"] == client]
        rows.append(
            {
                "id": client,
                "arch": "linux_amd64",
                "config_version": _configuration(call).get("version", 0),
                "conns": own,
                "features": [],
                "run_at": own[0]["opened_at"],
                "version": own[0]["client_version"],
            }
        )
    return page_of(rows, call.query)


def _disconnect(call: Call) -> Answer:
    tunnel = live_tunnel(call)
    client = call.query.get("client_id")
    left = [one for one in documents(tunnel["connections"]) if client and one["client_id"] != client]
    call.store.put("tunnels", call.scope, str(tunnel["id"]), with_connections(tunnel, left))
    return Answer(None)


def _configuration(call: Call) -> Json:
    return call.store.get("configurations", call.scope, call.ids["id"]) or {}


def _read_configuration(call: Call) -> Answer:
    tunnel = TUNNELS.find(call)
    empty = {
        "account_id": call.account.id,
        "tunnel_id": tunnel["id"],
        "version": 0,
        "config": None,
        "source": tunnel["config_src"],
        "created_at": tunnel["created_at"],
    }
    return Answer(_configuration(call) or empty)


def _write_configuration(call: Call) -> Answer:
    tunnel = live_tunnel(call)
    config = check_configuration(call.body)
    before = _configuration(call)
    document = {
        "account_id": call.account.id,
        "tunnel_id": tunnel["id"],
        "version": int(before.get("version", 0)) + 1,
        "config": config,
        "source": call.body.get("source") or "cloudflare",
        "created_at": before.get("created_at") or now(),
    }
    call.store.put("configurations", call.scope, str(tunnel["id"]), document)
    return Answer(document)


TUNNELS = Resource(
    collection="tunnels",
    path="cfd_tunnel",
    defaults={"config_src": "local"},
    fields={"config_src": "a text", "tunnel_secret": "a text"},
    computed=("id", "status"),
    prepare=_prepared,
    show=_show,
    stamps=None,
    invalid=_refused,
    missing=(1003, "Tunnel not found"),
    created_status=200,
    updates=(),
)

ROUTES: tuple[Route, ...] = (
    route("GET", "accounts/{accounts}/cfd_tunnel", _page),
    route("PATCH", TUNNEL, _modify),
    route("DELETE", TUNNEL, _remove),
    route("GET", f"{TUNNEL}/token", _token),
    route("GET", f"{TUNNEL}/connections", _connectors),
    route("DELETE", f"{TUNNEL}/connections", _disconnect),
    route("GET", f"{TUNNEL}/configurations", _read_configuration),
    route("PUT", f"{TUNNEL}/configurations", _write_configuration),
)
