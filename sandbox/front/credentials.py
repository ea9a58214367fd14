"""What a request brings to prove who sends it: tokens in cookies and headers, and service credentials."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime

from sandbox.cloudflare_api.access import AccessObjects
from sandbox.cloudflare_api.document import Json
from sandbox.front import cookies
from sandbox.front.sessions import Session, Sessions
from sandbox.front.teams import Team
from sandbox.front.tokens import Token, TokenError
from sandbox.front.visits import Visit

CLIENT_ID, CLIENT_SECRET, TOKEN_HEADER = "cf-access-client-id", "cf-access-client-secret", "cf-access-token"


@dataclass(frozen=True)
class Proof:
    """What counts of it. `problem` says why a token that came along does not; `presented` that a secret came."""

    token: Token | None = None
    session: Session | None = None
    service_token: Json | None = None
    presented: bool = False
    problem: str = ""


def proof_of(visit: Visit, team: Team, aud: str, sessions: Sessions, objects: AccessObjects, revoked_at: int) -> Proof:
    """The first application token for exactly this AUD, and valid service credentials."""
    machine, presented = _service_token(visit, objects)
    problem = ""
    for text in (*visit.cookies(cookies.AUTHORIZATION), visit.header(TOKEN_HEADER)):
        if not text:
            continue
        try:
            token = team.signer.verified(text, "app", aud)
        except TokenError as error:
            problem = problem or str(error)
            continue
        if int(token.claims["iat"]) <= revoked_at:
            problem = "it was revoked"
            continue
        if token.common_name:
            bearer = _named(objects, token.common_name)
            if bearer is not None:
                return Proof(token, None, machine or bearer, presented)
            problem = "its service token is gone"
            continue
        session = sessions.find(token.nonce, team.account.team)
        if session is not None:
            return Proof(token, session, machine, presented)
        problem = "its session has ended"
    return Proof(None, None, machine, presented, problem)


def _service_token(visit: Visit, objects: AccessObjects) -> tuple[Json | None, bool]:
    client_id, secret = visit.header(CLIENT_ID), visit.header(CLIENT_SECRET)
    if not client_id and not secret:
        return None, False
    token = _named(objects, client_id)
    known = str(token["_client_secret"]) if token else ""
    same = hmac.compare_digest(known.encode(), secret.encode())
    return (token if same and known else None), True


def _named(objects: AccessObjects, client_id: str) -> Json | None:
    """The service token of that client id, unless it has ended."""
    found = next((one for one in objects.service_tokens.values() if one["client_id"] == client_id), None)
    if found is None or found.get("enabled") is False:
        return None
    expires = datetime.fromisoformat(str(found["expires_at"]))
    return found if expires > datetime.now(UTC) else None
