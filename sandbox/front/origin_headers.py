"""The headers that an origin sees: the visitor's own, and those that only the edge may write."""

from __future__ import annotations

from sandbox.edge.upstream import Headers, end_to_end
from sandbox.front import cookies
from sandbox.front.idp.people import Circumstances
from sandbox.front.visits import Visit

# `cf-` also begins what steers a connector (`cf-cloudflared-…`), so the whole family is the edge's.
_RESERVED_PREFIXES = ("cf-", "x-forwarded-")
_RESERVED = frozenset({"forwarded", "true-client-ip", "x-real-ip", "host", "cookie"})


def for_origin(visit: Visit, seen: Circumstances, token: str = "", email: str = "") -> Headers:
    """The headers of a request that passes; without a token nothing in them speaks of an identity."""
    # First of all: what a browser's `Connection` names would otherwise take the edge's own headers out.
    kept = tuple((name, value) for name, value in end_to_end(visit.headers) if not _is_reserved(name))
    own = cookies.without_ours(value for name, value in visit.headers if name == "cookie")
    crumbs = "; ".join(filter(None, (own, f"{cookies.AUTHORIZATION}={token}" if token else "")))
    edge = (
        ("cf-connecting-ip", seen.ip or visit.peer),
        ("cf-ipcountry", seen.country or "XX"),
        ("cf-ray", visit.ray),
        ("cf-visitor", '{"scheme":"https"}'),
        ("x-forwarded-for", seen.ip or visit.peer),
        ("x-forwarded-proto", "https"),
    )
    # Headers carry bytes; an address beyond Latin-1 travels as UTF-8.
    address = email.encode().decode("latin-1")
    identity = (("cf-access-jwt-assertion", token), ("cf-access-authenticated-user-email", address), ("cookie", crumbs))
    return (*kept, *edge, *((name, value) for name, value in identity if value))


def _is_reserved(name: str) -> bool:
    # Some servers hand both spellings to the application under one name.
    spelled = name.replace("_", "-")
    return spelled in _RESERVED or spelled.startswith(_RESERVED_PREFIXES)
