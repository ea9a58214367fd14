"""The cookies of Access: reading all values of a name, and writing them as Cloudflare does."""

from __future__ import annotations

from collections.abc import Iterable

AUTHORIZATION = "CF_Authorization"
APP_SESSION = "CF_AppSession"
SESSION = "CF_Session"
OURS = frozenset({AUTHORIZATION, APP_SESSION, SESSION, "CF_Binding"})
A_DAY = 24 * 3600
_SAME_SITE = {"none": "None", "lax": "Lax", "strict": "Strict"}


def pairs(headers: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Names and values in the order sent: a browser sends the cookie of the longer path first."""
    found = []
    for header in headers:
        for part in header.split(";"):
            name, equals, value = part.strip().partition("=")
            if equals and name:
                found.append((name.strip(), value.strip().strip('"')))
    return tuple(found)


def values(headers: Iterable[str], name: str) -> tuple[str, ...]:
    """Every value of one cookie; apps with their own paths on one host bring several."""
    return tuple(value for found, value in pairs(headers) if found == name)


def without_ours(headers: Iterable[str]) -> str:
    """The cookies that are the application's own."""
    return "; ".join(f"{name}={value}" for name, value in pairs(headers) if name not in OURS)


def cookie(
    name: str, value: str, *, path: str = "/", max_age: int = A_DAY, http_only: bool = True, same_site: str = "none"
) -> str:
    """A `Set-Cookie` value; always Secure."""
    hidden = "; HttpOnly" if http_only else ""
    site = _SAME_SITE.get(same_site.lower(), "None")
    return f"{name}={value}; Path={path}; Max-Age={max_age}; Secure{hidden}; SameSite={site}"


def expired(name: str, path: str = "/") -> str:
    """A `Set-Cookie` value that takes a cookie away."""
    return cookie(name, "", path=path, max_age=0)
