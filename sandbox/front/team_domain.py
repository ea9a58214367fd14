"""The team domain: login, callback, certs, get-identity, logout."""

from __future__ import annotations

import asyncio
import time
from html import escape
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.cloudflare_api.document import Json
from sandbox.front import cookies, refusals
from sandbox.front.access import NO_STORE
from sandbox.front.audit import Audit, Decision
from sandbox.front.identity_client import Exchange, IdentityClient, IdentityError
from sandbox.front.idp.issuers import KINDS, Issuers
from sandbox.front.idp.people import People
from sandbox.front.login import LoginError, Logins, Wish, identity_document
from sandbox.front.look import notice, page
from sandbox.front.sessions import Session, Sessions, new_nonce
from sandbox.front.teams import Team, Teams
from sandbox.front.tokens import TokenError
from sandbox.front.visits import Visit, asked_host, circumstances, visit_of

KICKER = "Access"


class TeamDomain:
    """The endpoints of `/cdn-cgi/access/` at every team's own host."""

    def __init__(
        self,
        teams: Teams,
        sessions: Sessions,
        logins: Logins,
        issuers: Issuers,
        client: IdentityClient,
        people: People,
        audit: Audit,
    ) -> None:
        self._teams = teams
        self._sessions = sessions
        self._logins = logins
        self._issuers = issuers
        self._client = client
        self._people = people
        self._audit = audit

    def routes(self) -> list[Route]:
        below = "/cdn-cgi/access"
        return [
            Route(f"{below}/certs", self._certs),
            Route(f"{below}/login/{{host}}", self._login),
            Route(f"{below}/callback", self._callback),
            Route(f"{below}/get-identity", self._get_identity),
            Route(f"{below}/logout", self._logout),
        ]

    async def _certs(self, request: Request) -> Response:
        cached = {"cache-control": "public, max-age=60", "access-control-allow-origin": "*"}
        return JSONResponse(self._team(request).signer.keys.certs(), headers=cached)

    async def _login(self, request: Request) -> Response:
        """Go on with the session that is there, or to a provider."""
        team, asked = self._team(request), request.query_params
        try:
            wish = self._logins.wish(team, request.path_params["host"], asked.get("kid", ""), asked.get("meta", ""))
        except LoginError as error:
            return refusals.stale(str(error))
        offered = self._logins.offered(wish)
        session = self.session(team, visit_of(request))
        if session is not None and session.idp_id in {one["id"] for one in offered}:
            return await self._entered(team, wish, session, request)
        if self._logins.goes_straight(wish):
            return self._to_provider(team, wish, str(offered[0]["id"]), visit_of(request))
        chosen = asked.get("idp")
        if chosen in {one["id"] for one in offered}:
            return self._to_provider(team, wish, str(chosen), visit_of(request))
        return _choice(team, wish, offered, request)

    def log_in(self, team: Team, idp_id: str, person: str, visit: Visit, back: str = "/") -> Response:
        """A login at the team domain itself, as one person whom the provider knows, and `back` to a place of ours."""
        return self._to_provider(team, None, idp_id, visit, person, back)

    def _to_provider(
        self, team: Team, wish: Wish | None, idp_id: str, visit: Visit, person: str = "", back: str = "/"
    ) -> Response:
        issuer = self._issuers.find(idp_id)
        if issuer is None:
            return refusals.stale("The identity provider was removed. Start at the application again.")
        browser = next(iter(visit.cookies(cookies.SESSION)), "") or new_nonce()
        exchange = Exchange.new()
        state = self._logins.begin(team, wish, idp_id, browser, exchange, back)
        answer = RedirectResponse(self._client.login_url(issuer, state, exchange, person), 302, headers=NO_STORE)
        answer.headers.append("set-cookie", cookies.cookie(cookies.SESSION, browser))
        return answer

    async def _callback(self, request: Request) -> Response:
        """Back from the provider with a code."""
        team, asked = self._team(request), request.query_params
        try:
            pending, wish = self._logins.resume(
                team, asked.get("state", ""), visit_of(request).cookies(cookies.SESSION)
            )
            issuer = self._issuers.find(pending.idp_id)
            if issuer is None or "code" not in asked:
                raise LoginError("The identity provider did not log anybody in. Start at the application again.")
            said = await self._client.identity(issuer, asked["code"], pending.exchange)
        except LoginError as error:
            return refusals.stale(str(error))
        except IdentityError as error:
            self._audit.record(Decision("login", "deny", str(error), team.domain))
            sentence = f"{error}. Nobody was logged in."
            return notice("Login refused", sentence[:1].upper() + sentence[1:], kicker=f"{KICKER} · 403", status=403)
        session, lifetime = self._logins.open_session(team, issuer, said)
        there = RedirectResponse(pending.redirect_url, 303, headers=NO_STORE)
        answer = await self._entered(team, wish, session, request) if wish else there
        token = team.signer.organization(team.audience, session, lifetime)
        answer.headers.append("set-cookie", cookies.cookie(cookies.AUTHORIZATION, token, max_age=lifetime))
        return answer

    async def _entered(self, team: Team, wish: Wish, session: Session, request: Request) -> Response:
        # A token of the second of a revocation would pass for a revoked one.
        await asyncio.sleep(max(0.0, wish.site.revoked_at(wish.application) + 1 - time.time()))
        visit = visit_of(request)
        entry = self._logins.enter(team, wish, session, visit)
        if entry.url:
            return RedirectResponse(entry.url, 302, headers=NO_STORE)
        # The page speaks of the address that was asked for, not of the one of this step.
        there = Visit("GET", wish.site.host, wish.redirect_url.partition("?")[0], "", (), visit.peer, ray=visit.ray)
        return refusals.refused(wish.site.objects, wish.application, there, session, entry.visitor, entry.outcome)

    async def _get_identity(self, request: Request) -> Response:
        return self.identity(self._team(request), visit_of(request))

    def identity(self, team: Team, visit: Visit) -> Response:
        """Who is logged in, by a token of the organization or of any of its applications."""
        session = self._bearer(team, visit)
        if session is None:
            return JSONResponse({"err": "no app token set"}, 401, headers=NO_STORE)
        seen = circumstances(self._people, session, visit.peer)
        document: Json = identity_document(session, team.account.id, seen.country, seen.ip)
        return JSONResponse(document, headers=NO_STORE)

    async def _logout(self, request: Request) -> Response:
        """End the session: every application asks again."""
        team, visit = self._team(request), visit_of(request)
        session = self._bearer(team, visit)
        if session is not None:
            self._sessions.end(session.nonce)
            ended = Decision(
                "logout", "ended", "logged out", team.domain, email=session.email, identity_provider=session.idp_id
            )
            self._audit.record(ended)
        back = self._logins.way_back(team, request.query_params.get("back", ""))
        again = f'<p class="actions"><a class="button primary" href="{escape(back)}">Go back and log in</a></p>'
        body = f"<p>Every application asks for a login again.</p>{again if back else ''}"
        answer = page("You are logged out", body, kicker=KICKER)
        answer.headers.append("set-cookie", cookies.expired(cookies.AUTHORIZATION))
        answer.headers.append("set-cookie", cookies.expired(cookies.SESSION))
        return answer

    def session(self, team: Team, visit: Visit) -> Session | None:
        """The session of the organization's own cookie."""
        for text in visit.cookies(cookies.AUTHORIZATION):
            try:
                token = team.signer.verified(text, "org", team.audience)
            except TokenError:
                continue
            return self._sessions.find(token.nonce, team.account.team)
        return None

    def _bearer(self, team: Team, visit: Visit) -> Session | None:
        for text in visit.cookies(cookies.AUTHORIZATION):
            for kind in ("org", "app"):
                try:
                    token = team.signer.verified(text, "org" if kind == "org" else "app")
                except TokenError:
                    continue
                return self._sessions.find(token.nonce, team.account.team)
        return None

    def _team(self, request: Request) -> Team:
        team = self._teams.at(asked_host(request.scope) or "")
        if team is None:
            raise LookupError("this application serves team domains only")
        return team


def _choice(team: Team, wish: Wish, offered: tuple[Json, ...], request: Request) -> Response:
    """The page that lists the providers of an application."""
    asked = {name: request.query_params.get(name, "") for name in ("kid", "meta", "redirect_url")}
    links = "".join(
        f'<li><a class="button"{"" if number else " autofocus"}'
        f' href="?{escape(urlencode({**asked, "idp": str(one["id"])}))}">'
        f"<strong>{escape(str(one.get('name') or one['id']))}</strong><br>"
        f'<span class="soft small">{escape(KINDS.get(str(one["type"]), str(one["type"])))}</span></a></li>'
        for number, one in enumerate(offered)
    )
    name = str(wish.application.get("name") or wish.site.host)
    organization = str(wish.site.organization.get("name") or team.domain)
    listed = f'<ul class="plain">{links}</ul>' if links else '<p class="note">No way to log in is set up.</p>'
    body = f'<p class="soft">{escape(name)} at <code>{escape(wish.site.host)}</code></p>{listed}'
    summary = f"{organization} asks how to log in."
    return page(f"Log in to {organization}", body, kicker=KICKER, summary=summary)
