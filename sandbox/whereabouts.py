"""What the local Cloudflare says of itself to the commands: its hosts, the key to trust, the services inside."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.cloudflare_api.document import Json
from sandbox.cloudflare_api.store import Store
from sandbox.cloudflare_api.world import World
from sandbox.edge.live_certificates import LiveCertificates
from sandbox.front.addresses import Addresses
from sandbox.serving import endpoint


class Whereabouts:
    """`GET /__sandbox/whereabouts` on the loopback API."""

    def __init__(
        self,
        store: Store,
        world: World,
        addresses: Addresses,
        shown: LiveCertificates,
        services: Mapping[str, int],
    ) -> None:
        self._store, self._world, self._addresses = store, world, addresses
        self._shown, self._services = shown, services

    def route(self) -> Route:
        return Route("/__sandbox/whereabouts", endpoint(self._answer))

    def _answer(self, _: Request, __: Json) -> Response:
        recorded = (str(one["name"]) for one in self._store.all("dns_records") if one.get("proxied"))
        domains = [one.auth_domain for one in self._world.accounts]
        return JSONResponse(
            {
                "hosts": list(dict.fromkeys((*recorded, *domains, self._addresses.idp_host))),
                "identity_provider": self._addresses.idp_host,
                "team": self._world.accounts[0].team,
                "team_domain": domains[0],
                "key": self._shown.files.pin(),
                "services": dict(self._services),
            }
        )
