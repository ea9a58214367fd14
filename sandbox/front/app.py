"""The front door as one ASGI application: team domains, identity provider, and the hosts of applications.

    host → team domain | identity provider | DNS record → Access → tunnel

Plain HTTP is answered with a redirect to HTTPS for every host: Access cookies do not travel without TLS.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.cloudflare_api.store import Store
from sandbox.cloudflare_api.world import World
from sandbox.edge.upstream import ConnectionLostError, NoConnectorError, RequestHead, Upstream
from sandbox.front import edge_errors, refusals
from sandbox.front.access import Access, Passage
from sandbox.front.addresses import Addresses
from sandbox.front.app_domain import PREFIX, AppDomain
from sandbox.front.audit import Audit, Decision
from sandbox.front.carriage import OriginDownError, carry_request, carry_websocket, upgrade_head
from sandbox.front.control import Control
from sandbox.front.identity_client import IdentityClient
from sandbox.front.idp.issuers import Issuers
from sandbox.front.idp.people import People
from sandbox.front.idp.provider import Provider
from sandbox.front.key_mirror import keys_at
from sandbox.front.keys import KeyRing
from sandbox.front.login import Logins
from sandbox.front.look import notice
from sandbox.front.open_sockets import OpenSockets
from sandbox.front.paths import AmbiguousPathError, safe_return
from sandbox.front.reach import how_to_reach, stream_at
from sandbox.front.routing import Route, Routing, Site
from sandbox.front.sessions import Sessions
from sandbox.front.team_domain import TeamDomain
from sandbox.front.teams import Teams
from sandbox.front.visits import Visit, asked_host


class Front:
    """All hosts behind one port; its parts are there for the portal and for tests."""

    def __init__(
        self,
        store: Store,
        world: World,
        upstream: Upstream,
        directory: Path | None = None,
        addresses: Addresses | None = None,
        launcher: Callable[[Front], ASGIApp] | None = None,
    ) -> None:
        """`launcher` makes what answers at the team domain wherever Access itself does not, out of these parts."""
        self.addresses = addresses or Addresses()
        self._upstream = upstream
        self.routing = Routing(store, world)
        self.people = People(_in(directory, "people.json"))
        self.audit = Audit(_in(directory, "audit.jsonl"))
        self.sessions = Sessions(_in(directory, "sessions.json"))
        self.teams = Teams(self.routing, _in(directory, "keys"))
        self.access = Access(self.teams, self.sessions, self.people, self.audit, self.addresses)
        self.issuers = Issuers(self.routing, self.addresses, self.people, _in(directory, "idp.json"))
        provider = Provider(
            self.issuers, self.people, KeyRing(self.addresses.idp_host, _in(directory, "keys/idp.json"))
        )
        control = Control(self.people, self.audit, self.teams)
        self.idp = Starlette(routes=[*control.routes(), *provider.routes()])
        logins = Logins(self.routing, self.teams, self.sessions, self.people, self.audit, self.addresses)
        client = IdentityClient(self.idp)
        self.team_domain = TeamDomain(self.teams, self.sessions, logins, self.issuers, client, self.people, self.audit)
        self._sockets = OpenSockets()
        store.listen(self._sockets.look)
        self.sessions.listen(self._sockets.look)
        self._app_domain = AppDomain(self.teams, logins, self.team_domain, self.addresses)
        rest = [Mount("/", app=launcher(self))] if launcher else []
        self._team = Starlette(routes=[*self.team_domain.routes(), *rest])

    def forget(self) -> None:
        """Begin with a new account: no sessions and an empty audit log; keys and people stay."""
        self.sessions.clear()
        self.audit.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            raise ValueError(f"the front door serves no {scope['type']}")
        answer = await self._answer(scope, receive, send)
        if answer is not None:
            await respond(answer, scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> Response | None:
        """The answer of the edge itself; nothing when somebody else has answered."""
        host = asked_host(scope)
        if host is None:
            return notice("Bad request", "The request names no host.", kicker="Edge · 400", status=400)
        try:
            visit = Visit.of(scope, host)
        except AmbiguousPathError as error:
            self.audit.record(Decision("request", "deny", f"the path was refused: {error}", host))
            return refusals.unreadable(str(error))
        if scope["scheme"] in ("http", "ws"):
            url = self.addresses.url(host, safe_return(visit.target))
            return RedirectResponse(url, 301, headers={"cache-control": "no-store"})
        keys = keys_at(self.teams, visit)
        if keys is not None:
            return keys
        ours = self._ours(host)
        if ours is not None and scope["type"] == "http":
            await ours(scope, receive, send)
            return None
        site = self.routing.site(host)
        if site is None or site.route is None:
            return edge_errors.numbered(1016, host, visit.ray)
        return await self._serve(site, site.route, visit, scope, receive, send)

    def _ours(self, host: str) -> ASGIApp | None:
        if host == self.addresses.idp_host:
            return self.idp
        return self._team if self.teams.at(host) else None

    async def _serve(
        self, site: Site, route: Route, visit: Visit, scope: Scope, receive: Receive, send: Send
    ) -> Response | None:
        """A request at the host of an application."""
        if visit.path.startswith(PREFIX):
            return self._app_domain.answer(site, visit)
        passage = self.access.admit(site, visit)
        if isinstance(passage, Response):
            return passage
        if route.error:
            return edge_errors.numbered(route.error, site.host, visit.ray)
        kind = "" if visit.is_websocket else stream_at(site.ingress, site.host, visit.path)
        if kind:
            place = site.place(visit.path)
            return how_to_reach(kind, site.host, str(place.application.get("name")) if place else site.host)
        return await self._carry(site, route, visit, passage, scope, receive, send)

    async def _carry(
        self, site: Site, route: Route, visit: Visit, passage: Passage, scope: Scope, receive: Receive, send: Send
    ) -> Response | None:
        """A request that passes, on its way through the tunnel; the answer is the edge's own where that fails."""
        started = _Started(send)
        authority = self.addresses.authority(site.host)
        try:
            if visit.is_websocket:
                head = upgrade_head(visit.target, authority, passage.headers)
                work = carry_websocket(self._upstream, route.tunnel_id, head, scope, receive, started)
                await self._sockets.hold(lambda: self._still_open(route, visit), work, send)
            else:
                head = RequestHead(visit.method, authority, visit.target, passage.headers)
                await carry_request(self._upstream, route.tunnel_id, head, passage.set_cookies, receive, started)
        except NoConnectorError:
            return edge_errors.numbered(1033, site.host, visit.ray)
        except OriginDownError:
            return edge_errors.origin_down(site.host, visit.ray)
        except ConnectionLostError:
            if started.begun:
                raise  # half an answer is out: the server cuts the connection, and the browser sees it
            return edge_errors.bad_gateway(site.host, visit.ray)
        except ConnectionAbortedError:
            return None  # the browser went away while it sent
        return None

    def _still_open(self, route: Route, visit: Visit) -> bool:
        site = self.routing.site(visit.host)
        return site is not None and site.route == route and self.access.still_admits(site, visit)


class _Started:
    """A `send` that knows whether an answer has begun."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.begun = False

    async def __call__(self, message: Message) -> None:
        self.begun = True
        await self._send(message)


async def respond(answer: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """An answer of the edge, also in place of a WebSocket handshake's."""
    if scope["type"] == "websocket" and "websocket.http.response" not in (scope.get("extensions") or {}):
        await send({"type": "websocket.close", "code": 1008, "reason": ""})
        return
    await answer(scope, receive, send)


def _in(directory: Path | None, name: str) -> Path | None:
    return None if directory is None else directory / name
