"""The public keys of a team, as its certs endpoint publishes them."""

from __future__ import annotations

import json
import ssl
import urllib.request
from collections.abc import Mapping

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm

TIMEOUT = 3.0  # seconds that the endpoint may be silent
LARGEST = 1 << 20  # bytes
SMALLEST_KEY = 2048  # bits


class CertsError(Exception):
    """The endpoint gave no keys; the text says why, for the log of the app."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Keys count only from where they were asked for."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


def certs_url(team_domain: str) -> str:
    """Where Access publishes the keys of a team."""
    return f"https://{team_domain}/cdn-cgi/access/certs"


def fetch_certs(url: str, authority: str | None = None) -> Mapping[str, RSAPublicKey]:
    """The keys at an https URL, by `kid`. `authority` is a PEM file to trust instead of the system's."""
    try:
        context = ssl.create_default_context(cafile=authority)
        opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context), _NoRedirect)
        # Cloudflare's browser integrity check may refuse the name that urllib gives itself.
        request = urllib.request.Request(url, headers={"User-Agent": "streamlit-access"})  # noqa: S310 - https only
        with opener.open(request, timeout=TIMEOUT) as answer:
            text = answer.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        raise CertsError(f"{url}: {error}") from error
    if len(text) > LARGEST:
        raise CertsError(f"{url}: the answer is larger than {LARGEST} bytes")
    return keys_of(text)


def keys_of(text: bytes) -> Mapping[str, RSAPublicKey]:
    """The keys of a JWK set that can sign tokens; others are left out, so that a new kind does not lock everybody out.

    Raises `CertsError` if none is left.
    """
    try:
        rows = json.loads(text)["keys"]
        found = {str(row["kid"]): key for row in rows if (key := _key(row)) is not None}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CertsError(f"not a set of keys: {type(error).__name__}") from error
    if not found:
        raise CertsError("not one key for RS256")
    return found


def _key(row: object) -> RSAPublicKey | None:
    wanted = {"kty": "RSA", "alg": "RS256", "use": "sig"}
    if (
        not isinstance(row, dict)
        or not row.get("kid")
        or any(row.get(name, value) != value for name, value in wanted.items())
    ):
        return None
    try:
        key = RSAAlgorithm.from_jwk(json.dumps(row))
    except (jwt.PyJWTError, ValueError):
        return None
    return key if isinstance(key, RSAPublicKey) and key.key_size >= SMALLEST_KEY else None
