"""The key sets of the teams by the front door's address, for containers that cannot resolve a team domain.

https://<IP address>/teams/<team>/certs

Where only containers come from, they get keys and nothing else: the pages of the identity provider log anybody in.
"""

from __future__ import annotations

import ipaddress
import re

from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.front.teams import Teams
from sandbox.front.visits import Visit

_CERTS = re.compile(r"/teams/([a-z0-9-]+)/certs")
_OF_TEAM_DOMAIN = "/cdn-cgi/access/certs"


class KeysOnly:
    """The front door as containers see it."""

    def __init__(self, front: ASGIApp) -> None:
        self._front = front

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if scope["type"] == "http" and (path == _OF_TEAM_DOMAIN or _CERTS.fullmatch(path)):
            await self._front(scope, receive, send)
        elif scope["type"] == "http":
            await PlainTextResponse("containers get the keys of Access here, and nothing else\n", 403)(
                scope, receive, send
            )
        else:
            await send({"type": "websocket.close", "code": 1008, "reason": ""})


def keys_at(teams: Teams, visit: Visit) -> Response | None:
    """The team's key set, where the front door is asked for one by its address; else nothing."""
    path = _CERTS.fullmatch(visit.path)
    team = teams.named(path[1]) if path and _is_address(visit.host) else None
    return JSONResponse(team.signer.keys.certs(), headers={"cache-control": "no-store"}) if team else None


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
