"""Paths that everybody behind the edge reads alike, and hosts without port and dot.

What Access decides has to hold for what the origin serves, and cloudflared and origins differ in how they resolve dot
segments, doubled slashes and encoded slashes. So a path that could be read in two ways is refused, not repaired.
"""

from __future__ import annotations

import re
from urllib.parse import unquote, unquote_to_bytes

_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_ROUNDS = 4


class AmbiguousPathError(Exception):
    """A path that two programs could read differently; the text says how."""


def decoded(raw_path: bytes) -> str:
    """The one reading of a path as it was sent, or a refusal."""
    if not raw_path.startswith(b"/"):
        raise AmbiguousPathError("it does not start with a slash")
    if _ESCAPE.search(raw_path):
        raise AmbiguousPathError("it has a percent sign that encodes nothing")
    if re.search(rb"%(2f|5c)", raw_path, re.IGNORECASE):
        raise AmbiguousPathError("it has an encoded slash")
    try:
        once = unquote_to_bytes(raw_path).decode()
    except UnicodeDecodeError:
        raise AmbiguousPathError("it is not UTF-8") from None
    reading = once
    for _ in range(_ROUNDS):
        _check_reading(reading)
        # Some programs decode once more; what they would then see has to be free of tricks as well.
        further = unquote_to_bytes(reading).decode(errors="replace")
        if further == reading:
            return once
        if further.count("/") > reading.count("/"):
            raise AmbiguousPathError("it has a slash that is encoded twice")
        reading = further
    raise AmbiguousPathError("it is encoded too many times")


def _check_reading(path: str) -> None:
    if _CONTROL.search(path):
        raise AmbiguousPathError("it has control characters")
    if "\\" in path:
        raise AmbiguousPathError("it has a backslash")
    if "//" in path:
        raise AmbiguousPathError("it has two slashes in a row")
    for segment in path.split("/"):
        # Some servers cut off parameters and trailing dots or blanks before they look at a segment.
        if segment.partition(";")[0].strip(" ") in (".", ".."):
            raise AmbiguousPathError("it has a dot segment")


def lenient(path: str) -> str:
    """The path as a server reads it that decodes again, and ignores case, parameters, and dots and blanks at an end."""
    for _ in range(_ROUNDS):
        path = unquote(path)
    segments = (segment.partition(";")[0].rstrip(". ") for segment in path.split("/"))
    return "/".join(segments).casefold()


def host_of(header: str) -> str | None:
    """The host of an authority, in lower case, without port and final dot; nothing where it is malformed."""
    name, colon, port = header.strip().lower().partition(":")
    name = name.removesuffix(".")
    if not _HOST.fullmatch(name) or (colon and not port.isdigit()):
        return None
    return name


def safe_return(target: str) -> str:
    """A place on the same host to go back to after a login; anything else becomes the start page."""
    plain = target.startswith("/") and not target.startswith(("//", "/\\"))
    return target if plain and not re.search(r"[\x00-\x1f\x7f\\]", target) else "/"
