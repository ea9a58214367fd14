"""What Access itself answers at the host of an application, below `/cdn-cgi/access/`."""

from __future__ import annotations

from urllib.parse import parse_qs

from starlette.responses import JSONResponse, RedirectResponse, Response

from sandbox.front import cookies, refusals
from sandbox.front.access import NO_STORE, authorization
from sandbox.front.addresses import Addresses
from sandbox.front.login import Grant, Logins
from sandbox.front.look import notice
from sandbox.front.routing import Site
from sandbox.front.team_domain import TeamDomain
from sandbox.front.teams import Team, Teams
from sandbox.front.visits import Visit

PREFIX = "/cdn-cgi/"


class AppDomain:
    """The endpoints at every host that an application covers."""

    def __init__(self, teams: Teams, logins: Logins, team_domain: TeamDomain, addresses: Addresses) -> None:
        self._teams = teams
        self._logins = logins
        self._team_domain = team_domain
        self._addresses = addresses

    def answer(self, site: Site, visit: Visit) -> Response:
        team = self._teams.of(site.account)
        match visit.path:
            case "/cdn-cgi/access/authorized":
                return self._authorized(site, visit)
            case "/cdn-cgi/access/logout":
                return self._logout(site, team, visit)
            case "/cdn-cgi/access/get-identity":
                return self._team_domain.identity(team, visit)
            case "/cdn-cgi/access/certs":
                return JSONResponse(team.signer.keys.certs(), headers=NO_STORE)
        return notice("Not found", "Cloudflare keeps this address to itself.", kicker="Edge · 404", status=404)

    def _authorized(self, site: Site, visit: Visit) -> Response:
        """Redeem the way in: once, at its own host, in the browser that asked the application."""
        query = parse_qs(visit.target.partition("?")[2])
        grant = self._logins.grants.take(query.get("nonce", [""])[0])
        if grant is None:
            return refusals.stale("This way in was used already or is too old. Start at the application again.")
        if grant.host != site.host or grant.app_session not in visit.cookies(cookies.APP_SESSION):
            return refusals.stale("This login began in another browser. Start at the application again.")
        return self._let_in(site, grant)

    def _let_in(self, site: Site, grant: Grant) -> Response:
        application = next((one for one in site.objects.applications if one["id"] == grant.app_id), None)
        if application is None:
            return refusals.stale("The application is not there any more.")
        answer = RedirectResponse(self._addresses.url(site.host, grant.redirect_url), 302, headers=NO_STORE)
        answer.headers.append("set-cookie", authorization(application, grant.path, grant.token, grant.lifetime))
        return answer

    def _logout(self, site: Site, team: Team, visit: Visit) -> Response:
        """Take the cookies of this host away, then end the session where it is known: at the team domain."""
        query = visit.target.partition("?")[1:]
        url = self._addresses.url(team.domain, "/cdn-cgi/access/logout" + "".join(query))
        answer = RedirectResponse(url, 302, headers=NO_STORE)
        for path in ("/", *sorted(site.cookie_paths())):
            answer.headers.append("set-cookie", cookies.expired(cookies.AUTHORIZATION, path))
        return answer
