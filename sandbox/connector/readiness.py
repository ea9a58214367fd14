"""How many connections are registered, and `/ready` on the metrics address, as cloudflared answers it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from collections.abc import AsyncIterator

from sandbox.connector.settings import Address

_REQUEST_WITHIN = 5.0


class Readiness:
    """The registered connections by their index."""

    def __init__(self) -> None:
        self.connector_id = str(uuid.uuid4())
        self._registered: set[int] = set()

    def join(self, index: int) -> None:
        self._registered.add(index)

    def leave(self, index: int) -> None:
        self._registered.discard(index)

    def document(self) -> dict[str, object]:
        """The body of `/ready`."""
        status = 200 if self._registered else 503
        return {"status": status, "readyConnections": len(self._registered), "connectorId": self.connector_id}

    @contextlib.asynccontextmanager
    async def served(self, address: Address | None) -> AsyncIterator[None]:
        """Answer on the metrics address while the block runs; nothing listens where none is given."""
        if address is None:
            yield
            return
        server = await asyncio.start_server(self._answer, address.host, address.port)
        try:
            yield
        finally:
            server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, TimeoutError, ValueError, asyncio.IncompleteReadError):
            async with asyncio.timeout(_REQUEST_WITHIN):
                head = await reader.readuntil(b"\r\n\r\n")
            target = head.split(b" ")[1].partition(b"?")[0]
            if target == b"/ready":
                status, body = int(str(self.document()["status"])), json.dumps(self.document()).encode()
            else:
                status, body = (200, b"OK\n") if target == b"/healthcheck" else (404, b"404 page not found\n")
            lines = f"HTTP/1.1 {status} \r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            writer.write(lines.encode() + body)
            await writer.drain()
        writer.close()
