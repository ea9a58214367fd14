"""A rule's own Access check, which stands behind the one at the edge: `originRequest.access.required`."""

from __future__ import annotations

import json
import ssl
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import jwt

from sandbox.connector.origin import OriginError, exchange_with
from sandbox.connector.rules import AccessCheck
from sandbox.connector.settings import Address

ASSERTION = "cf-access-jwt-assertion"
_TIMEOUT = 10.0
_REMEMBERED = 1000


class UnverifiableTokenError(Exception):
    """Signature, issuer, time or the keys themselves: cloudflared fails with a 502."""


@dataclass(frozen=True)
class TeamKeys:
    """Where the keys of a team domain are fetched: there, or at `address` under the same name."""

    address: Address | None
    authority: Path | None

    async def fetch(self, domain: str) -> dict[str, jwt.PyJWK]:
        """The keys by their id."""
        tls = _trusting(self.authority)
        address = self.address or Address(domain, 443)
        headers = (("host", domain), ("accept", "application/json"))
        try:
            async with exchange_with(address, tls, domain, _TIMEOUT) as exchange:
                await exchange.send_head("GET", "/cdn-cgi/access/certs", headers)
                await exchange.end_body()
                status, _ = await exchange.answer()
                text = b"".join([chunk async for chunk in exchange.body()])
            if status != 200:
                raise UnverifiableTokenError(f"the certs of {domain} answered {status}")
            return {str(key["kid"]): jwt.PyJWK(key, "RS256") for key in json.loads(text)["keys"]}
        except (OriginError, ValueError, KeyError, TypeError, jwt.PyJWTError) as error:
            raise UnverifiableTokenError(f"the certs of {domain} cannot be had: {error}") from error


class AccessChecker:
    """Checks tokens; keys are kept, and fetched again for a key id that is not known.

    What was verified is remembered until it ends or keys are fetched: who may still come in is the edge's to say.
    """

    def __init__(self, source: TeamKeys) -> None:
        self._source = source
        self._keys: dict[str, dict[str, jwt.PyJWK]] = {}
        self._verified: dict[tuple[str, str], dict[str, Any]] = {}

    async def refusal(self, check: AccessCheck, token: str | None) -> str | None:
        """Why a request is refused with a 403; none when it may pass."""
        if not token:
            return "no access token in request"
        domain = f"{check.team}.cloudflareaccess.com"
        claims = await self._claims(domain, token)
        audiences = claims.get("aud")
        said = [audiences] if isinstance(audiences, str) else audiences
        if not isinstance(said, list) or not set(check.audiences) & {str(one) for one in said}:
            return f"Invalid token in jwt: {said}"
        return None

    async def _claims(self, domain: str, token: str) -> dict[str, Any]:
        claims = self._verified.get((domain, token))
        if claims is None or int(claims["exp"]) <= time.time():
            claims = await self._verify(domain, token)
            if len(self._verified) >= _REMEMBERED:
                self._verified.clear()
            self._verified[domain, token] = claims
        return claims

    async def _verify(self, domain: str, token: str) -> dict[str, Any]:
        try:
            kid = str(jwt.get_unverified_header(token).get("kid"))
            claims: dict[str, Any] = jwt.decode(
                token,
                await self._key(domain, kid),
                algorithms=["RS256"],
                issuer=f"https://{domain}",
                options={"require": ["exp", "iss"], "verify_aud": False, "verify_iat": False},
            )
        except jwt.PyJWTError as error:
            raise UnverifiableTokenError(str(error)) from error
        return claims

    async def _key(self, domain: str, kid: str) -> jwt.PyJWK:
        if kid not in self._keys.get(domain, {}):
            self._keys[domain] = await self._source.fetch(domain)
            self._verified.clear()
        if kid not in self._keys[domain]:
            raise UnverifiableTokenError(f"no key {kid}")
        return self._keys[domain][kid]


@lru_cache(maxsize=4)
def _trusting(authority: Path | None) -> ssl.SSLContext:
    """Without a file, OpenSSL takes the system's roots or those of `SSL_CERT_FILE`."""
    return ssl.create_default_context(cafile=authority)
