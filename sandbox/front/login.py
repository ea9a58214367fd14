"""A login at the team domain: from an application's request to the provider, and back with a way in.

    login → (session of the organization | provider → callback) → decision → authorized at the application

Every step back is a ticket that counts once and only in the browser that it was made for.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from sandbox.cloudflare_api.access import Outcome, Place, Visitor, offered_idps
from sandbox.cloudflare_api.document import Json, texts
from sandbox.front.access import decided, policy_named
from sandbox.front.addresses import Addresses
from sandbox.front.audit import Audit, Decision
from sandbox.front.durations import session_seconds
from sandbox.front.identity_client import Asserted, Exchange
from sandbox.front.idp.issuers import Issuer
from sandbox.front.idp.people import Circumstances, People
from sandbox.front.paths import AmbiguousPathError, decoded, safe_return
from sandbox.front.routing import Routing, Site
from sandbox.front.sessions import Session, Sessions, new_nonce
from sandbox.front.teams import Team, Teams
from sandbox.front.tickets import Tickets
from sandbox.front.tokens import TokenError
from sandbox.front.visits import Visit, circumstances, passing

LOGIN_LIFETIME, GRANT_LIFETIME = 600.0, 60.0


class LoginError(Exception):
    """A login that cannot begin or go on; the text is for the person."""


@dataclass(frozen=True)
class Wish:
    """Where somebody wants to go: what an application put into the login redirect, verified."""

    site: Site
    place: Place
    redirect_url: str
    app_session: str

    @property
    def application(self) -> Json:
        return self.place.application

    @property
    def aud(self) -> str:
        return str(self.application["aud"])


@dataclass(frozen=True)
class Pending:
    """A login while the person is at the provider; without a host it is one at the team domain itself.

    Of the browser's secret only a digest is kept.
    """

    team: str
    aud: str
    host: str
    redirect_url: str
    app_session: str
    idp_id: str
    exchange: Exchange
    browser: str


@dataclass(frozen=True)
class Grant:
    """A way in, to be redeemed at the application's host."""

    host: str
    app_id: str
    app_session: str
    redirect_url: str
    token: str
    lifetime: int
    path: str


@dataclass(frozen=True)
class Entry:
    """The decision over a login: a URL to go on to, or the outcome that refused."""

    outcome: Outcome
    visitor: Visitor
    url: str = ""


class Logins:
    """All logins in progress."""

    def __init__(
        self,
        routing: Routing,
        teams: Teams,
        sessions: Sessions,
        people: People,
        audit: Audit,
        addresses: Addresses,
    ) -> None:
        self._routing = routing
        self._teams = teams
        self._sessions = sessions
        self._people = people
        self._audit = audit
        self._addresses = addresses
        self._pending: Tickets[Pending] = Tickets(LOGIN_LIFETIME)
        self.grants: Tickets[Grant] = Tickets(GRANT_LIFETIME)

    def wish(self, team: Team, host: str, kid: str, meta: str) -> Wish:
        """What the signed part of a login request asks for; the rest of the URL is not believed."""
        try:
            asked = team.signer.verified(meta, "meta", kid).claims
        except TokenError as error:
            raise LoginError(f"Start at the application again: the request is not valid ({error}).") from None
        if asked.get("hostname") != host:
            raise LoginError("Start at the application again: the request is for another host.")
        return self._wish(team, host, kid, str(asked["redirect_url"]), str(asked["app_session"]))

    def _wish(self, team: Team, host: str, aud: str, redirect_url: str, app_session: str) -> Wish:
        site = self._routing.site(host)
        target = safe_return(redirect_url)
        try:
            place = site.place(decoded(target.partition("?")[0].encode())) if site else None
        except AmbiguousPathError:
            place = None
        if site is None or site.account != team.account or place is None or str(place.application["aud"]) != aud:
            raise LoginError("The application is not there any more. Start at its address again.")
        return Wish(site, place, target, app_session)

    def offered(self, wish: Wish) -> tuple[Json, ...]:
        """The providers that the application offers and that exist."""
        providers = wish.site.objects.identity_providers
        wanted = offered_idps(wish.site.objects, wish.application)
        return tuple(providers[one] for one in wanted if one in providers)

    def goes_straight(self, wish: Wish) -> bool:
        """Whether there is nothing to choose and the page is skipped."""
        asked = wish.application.get("auto_redirect_to_identity") or wish.site.organization.get(
            "auto_redirect_to_identity"
        )
        return bool(asked) and len(self.offered(wish)) == 1

    def way_back(self, team: Team, place: str) -> str:
        """The URL of `host/path`, if it is a host of this team; empty otherwise."""
        host, _, path = place.partition("/")
        site = self._routing.site(host)
        if site is None or site.route is None or site.account != team.account:
            return ""
        return self._addresses.url(host, safe_return(f"/{path}"))

    def begin(
        self, team: Team, wish: Wish | None, idp_id: str, browser: str, exchange: Exchange, back: str = "/"
    ) -> str:
        """The `state` of a new login in that browser; without a wish it goes `back` at its end."""
        wanted = (wish.aud, wish.site.host, wish.redirect_url, wish.app_session) if wish else ("", "", back, "")
        return self._pending.issue(Pending(team.account.team, *wanted, idp_id, exchange, _digest(browser)))

    def resume(self, team: Team, state: str, browsers: tuple[str, ...]) -> tuple[Pending, Wish | None]:
        """The login of a `state`, which counts once and only where it began."""
        pending = self._pending.take(state)
        if pending is None:
            raise LoginError("This login was used already or took too long. Start at the application again.")
        if pending.team != team.account.team or pending.browser not in {_digest(one) for one in browsers}:
            raise LoginError("This login began in another browser. Start at the application again.")
        if not pending.host:
            return pending, None
        return pending, self._wish(team, pending.host, pending.aud, pending.redirect_url, pending.app_session)

    def open_session(self, team: Team, issuer: Issuer, said: Asserted) -> tuple[Session, int]:
        """A session of the organization, and how many seconds it signs the person in for."""
        lifetime = session_seconds(self._teams.organization(team))
        now = int(time.time())
        names = (*texts(issuer.config.get("claims")), *texts(issuer.config.get("attributes")))
        custom = {
            name: list(values) if len(values) > 1 else values[0]
            for name, values in said.claims.items()
            if name in names and values
        }
        session = Session(
            nonce=new_nonce(),
            team=team.account.team,
            person=said.subject,
            sub=str(uuid.uuid5(uuid.NAMESPACE_URL, f"{team.signer.issuer}/{said.email.lower()}")),
            email=said.email,
            name=said.name,
            idp_id=issuer.id,
            idp_type=issuer.type,
            groups=said.groups,
            claims=said.claims,
            auth_methods=said.auth_methods,
            custom=custom,
            begun=now,
            expires=now + lifetime,
        )
        self._sessions.add(session)
        return session, lifetime

    def enter(self, team: Team, wish: Wish, session: Session, visit: Visit) -> Entry:
        """Decide over a person at an application, and make the way in."""
        site, application = wish.site, wish.application
        seen = circumstances(self._people, session, visit.peer)
        visitor = session.visitor(seen.country, seen.ip, passing(site.objects, seen.postures))
        outcome = decided(site.objects, application, visitor)
        self._record(wish, session, seen, outcome, visit)
        if outcome.decision == "deny":
            return Entry(outcome, visitor)
        if outcome.decision != "allow":  # the door is open without a token
            return Entry(outcome, visitor, self._addresses.url(site.host, wish.redirect_url))
        policy = policy_named(site.objects, application, outcome.policy_id)
        lifetime = session_seconds(policy, application, site.organization)
        self._sessions.add(replace(session, expires=max(session.expires, int(time.time()) + lifetime)))
        token = team.signer.application(wish.aud, session, seen.country or "XX", lifetime)
        path = wish.place.path if application.get("path_cookie_attribute") else ""
        own = str(application["id"])
        grant = Grant(site.host, own, wish.app_session, wish.redirect_url, token, lifetime, path)
        query = urlencode({"nonce": self.grants.issue(grant)})
        return Entry(outcome, visitor, self._addresses.url(site.host, f"/cdn-cgi/access/authorized?{query}"))

    def _record(self, wish: Wish, session: Session, seen: Circumstances, outcome: Outcome, visit: Visit) -> None:
        self._audit.record(
            Decision(
                event="login",
                decision=outcome.decision,
                reason=outcome.reason,
                host=wish.site.host,
                path=wish.redirect_url.partition("?")[0],
                application=str(wish.application.get("name") or ""),
                policy=outcome.policy_id or "",
                email=session.email,
                identity_provider=session.idp_id,
                ip=seen.ip or "",
                country=seen.country or "",
                ray=visit.ray,
            )
        )


def identity_document(session: Session, account_id: str, country: str | None, ip: str | None) -> Json:
    """What `/cdn-cgi/access/get-identity` tells."""
    return {
        "id": session.person,
        "name": session.name,
        "email": session.email,
        "user_uuid": session.sub,
        "account_id": account_id,
        "idp": {"id": session.idp_id, "type": session.idp_type},
        "groups": list(session.groups),
        "amr": list(session.auth_methods),
        "oidc_fields": session.custom if session.idp_type != "saml" else {},
        "saml_attributes": session.custom if session.idp_type == "saml" else {},
        "custom": session.custom,
        "geo": {"country": country},
        "ip": ip,
        "iat": session.begun,
        "is_warp": False,
        "is_gateway": False,
        "version": 2,
    }


def _digest(browser: str) -> str:
    return hashlib.sha256(browser.encode()).hexdigest()
