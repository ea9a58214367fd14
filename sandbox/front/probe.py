"""Whether what lies behind a guarded URL answers: requests of the edge's own down the tunnel, past the login.

It is for the supervisor, on the loopback API; of an answer only the status comes back, and of a Streamlit page the
exception that it shows, if it was to be `run`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.cloudflare_api.document import Json
from sandbox.edge.upstream import ConnectionLostError, NoConnectorError, RequestHead, Upstream, WebSocketRefusedError
from sandbox.front import first_run
from sandbox.front.carriage import upgrade_head
from sandbox.front.routing import Routing, Site
from sandbox.front.sessions import Session
from sandbox.front.teams import Teams

_WITHIN = 10.0
_RUNS_WITHIN = 30.0
_REFUSED = 400
_LIFETIME = 60
# Apps are made for people: a script may fail for whoever has no address.
_VISITOR = Session("", "", "sandbox-probe", "sandbox-probe", "visitor@sandbox.test", "Visitor", "", "")


class Probe:
    """Asks origins over the tunnels that DNS records name."""

    def __init__(self, routing: Routing, teams: Teams, upstream: Upstream) -> None:
        self._routing, self._teams, self._upstream = routing, teams, upstream

    def route(self) -> Route:
        return Route("/__sandbox/reach", self._answer)

    async def _answer(self, request: Request) -> Response:
        asked = request.query_params
        return JSONResponse(await self.reach(asked.get("url", ""), run=asked.get("run") == "1"))

    async def reach(self, url: str, *, run: bool = False) -> Json:
        """`status` with its `source` (origin or cloudflared), or the number of Cloudflare's `error`.

        `fails` is what the script of the page ends with, if it was run and does.
        """
        asked = urlsplit(url)
        site = self._routing.site(asked.hostname or "")
        if site is None or site.route is None:
            return {"error": 1016}
        if site.route.error:
            return {"error": site.route.error}
        head = RequestHead("GET", site.host, asked.path or "/", self._headers(site, asked.path or "/"))
        try:
            async with asyncio.timeout(_WITHIN):
                answer = await self._upstream.request(site.route.tunnel_id, head, _nothing())
                await answer.body.aclose()
        except NoConnectorError:
            return {"error": 1033}
        except ConnectionLostError:
            return {"status": 502, "source": "cloudflared"}
        except TimeoutError:
            return {"status": 504, "source": "cloudflared"}
        found: Json = {"status": answer.status, "source": answer.source}
        if run and answer.source == "origin" and answer.status < _REFUSED:
            found["fails"] = await self._run(site, site.route.tunnel_id, asked.path)
        return found

    async def _run(self, site: Site, tunnel_id: str, path: str) -> str:
        """Open the page as a visitor; what is no Streamlit has nothing to say, nor has what takes long."""
        place = f"{path.rstrip('/')}/{first_run.PATH}"
        head = upgrade_head(place, site.host, (*first_run.HANDSHAKE, *self._headers(site, place)))
        try:
            async with asyncio.timeout(_RUNS_WITHIN):
                pipe = await self._upstream.websocket(tunnel_id, head)
                try:
                    return await first_run.failure(pipe)
                finally:
                    await pipe.close()
        except WebSocketRefusedError as refusal:
            await refusal.answer.body.aclose()
        except (NoConnectorError, ConnectionLostError, TimeoutError):
            pass  # which the next look tells of
        return ""

    def _headers(self, site: Site, path: str) -> tuple[tuple[str, str], ...]:
        """The connector lets nobody pass without a token of the application."""
        place = site.place(path)
        if place is None:
            return ()
        token = self._teams.of(site.account).signer.application(str(place.application["aud"]), _VISITOR, "", _LIFETIME)
        return (("cf-access-jwt-assertion", token),)


async def _nothing() -> AsyncIterator[bytes]:
    for chunk in tuple[bytes, ...]():
        yield chunk
