"""Access as the client of identity providers: OpenID Connect with PKCE, and what it takes from the answer."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from urllib.parse import urlencode

import httpx
import jwt
from starlette.types import ASGIApp

from sandbox.cloudflare_api.document import Json, texts
from sandbox.front.idp.issuers import REPORTS_GROUPS, REPORTS_METHODS, Issuer
from sandbox.front.keys import ALGORITHM

_REGISTERED = frozenset({"iss", "sub", "aud", "exp", "iat", "nbf", "nonce", "email", "name", "amr", "auth_time", "azp"})


class IdentityError(Exception):
    """The provider did not vouch for anybody; the text says why."""


@dataclass(frozen=True)
class Asserted:
    """An identity in the words of its provider."""

    subject: str
    email: str
    name: str
    groups: tuple[str, ...]
    claims: dict[str, tuple[str, ...]]
    auth_methods: tuple[str, ...]


@dataclass(frozen=True)
class Exchange:
    """What Access keeps of a login while the person is at the provider."""

    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> Exchange:
        return cls(secrets.token_urlsafe(24), secrets.token_urlsafe(48))


class IdentityClient:
    """Speaks with the issuers; the person's browser carries the code, the rest goes directly."""

    def __init__(self, provider: ASGIApp) -> None:
        self._http = httpx.AsyncClient(transport=httpx.ASGITransport(provider))

    def login_url(self, issuer: Issuer, state: str, exchange: Exchange, person: str = "") -> str:
        """Where the browser logs in; as `person` without a page, which is OpenID Connect's `prompt=none`."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(exchange.verifier.encode()).digest()).rstrip(b"=")
        asked = {
            "response_type": "code",
            "client_id": issuer.client_id,
            "redirect_uri": issuer.redirect_uri,
            "scope": " ".join(dict.fromkeys(("openid", *issuer.scopes))),
            "state": state,
            "nonce": exchange.nonce,
            "code_challenge": challenge.decode(),
            "code_challenge_method": "S256",
        }
        silent = {"login_hint": person, "prompt": "none"} if person else {}
        return f"{issuer.url}/authorize?{urlencode({**asked, **silent})}"

    async def identity(self, issuer: Issuer, code: str, exchange: Exchange) -> Asserted:
        """Redeem a code. Only a token by this issuer, for this client and this login counts."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": issuer.redirect_uri,
            "code_verifier": exchange.verifier,
            "client_id": issuer.client_id,
            "client_secret": issuer.client_secret,
        }
        answer = await self._http.post(f"{issuer.url}/token", data=form)
        if answer.status_code != 200:
            raise IdentityError(f"{issuer.name} refused the login ({answer.json().get('error', answer.status_code)})")
        claims = await self._verified(issuer, str(answer.json().get("id_token")))
        if claims.get("nonce") != exchange.nonce:
            raise IdentityError(f"the answer of {issuer.name} belongs to another login")
        return _asserted(issuer, claims)

    async def _verified(self, issuer: Issuer, text: str) -> Json:
        keys = jwt.PyJWKSet.from_dict((await self._http.get(f"{issuer.url}/jwks")).json())
        try:
            key = keys[jwt.get_unverified_header(text)["kid"]]
            claims: Json = jwt.decode(
                text,
                key,
                algorithms=[ALGORITHM],
                audience=issuer.client_id,
                issuer=issuer.url,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )
        except (jwt.PyJWTError, KeyError) as error:
            raise IdentityError(f"the token of {issuer.name} does not count: {error}") from None
        return claims


def _asserted(issuer: Issuer, claims: Json) -> Asserted:
    """Groups and methods only from the types that report them; a Workspace vouches for its own domain only."""
    email = str(claims.get(str(issuer.config.get("email_claim_name") or "email")) or "")
    if "@" not in email:
        raise IdentityError(f"{issuer.name} gave no e-mail address")
    domain = str(issuer.config.get("apps_domain") or "").lower()
    if issuer.type == "google-apps" and domain and email.lower().rpartition("@")[2] != domain:
        raise IdentityError(f"{issuer.name} is the Workspace of {domain}, and {email} is not of it")
    own = {name: value for name, value in claims.items() if name not in _REGISTERED}
    reports_groups = issuer.type in REPORTS_GROUPS
    groups = texts(own.pop("groups", None)) if reports_groups else ()
    values = {name: (value,) if isinstance(value, str) else texts(value) for name, value in own.items()}
    methods = texts(claims.get("amr")) if issuer.type in REPORTS_METHODS else ()
    name = str(claims.get("name") or email)
    return Asserted(str(claims["sub"]), email, name, groups, values, methods)
