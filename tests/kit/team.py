"""A team that issues tokens as the sandbox's Access does, and everything that can be wrong with one."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from streamlit_access import AccessDeniedError, AccessUser, verify

from sandbox.front.keys import KeyRing
from sandbox.front.sessions import Session
from sandbox.front.tokens import TokenSigner

DOMAIN = "example.cloudflareaccess.com"
AUD = "5" * 64
DAY = 86_400  # seconds; tokens are made when tests are collected, long before the last one runs
KEYS = KeyRing(DOMAIN)
SIGNER = TokenSigner(DOMAIN, KEYS)
KID = KEYS.current.kid
STRANGER: RSAPrivateKey = generate_private_key(public_exponent=65537, key_size=2048)
MIKA = Session(
    nonce="n1",
    team="example",
    person="mika",
    sub="7335d417-61da-459d-899c-0a01c76a2f94",
    email="mika@example.com",
    name="Mika Tanaka",
    idp_id="idp",
    idp_type="oidc",
    custom={"name": "Mika Tanaka", "groups": ["marketing", "everyone"], "employment": "contractor"},
)


def public_keys() -> dict[str, RSAPublicKey]:
    return {key.kid: key.private.public_key() for key in KEYS.valid()}


def good(**session: Any) -> str:
    """The sandbox's own token for Mika."""
    return SIGNER.application(AUD, replace(MIKA, **session), "JP", DAY)


def claims(**changes: Any) -> dict[str, Any]:
    """What the good token says, with changes; `None` takes a claim away."""
    said = jwt.decode(good(), options={"verify_signature": False})
    return {name: value for name, value in {**said, **changes}.items() if value is not None}


def signed(headers: Any = None, key: Any = None, algorithm: Any = "RS256", **changes: Any) -> str:
    """A token of changed claims with the team's own signature, or another."""
    named = {"kid": KID, **(headers or {})}
    return jwt.encode(claims(**changes), key or KEYS.current.private, algorithm, headers=named)


def checked(token: str) -> AccessUser:
    return verify(token, team_domain=DOMAIN, audience=AUD, keys=public_keys().get)


def refusal(token: str) -> str:
    """Why a token does not count; `verified` if it does."""
    try:
        checked(token)
    except AccessDeniedError as denied:
        return denied.reason
    return "verified"


def in_seconds(seconds: float) -> int:
    return int(time.time() + seconds)
