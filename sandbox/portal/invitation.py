"""Links that log one browser in as one person, made over the loopback API for `sandbox open --as`, each good once.

The login itself is the ordinary one, at an identity provider that knows the person.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from sandbox.cloudflare_api.access import policies_of
from sandbox.cloudflare_api.document import Json, texts
from sandbox.front import Front, refusals
from sandbox.front.idp.issuers import Issuer
from sandbox.front.idp.people import Person
from sandbox.front.teams import Team
from sandbox.front.tickets import Tickets
from sandbox.front.visits import Visit, asked_host
from sandbox.portal.scene import title_of
from sandbox.serving import endpoint

_LIFETIME = 120.0


@dataclass(frozen=True)
class Invitation:
    """Who is to be logged in, by which provider, and where to then."""

    team: Team
    idp_id: str
    person: str
    back: str


class Invitations:
    """Both ends of the links: where they are made, and where they lead."""

    def __init__(self) -> None:
        self._open: Tickets[Invitation] = Tickets(_LIFETIME)

    def making(self, front: Front) -> Route:
        """`POST /__sandbox/invitations {"person", "url"}` for the loopback API."""

        def make(_: Request, asked: Json) -> Response:
            invitation = _invitation(front, str(asked.get("person")), str(asked.get("url")))
            path = f"/portal/as/{self._open.issue(invitation)}"
            return JSONResponse({"url": front.addresses.url(invitation.team.domain, path)})

        return Route("/__sandbox/invitations", endpoint(make), methods=["POST"])

    def before(self, front: Front, portal: ASGIApp) -> ASGIApp:
        """The portal, and the links beside it."""

        async def enter(request: Request) -> Response:
            found = self._open.take(request.path_params["ticket"])
            host = asked_host(request.scope) or ""
            if found is None or host != found.team.domain:
                return refusals.stale("This link was used already or is too old.")
            visit = Visit.of(request.scope, host)
            return front.team_domain.log_in(found.team, found.idp_id, found.person, visit, found.back)

        return Starlette(routes=[Route("/portal/as/{ticket}", enter), Mount("/", app=portal)])


def _invitation(front: Front, name: str, url: str) -> Invitation:
    """A `ValueError` says what is wrong with the person or the URL."""
    person = _person(front, name)
    asked = urlsplit(url)
    team = front.teams.at(asked.hostname or "")
    site = None if team else front.routing.site(asked.hostname or "")
    if team is None and site is None:
        raise ValueError(f"no host of the sandbox is in {url}")
    place = site.place(asked.path or "/") if site else None
    team = team or front.teams.of(site.account if site else front.routing.accounts()[0])
    objects = front.routing.objects(team.account)
    issuers = [one for one in map(front.issuers.find, objects.identity_providers) if one]
    knowing = [one for one in issuers if one.said_of(person) is not None]
    if not knowing:
        raise ValueError(f"no identity provider knows {person.name}")
    wanted = texts(place.application.get("allowed_idps")) if place else ()
    taken = [one for one in knowing if not wanted or one.id in wanted]
    if place and not taken and all(one["decision"] != "bypass" for one in policies_of(objects, place.application)):
        known, asked_for = _names(knowing), _names(one for one in issuers if one.id in wanted)
        app = title_of(objects, place.application)
        raise ValueError(f"{person.name} is known to {known} only, and {app} takes logins of {asked_for}: "
                         "there is no way in")  # fmt: skip
    return Invitation(team, (taken or knowing)[0].id, person.id, url)


def _names(issuers: Iterable[Issuer]) -> str:
    return " and ".join(f"`{one.name}`" for one in issuers)


def _person(front: Front, name: str) -> Person:
    """By id, address or name."""
    everybody = front.people.all()
    wanted = name.casefold()
    found = (one for one in everybody if wanted in (one.id.casefold(), one.email.casefold(), one.name.casefold()))
    person = next(found, None)
    if person is None:
        known = ", ".join(one.id for one in everybody) or "nobody"
        raise ValueError(f"nobody is called {name}; there are: {known}")
    return person
