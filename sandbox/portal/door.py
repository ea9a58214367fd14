"""Dialling the front door: every host of the sandbox behind one address of this machine, TLS verified for each."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

import httpx


@dataclass(frozen=True)
class Door:
    """Where the front door listens for HTTPS, and the certificate authority that vouches for it."""

    host: str
    port: int
    authority: Path


class DoorTransport(httpx.AsyncBaseTransport):
    """Connects to the door whatever a URL says, and keeps the URL's host in TLS and in the request."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._context = ssl.create_default_context(cafile=door.authority)
        # One pool per host: a connection that was verified for one name is not used for another.
        self._pools: dict[str, httpx.AsyncHTTPTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        if host not in self._pools:
            self._pools[host] = httpx.AsyncHTTPTransport(verify=self._context)
        dialled = httpx.Request(
            request.method,
            request.url.copy_with(host=self._door.host, port=self._door.port),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": host},
        )
        return await self._pools[host].handle_async_request(dialled)

    async def aclose(self) -> None:
        for pool in self._pools.values():
            await pool.aclose()
