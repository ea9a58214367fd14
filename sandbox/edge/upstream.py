"""What the browser side of the edge asks of the tunnel side: requests and WebSockets, carried to a connector.

What passes from one end to the other is the same on both sides: `end_to_end`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal, Protocol

Source = Literal["origin", "cloudflared"]

Headers = tuple[tuple[str, str], ...]

# A browser that could send these would steer the connector: upgrade to the control stream, replace its ingress.
_INTERNAL = ("cf-cloudflared-", "cf-int-", "cf-proxy-", ":")
_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
)


@dataclass(frozen=True, slots=True)
class RequestHead:
    """A browser's request without its body; hop-by-hop headers are dropped by the tunnel side."""

    method: str
    authority: str
    path: str  # with the query, as the browser sent it: percent signs and dots are left alone
    headers: Headers  # names in lower case, no `host` (that is the authority)


class Body(Protocol):
    """A streamed body (`async for`). Whoever does not read it to its end closes it, which cancels the request."""

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    async def __anext__(self) -> bytes: ...

    async def aclose(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """An origin's answer; `source` says whether the origin or the connector wrote it."""

    status: int
    headers: Headers
    body: Body
    source: Source


class NoConnectorError(Exception):
    """No live connection of this tunnel: Cloudflare shows error 1033 with status 530."""


class ConnectionLostError(Exception):
    """The connection broke after the request was sent: a 502, and nothing is sent twice."""


class WebSocketRefusedError(Exception):
    """The origin or the connector did not upgrade; its answer goes to the browser as it is."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"not upgraded: {answer.status}")
        self.answer = answer


class WebSocketPipe(Protocol):
    """An open WebSocket to the origin: raw bytes of frames, both ways."""

    @property
    def headers(self) -> Headers:
        """The origin's 101 headers: `sec-websocket-accept`, the protocol, cookies."""
        ...

    async def send(self, chunk: bytes) -> None:
        """Bytes of the browser; waits while the connector's window is full."""
        ...

    async def receive(self) -> bytes:
        """Bytes of the origin; empty at the end."""
        ...

    async def close(self) -> None:
        """End both directions; harmless when they have ended."""
        ...


class Upstream(Protocol):
    """The tunnel side. Raises `NoConnectorError` without a live connection, `ConnectionLostError` when one breaks."""

    async def request(self, tunnel_id: str, head: RequestHead, body: AsyncIterator[bytes]) -> Answer:
        """Send one request; both bodies stream."""
        ...

    async def websocket(self, tunnel_id: str, head: RequestHead) -> WebSocketPipe:
        """Open a WebSocket (`sec-websocket-key` in the head); raises `WebSocketRefusedError` when not upgraded."""
        ...


def end_to_end(headers: Headers) -> Headers:
    """The headers that a proxy passes on: no hop-by-hop ones, none that `connection` names, none of the tunnel's."""
    named = {word.strip().lower() for key, value in headers if key.lower() == "connection" for word in value.split(",")}
    dropped = _HOP_BY_HOP | named
    lowered = tuple((key.lower(), value) for key, value in headers)
    return tuple((key, value) for key, value in lowered if key not in dropped and not key.startswith(_INTERNAL))
