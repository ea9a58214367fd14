"""The Access decision over each request at an application: let it pass with a token, or answer in the app's place.

Identity rules are judged on what the provider said at the last login; address, country, posture and service tokens on
each request. Bypass passes without any token.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from starlette.responses import JSONResponse, RedirectResponse, Response

from sandbox.cloudflare_api.access import AccessObjects, Outcome, Visitor, evaluate_application, policies_of
from sandbox.cloudflare_api.document import Json
from sandbox.edge.upstream import Headers
from sandbox.front import cookies, refusals
from sandbox.front.addresses import Addresses
from sandbox.front.audit import Audit, Decision
from sandbox.front.credentials import Proof, proof_of
from sandbox.front.durations import session_seconds
from sandbox.front.idp.people import Circumstances, People
from sandbox.front.origin_headers import for_origin
from sandbox.front.routing import Site
from sandbox.front.sessions import Sessions, new_nonce
from sandbox.front.teams import Team, Teams
from sandbox.front.visits import Visit, circumstances, passing

NO_STORE = {"cache-control": "no-store"}
_FRESH = 60


@dataclass(frozen=True)
class Passage:
    """A request that goes on to the origin, with these headers; cookies go to the browser with the answer."""

    headers: Headers
    set_cookies: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Case:
    """All that one decision is made of."""

    site: Site
    team: Team
    application: Json
    visit: Visit
    proof: Proof
    seen: Circumstances
    visitor: Visitor


class Access:
    """Decides over requests at the hosts of applications."""

    def __init__(self, teams: Teams, sessions: Sessions, people: People, audit: Audit, addresses: Addresses) -> None:
        self._teams = teams
        self._sessions = sessions
        self._people = people
        self._audit = audit
        self._addresses = addresses
        self._machine_tokens: dict[tuple[str, str, int], tuple[float, str]] = {}

    def admit(self, site: Site, visit: Visit) -> Passage | Response:
        """The passage of a request, or the answer that takes its place."""
        if site.is_ambiguous(visit.path):
            why = "another reading of it leads to another application"
            self._audit.record(Decision("request", "deny", why, visit.host, visit.path, visit.method, ray=visit.ray))
            return refusals.unreadable(why)
        place = site.place(visit.path)
        if place is None:
            return self._uncovered(site, visit)
        application = place.application
        team = self._teams.of(site.account)
        if visit.method == "HEAD" and visit.header("cf-access-metadata-request").lower() == "true":
            token = team.signer.metadata(str(application["aud"]), site.host, place.host)
            return Response(status_code=200, headers={"cf-access-metadata": token, **NO_STORE})
        if visit.method == "OPTIONS" and application.get("options_preflight_bypass"):
            return Passage(for_origin(visit, circumstances(self._people, None, visit.peer)))
        case = self._case(site, team, application, visit)
        outcome = decided(site.objects, application, case.visitor)
        if outcome.decision != "bypass":
            self._record(case, outcome)
        return self._answer(case, outcome)

    def still_admits(self, site: Site, visit: Visit) -> bool:
        """Whether a request that passed before would pass now; nothing is recorded."""
        place = site.place(visit.path)
        if place is None:
            return not site.refuses_unmatched
        case = self._case(site, self._teams.of(site.account), place.application, visit)
        return decided(site.objects, place.application, case.visitor).decision in ("allow", "bypass", "service_auth")

    def _uncovered(self, site: Site, visit: Visit) -> Passage | Response:
        if site.refuses_unmatched:
            why = "no application covers this URL, and the organization closes such addresses"
            self._audit.record(Decision("request", "deny", why, visit.host, visit.path, visit.method, ray=visit.ray))
            return refusals.unmatched(visit)
        return Passage(for_origin(visit, circumstances(self._people, None, visit.peer)))

    def _case(self, site: Site, team: Team, application: Json, visit: Visit) -> _Case:
        revoked_at = site.revoked_at(application)
        proof = proof_of(visit, team, str(application["aud"]), self._sessions, site.objects, revoked_at)
        seen = circumstances(self._people, proof.session, visit.peer)
        place = (seen.country, seen.ip, passing(site.objects, seen.postures))
        visitor = proof.session.visitor(*place) if proof.session else Visitor(None, "", (), {}, (), *place)
        machine = str(proof.service_token["id"]) if proof.service_token else None
        return _Case(site, team, application, visit, proof, seen, replace(visitor, service_token_id=machine))

    def _answer(self, case: _Case, outcome: Outcome) -> Passage | Response:
        match outcome.decision:
            case "bypass":
                return Passage(for_origin(case.visit, case.seen))
            case "service_auth":
                return self._machine(case, outcome)
            case "allow" if case.proof.token and case.proof.session:
                return Passage(for_origin(case.visit, case.seen, case.proof.token.text, case.proof.session.email))
            case "login_required":
                return self._asked_to_log_in(case, outcome)
        site = case.site
        return refusals.refused(site.objects, case.application, case.visit, case.proof.session, case.visitor, outcome)

    def _machine(self, case: _Case, outcome: Outcome) -> Passage:
        """A service token gets an application token as well, which names it."""
        assert case.proof.service_token is not None  # noqa: S101 # the evaluator has just matched it
        client_id, aud = str(case.proof.service_token["client_id"]), str(case.application["aud"])
        policy = policy_named(case.site.objects, case.application, outcome.policy_id)
        lifetime = session_seconds(policy, case.application, case.site.organization)
        kept = (aud, client_id, case.site.revoked_at(case.application))
        ends, token = self._machine_tokens.get(kept, (0.0, ""))
        # A kept token is replaced before it ends, and when the keys were rotated.
        if ends < time.time() + min(_FRESH, lifetime / 2) or not case.team.signer.is_signed_by_current(token):
            token = case.team.signer.machine(aud, client_id, lifetime)
            self._machine_tokens[kept] = (time.time() + lifetime, token)
        place = case.site.place(case.visit.path)
        path = place.path if place and case.application.get("path_cookie_attribute") else ""
        return Passage(
            for_origin(case.visit, case.seen, token), (authorization(case.application, path, token, lifetime),)
        )

    def _asked_to_log_in(self, case: _Case, outcome: Outcome) -> Response:
        """A redirect for browsers; for scripts and machines, which cannot follow it to a login, a plain refusal."""
        visit, application = case.visit, case.application
        if application.get("service_auth_401_redirect") and not case.proof.session:
            return JSONResponse({"error": "service credentials are missing or wrong"}, 401, headers=NO_STORE)
        if case.proof.presented:
            wrong = replace(outcome, reason="the service credentials are not valid here")
            return refusals.refused(case.site.objects, application, visit, None, case.visitor, wrong)
        if visit.is_websocket or visit.header("x-requested-with"):
            headers = {"www-authenticate": "Cloudflare-Access", **NO_STORE}
            return JSONResponse({"error": "log in at this application first"}, 401, headers=headers)
        own = next((one for one in visit.cookies(cookies.APP_SESSION) if len(one) >= 32 and one.isascii()), "")
        app_session = own or new_nonce()
        aud = str(application["aud"])
        meta = case.team.signer.login_request(aud, case.site.host, visit.target, app_session)
        query = urlencode({"kid": aud, "meta": meta, "redirect_url": visit.target})
        url = self._addresses.url(case.team.domain, f"/cdn-cgi/access/login/{case.site.host}?{query}")
        answer = RedirectResponse(url, 302, headers={"www-authenticate": "Cloudflare-Access", **NO_STORE})
        answer.headers.append("set-cookie", cookies.cookie(cookies.APP_SESSION, app_session))
        return answer

    def _record(self, case: _Case, outcome: Outcome) -> None:
        reason = f"{outcome.reason}; a token was refused: {case.proof.problem}" if case.proof.problem else ""
        session, machine = case.proof.session, case.proof.service_token
        self._audit.record(
            Decision(
                event="request",
                decision=outcome.decision,
                reason=reason or outcome.reason,
                host=case.visit.host,
                path=case.visit.path,
                method=case.visit.method,
                application=str(case.application.get("name") or ""),
                policy=outcome.policy_id or "",
                email=session.email if session else "",
                identity_provider=session.idp_id if session else "",
                service_token=str(machine.get("name") or "") if machine else "",
                ip=case.seen.ip or "",
                country=case.seen.country or "",
                ray=case.visit.ray,
            )
        )


def decided(objects: AccessObjects, application: Json, visitor: Visitor) -> Outcome:
    """The outcome at an application. What cannot be judged, and what needs an approval, admits nobody."""
    own = str(application["id"])
    try:
        outcome = evaluate_application(objects, application, visitor)
    except (KeyError, TypeError, ValueError) as error:
        return Outcome("deny", own, None, f"its policies cannot be evaluated ({error})")
    policy = policy_named(objects, application, outcome.policy_id)
    if outcome.decision == "allow" and policy is not None and policy.get("approval_required"):
        return replace(outcome, decision="deny", reason="the policy asks for an approval, which nobody can give here")
    return outcome


def policy_named(objects: AccessObjects, application: Json, policy_id: str | None) -> Json | None:
    """A policy of an application by id."""
    return next((one for one in policies_of(objects, application) if str(one["id"]) == policy_id), None)


def authorization(application: Json, path: str, token: str, lifetime: int) -> str:
    """The cookie that carries an application token, as the application wants it."""
    return cookies.cookie(
        cookies.AUTHORIZATION,
        token,
        path=path or "/",
        max_age=lifetime,
        http_only=application.get("http_only_cookie_attribute") is not False,
        same_site=str(application.get("same_site_cookie_attribute") or "none"),
    )
