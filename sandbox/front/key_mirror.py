"""The key sets of the teams by the front door's address, for containers that cannot resolve a team domain.

https://<IP address>/teams/<team>/certs
"""

from __future__ import annotations

import ipaddress
import re

from starlette.responses import JSONResponse, Response

from sandbox.front.teams import Teams
from sandbox.front.visits import Visit

_CERTS = re.compile(r"/teams/([a-z0-9-]+)/certs")


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
