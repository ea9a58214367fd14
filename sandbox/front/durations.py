"""Session durations as the API writes them (`30m`, `1h30m`, `24h`, `no_expiry`) in seconds."""

from __future__ import annotations

import re

from sandbox.cloudflare_api.document import Json

_PART = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_LONGEST = 400 * 24 * 3600  # what browsers grant a cookie at most
# A session of no length at all would send the browser in circles; it lasts for the page it was made for.
_SHORTEST = 10
DEFAULT = "24h"


def seconds(text: str) -> int:
    """The length of a duration, within what a browser can keep."""
    if text == "no_expiry":
        return _LONGEST
    total = sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(text))
    return min(max(int(total), _SHORTEST), _LONGEST)


def session_seconds(*documents: Json | None) -> int:
    """The `session_duration` of the first document that has one: policy before application before organization."""
    for document in documents:
        text = str((document or {}).get("session_duration") or "")
        if text:
            return seconds(text)
    return seconds(DEFAULT)
