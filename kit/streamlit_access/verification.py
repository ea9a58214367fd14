"""The check of one application token.

What a token carries: developers.cloudflare.com/cloudflare-one, "Application token". Tokens of people have an address
and a subject; tokens of service tokens have `common_name`, an empty subject and no `nbf`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from streamlit_access.errors import AccessDeniedError, Reason
from streamlit_access.user import AccessUser, name_from_address

ALGORITHM = "RS256"
LEEWAY = 10  # seconds by which clocks may differ
LONGEST = 16_384  # characters; headers of that size reach no origin
OWN_CLAIMS = frozenset(
    {"aud", "common_name", "country", "custom", "email", "exp", "iat", "identity_nonce", "iss", "nbf", "sub", "type"}
)

_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.([A-Za-z0-9_-]+)")
# The first that fits names the reason.
_REASONS: tuple[tuple[type[Exception], Reason], ...] = (
    (jwt.ExpiredSignatureError, "expired"),
    (jwt.ImmatureSignatureError, "not-yet-valid"),
    (jwt.InvalidIssuerError, "wrong-team"),
    (jwt.InvalidAudienceError, "wrong-application"),
    (jwt.MissingRequiredClaimError, "incomplete"),
    (jwt.InvalidSignatureError, "not-signed-by-access"),
    (jwt.InvalidAlgorithmError, "not-signed-by-access"),
)


def verify(token: str, *, team_domain: str, audience: str, keys: Callable[[str], RSAPublicKey | None]) -> AccessUser:
    """The user of an application token, or `AccessDeniedError`.

    `team_domain` is a host name such as `example.cloudflareaccess.com`, `audience` the AUD tag of the application.
    `keys` gives the public key of a `kid`: `AccessKeys(…).named`, or the `get` of a dictionary.
    """
    try:
        kid = _kid(token)
        key = keys(kid)
        if key is None:
            raise AccessDeniedError("unknown-key")
        claims = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            issuer=f"https://{team_domain}",
            audience=audience,
            leeway=LEEWAY,
            options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )
        return _user(claims, audience, kid)
    except (jwt.PyJWTError, ValueError, TypeError, ArithmeticError, RecursionError) as error:
        raise AccessDeniedError(_reason(error)) from None


def _reason(error: Exception) -> Reason:
    return next((reason for kind, reason in _REASONS if isinstance(error, kind)), "not-a-token")


def _kid(token: str) -> str:
    """The id of the key that is said to have signed; a token has exactly one spelling."""
    compact = _COMPACT.fullmatch(token) if len(token) <= LONGEST else None
    # The last character of a signature has spare bits that decoders ignore.
    if compact is None or not _is_canonical(compact[1]):
        raise AccessDeniedError("not-a-token")
    header = jwt.get_unverified_header(token)
    if header.get("alg") != ALGORITHM:
        raise AccessDeniedError("not-signed-by-access")
    return str(header.get("kid") or "")


def _is_canonical(segment: str) -> bool:
    padded = segment + "=" * (-len(segment) % 4)
    return base64.urlsafe_b64encode(base64.urlsafe_b64decode(padded)).decode() == padded


def _user(claims: Mapping[str, Any], audience: str, kid: str) -> AccessUser:
    email, subject, machine = (_text(claims.get(name)) for name in ("email", "sub", "common_name"))
    # An organization's own token is signed by the same keys and opens no application.
    if claims.get("type") != "app" or not (email and subject if email else machine):
        raise AccessDeniedError("incomplete")
    custom = _custom(claims)
    name = next(iter(custom.get("name", ())), "") or (name_from_address(email) if email else machine)
    return AccessUser(
        email=email,
        name=name,
        subject=subject,
        groups=custom.get("groups", ()),
        country=_text(claims.get("country")),
        claims=tuple(sorted(custom.items())),
        service_token="" if email else machine,
        issuer=str(claims["iss"]),
        audience=audience,
        key_id=kid,
        issued=datetime.fromtimestamp(int(claims["iat"]), UTC),
        expires=datetime.fromtimestamp(int(claims["exp"]), UTC),
    )


def _custom(claims: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The claims that the provider's configuration names.

    The documentation only says that they are added; tokens have them under `custom`, so both places are read.
    """
    nested = claims.get("custom")
    found = {name: value for name, value in claims.items() if name not in OWN_CLAIMS}
    found |= nested if isinstance(nested, dict) else {}
    return {name: values for name, value in found.items() if (values := _values(value))}


def _values(value: object) -> tuple[str, ...]:
    several = value if isinstance(value, list) else [value]
    return tuple(str(one) for one in several if isinstance(one, str | int | float) and one != "")


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
