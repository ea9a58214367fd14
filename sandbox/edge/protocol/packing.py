"""Headers as cloudflared sends them between edge and connector."""

from __future__ import annotations

import base64
import binascii
import json

from sandbox.edge.upstream import Headers, Source

UPGRADE = "cf-cloudflared-proxy-connection-upgrade"
CONTROL_STREAM = "control-stream"
WEBSOCKET = "websocket"
UPDATE_CONFIGURATION = "update-configuration"

RESPONSE_HEADERS = "cf-cloudflared-response-headers"
RESPONSE_META = "cf-cloudflared-response-meta"


class PackingError(ValueError):
    """A packed header that is not `base64:base64;…`."""


def pack(headers: Headers) -> str:
    """Name and value of each header in base64 (standard alphabet, no padding), joined by `:` and `;`."""
    return ";".join(f"{_encoded(name)}:{_encoded(value)}" for name, value in headers)


def packed(status: int, headers: Headers, source: Source = "origin") -> Headers:
    """The headers of an answer as a connector sends them: its length also stands by itself."""
    length = tuple((name, value) for name, value in headers if name == "content-length")
    return ((":status", str(status)), *length, (RESPONSE_HEADERS, pack(headers)), (RESPONSE_META, meta(source)))


def unpack(text: str) -> Headers:
    """The headers that `pack` made; names in lower case."""
    pairs = [pair.split(":") for pair in text.split(";") if pair]
    if any(len(pair) != 2 for pair in pairs):
        raise PackingError("a packed header has no value")
    return tuple((_decoded(name).lower(), _decoded(value)) for name, value in pairs)


def meta(source: Source) -> str:
    """The value of `cf-cloudflared-response-meta`: who wrote the answer."""
    return json.dumps({"src": source}, separators=(",", ":"))


def source_of(value: str | None) -> Source:
    """Who wrote an answer, the origin where nothing else is said."""
    try:
        said = json.loads(value or "{}")
    except ValueError:
        return "origin"
    return "cloudflared" if isinstance(said, dict) and said.get("src") == "cloudflared" else "origin"


def value_of(headers: Headers, name: str) -> str | None:
    """The first value of a header; `name` in lower case."""
    return next((value for key, value in headers if key.lower() == name), None)


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode("latin-1", "replace")).decode().rstrip("=")


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode("latin-1")
    except binascii.Error as error:
        raise PackingError(str(error)) from error
