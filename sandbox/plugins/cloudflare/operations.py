"""Create, read, update, delete and look up, for any type of the table."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.invocation import command
from sandbox.plugins.cloudflare import model
from sandbox.plugins.cloudflare.client import Client, RefusedError, UnansweredError
from sandbox.plugins.cloudflare.doubts import Doubts
from sandbox.plugins.cloudflare.naming import rest_name, to_wire, wire_name
from sandbox.plugins.cloudflare.table import DNS_RECORD, ResourceType
from sandbox.plugins.service import NothingDoneError
from sandbox.plugins.values import Properties, reveal


class NotPossibleError(NothingDoneError):
    """An operation that is refused before any request; the text says why."""


class Operations:
    """The operations of the provider, on one client."""

    def __init__(self, client: Client, doubts: Doubts) -> None:
        self._client = client
        self._doubts = doubts

    def create(self, urn: str, entry: ResourceType, inputs: Properties) -> tuple[str, Properties]:
        """Create it and say its id and what to store."""
        wanted = model.plan(entry, inputs)
        # A proxied record has no time to live of its own; the official provider refuses it too.
        if entry is DNS_RECORD and wanted.get("proxied") and wanted.get("ttl") != 1:
            raise NotPossibleError("a proxied DNS record must have `ttl` 1 (automatic)")
        if self._doubts.holds(urn):
            self._resolve_doubt(urn, entry, wanted)
        path = _filled(entry.collection, wanted)
        try:
            answer = _object(self._client.request(entry.create, path, model.body(entry, wanted)))
        except UnansweredError as error:
            name = name_of(entry, wanted)
            self._doubts.record(urn, entry.noun, name)
            raise UnansweredError(
                f"{error}; the {entry.noun} `{name}` may exist now: run the update again, which looks before it creates"
            ) from error
        ident = model.identity(entry, wanted, answer)
        return ident, model.stored(entry, ident, wanted, answer)

    def read(self, entry: ResourceType, ident: str, state: Properties) -> tuple[str, Properties] | None:
        """What it is now, or None when it is gone; `ident` may be an import path."""
        scope: Properties = {name: state[name] for name in entry.scope if name in state}
        if not scope:
            scope, ident = import_scope(entry, ident)
        try:
            answer = _object(self._client.get(_item(entry, scope, ident)))
        except RefusedError as error:
            if error.status == 404:
                return None
            raise
        return ident, model.refreshed(entry, ident, scope, state, answer)

    def update(self, entry: ResourceType, ident: str, inputs: Properties, state: Properties) -> Properties:
        """Make it what the inputs say."""
        wanted = model.plan(entry, inputs, state)
        sent = model.body(entry, wanted, state)
        answer = _object(self._client.request(entry.update, _item(entry, wanted, ident), sent))
        return model.stored(entry, ident, wanted, answer, state)

    def delete(self, entry: ResourceType, ident: str, state: Properties) -> None:
        """Delete it; gone already is as good."""
        if not entry.deletable:
            return
        try:
            self._client.request("DELETE", _item(entry, state, ident))
        except RefusedError as error:
            if error.status != 404:
                raise

    def tunnel_token(self, arguments: Properties) -> Properties:
        """The token with which a connector of the tunnel registers."""
        account, tunnel = arguments["accountId"], arguments["tunnelId"]
        token = self._client.get(f"accounts/{account}/cfd_tunnel/{tunnel}/token")
        return {"accountId": account, "id": tunnel, "tunnelId": tunnel, "token": token}

    def zone(self, arguments: Properties) -> Properties:
        """One zone by its id, or the only one that passes a filter."""
        ident, wanted = arguments.get("zoneId"), arguments.get("filter")
        if ident:
            found = _object(self._client.get(f"zones/{ident}"))
        else:
            zones = _objects(self._client.get("zones", _query(wanted if isinstance(wanted, dict) else {})))
            if len(zones) != 1:
                raise NotPossibleError(f"{len(zones) or 'no'} zones pass the filter {wanted}; exactly one must")
            found = zones[0]
        described = {wire_name(name): to_wire(value) for name, value in found.items()}
        return {**described, "zoneId": found.get("id"), "filter": wanted}

    def _resolve_doubt(self, urn: str, entry: ResourceType, wanted: Properties) -> None:
        found = existing(self._client, entry, wanted)
        if found:
            raise NotPossibleError(
                f"an earlier run lost its connection while it created this, and the API now holds "
                f"{stray_sentence(entry, wanted, found[0])}"
            )
        self._doubts.clear(urn)


def existing(client: Client, entry: ResourceType, wanted: Properties) -> tuple[str, ...]:
    """The ids of the objects that bear the name which this one shall have."""
    name, key = name_of(entry, wanted), rest_name(entry.told_apart_by)
    listed = _objects(client.get(_filled(entry.collection, wanted), {"per_page": "1000"}))
    return tuple(str(item.get("id") or name) for item in listed if item.get(key) == name and not item.get("deleted_at"))


def stray_sentence(entry: ResourceType, wanted: Properties, ident: str) -> str:
    """What exists without being in the state, and the two ways out."""
    path = _item(entry, wanted, ident)
    return (
        f"the {entry.noun} `{name_of(entry, wanted)}` with the id `{ident}`, which the state does not know.\n"
        f"Delete it and run again:\n"
        f'  eval "$({command()} env)"; curl -X DELETE -H "Authorization: Bearer $CLOUDFLARE_API_TOKEN" '
        f"$CLOUDFLARE_BASE_URL/{path}\n"
        f"or keep it (below a component add --parent NAME=URN):\n"
        f"  {command()} pulumi import --yes --protect=false --generate-code=false "
        f"cloudflare:index/{entry.kind} NAME {import_path(entry, wanted, ident)}"
    )


def import_path(entry: ResourceType, wanted: Properties, ident: str) -> str:
    """The id under which `pulumi import` finds the object."""
    if len(entry.scope) == 1:
        return f"{wanted[entry.scope[0]]}/{ident}"
    return f"{_filled('{scope}', wanted)}/{ident}" if "zoneId" in entry.scope else f"{wanted['accountId']}/{ident}"


def import_scope(entry: ResourceType, path: str) -> tuple[Properties, str]:
    """The scope attributes and the id that an import path names."""
    parts = path.split("/")
    if parts[0] in ("accounts", "zones"):
        attribute = "accountId" if parts.pop(0) == "accounts" else "zoneId"
    else:
        attribute = entry.scope[0]
    if len(parts) == 1 and entry.identity == attribute:
        parts *= 2
    if len(parts) != 2 or not all(parts):
        raise NotPossibleError(f"`{path}` is not an id to import a {entry.noun} by: write `{attribute}/id`")
    scope: Properties = {attribute: parts[0]}
    if entry.identity in entry.scope:
        scope[entry.identity] = parts[1]
    return scope, parts[1]


def _filled(template: str, properties: Properties) -> str:
    names = {name: str(reveal(value)) for name, value in properties.items() if isinstance(reveal(value), str)}
    kind, scope = ("accounts", "accountId") if "accountId" in names else ("zones", "zoneId")
    return template.format_map({**names, "scope": f"{kind}/{names.get(scope, '')}"})


def _item(entry: ResourceType, properties: Properties, ident: str) -> str:
    template = entry.item.replace("{collection}", entry.collection)
    return _filled(template, {**properties, "id": ident})


def name_of(entry: ResourceType, wanted: Properties) -> str:
    """What people know it by: its name, or the hostname and path of an application."""
    return str(reveal(wanted.get(entry.told_apart_by)))


def _object(result: object) -> Mapping[str, object]:
    return result if isinstance(result, dict) else {}


def _objects(result: object) -> list[Mapping[str, object]]:
    return [item for item in result if isinstance(item, dict)] if isinstance(result, list) else []


def _query(wanted: Mapping[str, object]) -> dict[str, str]:
    query: dict[str, str] = {}
    for name, value in sorted(wanted.items()):
        if isinstance(value, Mapping):
            query |= {f"{name}.{inner}": str(item) for inner, item in value.items() if item is not None}
        elif value is not None:
            query[rest_name(name)] = str(value)
    return query
