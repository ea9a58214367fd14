"""The tokens of Access: application tokens, organization tokens, and their verification.

Claims are those of Cloudflare's page "Application token". A token counts only with RS256, a key that is valid now,
the issuer of the team, the wanted type and, for applications, exactly the wanted AUD.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal

import jwt

from sandbox.cloudflare_api.document import Json, texts
from sandbox.front.keys import ALGORITHM, KeyRing
from sandbox.front.sessions import Session

Kind = Literal["app", "org", "meta"]
_LEEWAY = 5
_REMEMBERED = 1000


class TokenError(Exception):
    """A token that does not count; the text says why."""


@dataclass(frozen=True)
class Token:
    """A verified token: its text and what it says."""

    text: str
    aud: tuple[str, ...]
    email: str
    nonce: str
    common_name: str
    expires: int
    claims: Json


class TokenSigner:
    """Makes and checks the tokens of one team."""

    def __init__(self, auth_domain: str, keys: KeyRing) -> None:
        self.issuer = f"https://{auth_domain}"
        self.auth_domain = auth_domain
        self.keys = keys
        self._verified: dict[str, tuple[str, Json]] = {}

    def application(self, aud: str, session: Session, country: str, lifetime: int) -> str:
        """The token of a person at one application."""
        claims = {
            **self._stamps("app", lifetime),
            "aud": [aud],
            "email": session.email,
            "identity_nonce": session.nonce,
            "sub": session.sub,
            "country": country,
        }
        return self.keys.sign({**claims, "custom": session.custom} if session.custom else claims)

    def machine(self, aud: str, client_id: str, lifetime: int) -> str:
        """The token of a service token at one application: no address, an empty subject, and no `nbf`."""
        stamps = self._stamps("app", lifetime)
        del stamps["nbf"]
        return self.keys.sign({**stamps, "aud": [aud], "common_name": client_id, "sub": ""})

    def organization(self, aud: str, session: Session, lifetime: int) -> str:
        """The token of the team domain, which signs a person in at further applications."""
        identity = {"email": session.email, "identity_nonce": session.nonce, "sub": session.sub}
        return self.keys.sign({**self._stamps("org", lifetime), "aud": [aud], **identity})

    def login_request(self, aud: str, host: str, redirect_url: str, app_session: str) -> str:
        """The `meta` of a login redirect: what the application asked for, in its own words."""
        asked = {"hostname": host, "redirect_url": redirect_url, "app_session": app_session}
        return self.keys.sign({**self._stamps("meta", 600), "aud": [aud], **asked})

    def metadata(self, aud: str, host: str, app_host: str) -> str:
        """What `cloudflared access` asks of an application before it logs in."""
        return self.keys.sign(
            {
                "type": "match",
                "hostname": host,
                "auth_domain": self.auth_domain,
                "aud": aud,
                "app_hostname": app_host,
                "iat": int(time.time()),
            }
        )

    def verified(self, text: str, kind: Kind, aud: str | None = None) -> Token:
        """The token, if it counts. Without `aud` any audience of this team does."""
        claims = self._decoded(text)
        if claims.get("type") != kind:
            raise TokenError(f"it is not of the type {kind}")
        audience = texts(claims["aud"]) if isinstance(claims["aud"], list) else (str(claims["aud"]),)
        if aud is not None and aud not in audience:
            raise TokenError("it was made for another application")
        return Token(
            text=text,
            aud=audience,
            email=str(claims.get("email") or ""),
            nonce=str(claims.get("identity_nonce") or ""),
            common_name=str(claims.get("common_name") or ""),
            expires=int(claims["exp"]),
            claims=claims,
        )

    def is_signed_by_current(self, text: str) -> bool:
        """Whether a token of ours bears the key that signs now."""
        return bool(jwt.get_unverified_header(text).get("kid") == self.keys.current.kid)

    def _decoded(self, text: str) -> Json:
        """The claims. A signature is worked out once and stays right; its key and the token's end count each time."""
        kid, claims = self._verified.get(text, ("", {}))
        if claims and self.keys.named(kid) is not None and time.time() < int(claims["exp"]) + _LEEWAY:
            return claims
        kid, claims = self._verify(text)
        if len(self._verified) >= _REMEMBERED:
            self._verified.clear()
        self._verified[text] = kid, claims
        return claims

    def _verify(self, text: str) -> tuple[str, Json]:
        try:
            header = jwt.get_unverified_header(text)
            if header.get("alg") != ALGORITHM:
                raise TokenError(f"its algorithm is not {ALGORITHM}")
            key = self.keys.named(str(header.get("kid")))
            if key is None:
                raise TokenError("no valid key has its kid")
            claims: Json = jwt.decode(
                text,
                key.private.public_key(),
                algorithms=[ALGORITHM],
                issuer=self.issuer,
                leeway=_LEEWAY,
                options={"require": ["exp", "iat", "iss", "aud"], "verify_aud": False},
            )
        except jwt.ExpiredSignatureError:
            raise TokenError("it has expired") from None
        except jwt.InvalidIssuerError:
            raise TokenError("another team issued it") from None
        except jwt.PyJWTError as error:
            raise TokenError(f"it cannot be verified: {error}") from None
        return key.kid, claims

    def _stamps(self, kind: Kind, lifetime: int) -> Json:
        now = int(time.time())
        return {"iss": self.issuer, "type": kind, "iat": now, "nbf": now, "exp": now + lifetime}
