"""Whether what lies behind a guarded URL answers: one request of the edge's own down the tunnel, past the login.

It is for the supervisor, on the loopback API; only the status of the answer comes back, nothing of its body.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.cloudflare_api.document import Json
from sandbox.edge.upstream import ConnectionLostError, NoConnectorError, RequestHead, Upstream
from sandbox.front.routing import Routing, Site
from sandbox.front.teams import Teams

_WITHIN = 10.0
_LIFETIME = 60
_NAME = "sandbox-probe"


class Probe:
    """Asks origins over the tunnels that DNS records name."""

    def __init__(self, routing: Routing, teams: Teams, upstream: Upstream) -> None:
        self._routing, self._teams, self._upstream = routing, teams, upstream

    def route(self) -> Route:
        return Route("/__sandbox/reach", self._answer)

    async def _answer(self, request: Request) -> Response:
        return JSONResponse(await self.reach(request.query_params.get("url", "")))

    async def reach(self, url: str) -> Json:
        """`status` with its `source` (origin or cloudflared), or the number of Cloudflare's `error`."""
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
        return {"status": answer.status, "source": answer.source}

    def _headers(self, site: Site, path: str) -> tuple[tuple[str, str], ...]:
        """The connector lets nobody pass without a token of the application."""
        place = site.place(path)
        if place is None:
            return ()
        signer = self._teams.of(site.account).signer
        return (("cf-access-jwt-assertion", signer.machine(str(place.application["aud"]), _NAME, _LIFETIME)),)


async def _nothing() -> AsyncIterator[bytes]:
    for chunk in tuple[bytes, ...]():
        yield chunk
