"""What an app is at this moment, asked where its users come in and where the edge finds it."""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx

from sandbox.local_api import Json
from sandbox.local_cloudflare import Cloudflare

_SETTLES_WITHIN = 15.0
_ERRORS = {1014: "another account's tunnel (1014)", 1016: "no DNS record (1016)", 1033: "no connector (1033)"}
_BY_CONNECTOR = {403: "refused by the connector (403)", 404: "no ingress rule (404)", 502: "origin down (502)"}
SERVING = "serving"


def now(cloudflare: Cloudflare, url: str) -> str:
    """A word or two; `serving` where the front door answers and so does what is behind it."""
    asked = urlsplit(url)
    try:
        cloudflare.at_front_door("GET", asked.hostname or "", asked.path or "/")
    except (httpx.HTTPError, OSError):
        return "the front door does not answer"
    found = cloudflare.reach(url)
    return "not known: the local Cloudflare does not answer" if found is None else in_words(found)


def tried(cloudflare: Cloudflare, url: str) -> str:
    """The same of what serves, after its script has run once as at a visit."""
    found = cloudflare.reach(url, run=True)
    return now(cloudflare, url) if found is None else in_words(found)


def settled(cloudflare: Cloudflare, url: str, is_starting: Callable[[], bool]) -> str:
    """The same, once connectors and containers that have just been started had the time to come in.

    An origin that is down while nothing is starting stays down.
    """
    until = time.monotonic() + _SETTLES_WITHIN
    while (said := now(cloudflare, url)) != SERVING and time.monotonic() < until:
        if said == _BY_CONNECTOR[502] and not is_starting():
            return now(cloudflare, url)  # what has started in between is looked at once more
        time.sleep(0.2)
    return said


def in_words(found: Json) -> str:
    """What `reach` has found."""
    error, status = found.get("error"), int(found.get("status") or 0)
    if error:
        return _ERRORS.get(error, f"error {error}")
    if found.get("source") != "origin":
        return _BY_CONNECTOR.get(status, f"the edge answers {status}")
    if found.get("fails"):
        return f"its script fails: {found['fails']}"
    return SERVING if status < 400 else f"the app answers {status}"
