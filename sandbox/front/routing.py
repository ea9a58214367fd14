"""Where a host leads: its zone and account, the DNS record that routes it to a tunnel, and the Access objects there.

A host is served when a proxied CNAME points to `<tunnel>.cfargotunnel.com` and that tunnel is of the zone's own
account. The error numbers are Cloudflare's: 1016 without such a record, 1014 for somebody else's tunnel, 1033 without
a tunnel.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.cloudflare_api.access import AccessObjects, Place, place_at
from sandbox.cloudflare_api.access.places import covers, patterns_of
from sandbox.cloudflare_api.document import Json, documents, section, texts
from sandbox.cloudflare_api.policy_tests import access_objects
from sandbox.cloudflare_api.store import Change, Store
from sandbox.cloudflare_api.world import Account, World, Zone
from sandbox.front.paths import lenient

TUNNEL_SUFFIX = ".cfargotunnel.com"
_REMEMBERED = 1000


@dataclass(frozen=True)
class Route:
    """The tunnel behind a host, or the number of the error that is shown instead."""

    tunnel_id: str = ""
    error: int = 0


@dataclass(frozen=True)
class Site:
    """A host of a zone, with what Access knows in its account."""

    host: str
    zone: Zone
    account: Account
    objects: AccessObjects
    organization: Json
    route: Route | None
    ingress: tuple[Json, ...] = ()  # the rules of the tunnel behind it
    revocations: Mapping[str, int] = field(default_factory=dict)  # when the tokens of an application were revoked
    _places: dict[str, tuple[Place | None, bool]] = field(default_factory=dict, repr=False, compare=False)

    def revoked_at(self, application: Json) -> int:
        """The second up to which tokens of an application do not count; 0 where none was revoked."""
        return self.revocations.get(str(application["id"]), 0)

    @property
    def refuses_unmatched(self) -> bool:
        """Whether the organization closes hosts that no application covers."""
        exempt = texts(self.organization.get("deny_unmatched_requests_exempted_zone_names"))
        return bool(self.organization.get("deny_unmatched_requests")) and self.zone.name not in exempt

    def place(self, path: str) -> Place | None:
        """The most specific application at a path."""
        return self._read(path)[0]

    def cookie_paths(self) -> frozenset[str]:
        """The paths on this host whose applications keep a cookie of their own."""
        places = (
            Place(application, pattern)
            for application in self.objects.applications
            if application.get("path_cookie_attribute")
            for pattern in patterns_of(application)
        )
        return frozenset(place.path for place in places if place.path and covers(place.host, self.host, "/"))

    def is_ambiguous(self, path: str) -> bool:
        """Whether a lenient server would see the path under another application than Access does."""
        return self._read(path)[1]

    def _read(self, path: str) -> tuple[Place | None, bool]:
        """The place, and whether the path is ambiguous: the same for as long as the store is, and so the site."""
        if path not in self._places:
            strict = place_at(self.objects.applications, self.host, path)
            loose = place_at(self.objects.applications, self.host, lenient(path), lenient)
            if len(self._places) >= _REMEMBERED:  # paths come from the network
                self._places.clear()
            self._places[path] = strict, (loose and loose.pattern) != (strict and strict.pattern)
        return self._places[path]


class Routing:
    """Finds sites in the store. What was found is kept until the store changes."""

    def __init__(self, store: Store, world: World) -> None:
        self._store = store
        self._world = world
        self._sites: dict[str, Site | None] = {}
        store.listen(self._forget)

    def site(self, host: str) -> Site | None:
        """The site of a host; nothing where no zone of the sandbox world holds it."""
        if host not in self._sites:
            if len(self._sites) >= _REMEMBERED:  # hosts come from the network
                self._sites.clear()
            self._sites[host] = self._found(host)
        return self._sites[host]

    def account_of_team(self, host: str) -> Account | None:
        """The account whose team domain this is."""
        return next((one for one in self._world.accounts if one.auth_domain == host), None)

    def objects(self, account: Account) -> AccessObjects:
        """All Access objects of an account, also those of its zones."""
        zones = (f"zones/{zone.id}" for zone in self._world.zones if zone.account == account.id)
        return access_objects(self._store, f"accounts/{account.id}", *zones)

    def organization(self, account: Account) -> Json:
        return self._store.get("organizations", f"accounts/{account.id}", "organization") or {}

    def accounts(self) -> tuple[Account, ...]:
        return self._world.accounts

    def _forget(self, _: tuple[Change, ...]) -> None:
        self._sites.clear()

    def _found(self, host: str) -> Site | None:
        inside = [zone for zone in self._world.zones if f".{host}".endswith(f".{zone.name}")]
        zone = max(inside, key=lambda one: len(one.name), default=None)
        account = None if zone is None else self._world.account(zone.account)
        if zone is None or account is None or zone.status != "active":
            return None
        scopes = (f"accounts/{account.id}", f"zones/{zone.id}")
        objects = access_objects(self._store, *scopes)
        route = self._route(host, zone)
        tunnel = self._store.get("configurations", scopes[0], route.tunnel_id) if route else None
        ingress = documents(section(tunnel or {}, "config").get("ingress"))
        revoked = {str(row["id"]): int(row["at"]) for one in scopes for row in self._store.all("revocations", one)}
        return Site(host, zone, account, objects, self.organization(account), route, ingress, revoked)

    def _route(self, host: str, zone: Zone) -> Route | None:
        """The way to the tunnel; nothing when the name does not resolve to the edge at all."""
        records = self._store.all("dns_records", f"zones/{zone.id}")
        wildcard = "*." + host.partition(".")[2]
        named = [one for one in records if one["name"] == host] or [one for one in records if one["name"] == wildcard]
        record = next((one for one in named if one["proxied"]), None)
        if record is None:
            return None
        content = str(record.get("content", "")).lower().rstrip(".")
        if record["type"] != "CNAME" or not content.endswith(TUNNEL_SUFFIX):
            return Route(error=1016)
        tunnel_id = content.removesuffix(TUNNEL_SUFFIX)
        tunnel = self._store.get("tunnels", f"accounts/{zone.account}", tunnel_id)
        if tunnel is not None and tunnel["deleted_at"] is None:
            return Route(tunnel_id)
        foreign = any(one["id"] == tunnel_id for one in self._store.all("tunnels") if one is not tunnel)
        return Route(error=1014 if foreign else 1033)
