"""The tunnel side as one thing to start: a TLS listener for connectors over the store of the local API."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
import uuid
from collections.abc import AsyncIterator

from sandbox.cloudflare_api.call import now
from sandbox.cloudflare_api.store import Store
from sandbox.edge.protocol.link import Link
from sandbox.edge.protocol.packing import CONTROL_STREAM, UPGRADE
from sandbox.edge.protocol.registration import Accepted, Refused, Registration, rpc_runtime, serve_registration
from sandbox.edge.protocol.stream import StreamLostError
from sandbox.edge.tunnel.admission import admit, remotely_managed
from sandbox.edge.tunnel.carrier import Carrier
from sandbox.edge.tunnel.configuration import Configurations
from sandbox.edge.tunnel.roster import LOCATION, Connection, Roster
from sandbox.edge.upstream import Headers, Upstream

_REGISTER_WITHIN = 15.0
# cloudflared's own default for requests that run while it goes.
_GRACE = 30.0
_log = logging.getLogger(__name__)
_CONTROL: Headers = (
    (":method", "GET"),
    (":scheme", "https"),
    (":authority", "edge.internal"),
    (":path", "/"),
    (UPGRADE, CONTROL_STREAM),
)


class TunnelEdge:
    """Takes connectors in. `upstream` carries requests to them."""

    def __init__(self, store: Store, tls: ssl.SSLContext) -> None:
        self._store, self._tls = store, tls
        self._roster = Roster(store)
        self._configurations = Configurations(store)
        self._tasks: set[asyncio.Task[None]] = set()
        self.upstream: Upstream = Carrier(self._roster)

    @contextlib.asynccontextmanager
    async def serving(self, *listening: socket.socket) -> AsyncIterator[None]:
        """Take connectors in at these sockets while the block runs. At the end every connection is closed."""
        async with rpc_runtime():
            servers = [
                await asyncio.start_server(self._accept, sock=one, ssl=self._tls, ssl_shutdown_timeout=2)
                for one in listening
            ]
            try:
                yield
            finally:
                for server in servers:
                    server.close()
                for task in tuple(self._tasks):
                    task.cancel()
                await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(_Visit(self._store, self._roster, self._configurations).run(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _Visit:
    """One connector's connection from its first byte to its last."""

    def __init__(self, store: Store, roster: Roster, configurations: Configurations) -> None:
        self._store, self._roster, self._configurations = store, roster, configurations
        self._connection: Connection | None = None
        self._registered = asyncio.Event()
        self._leaving = asyncio.Event()
        self._link: Link
        self._address = ""

    async def run(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._address = str(writer.get_extra_info("peername")[0])
        self._link = Link(reader, writer)
        steps = [asyncio.create_task(step) for step in (self._control(), self._push(), self._part())]
        try:
            await self._link.run()
        finally:
            self._link.close()
            if self._connection is not None:
                self._roster.leave(self._connection)
            for step in steps:
                step.cancel()
            await asyncio.gather(*steps, return_exceptions=True)

    # What the connector calls (registration.RegistrationService).

    def register(self, registration: Registration) -> Accepted | Refused:
        if self._connection is not None:
            return Refused("this connection is registered", retry=False)
        admitted = admit(self._store, registration)
        if isinstance(admitted, Refused):
            _log.warning("tunnel %s: %s", registration.tunnel_id, admitted.cause)
            return admitted
        key, _ = admitted
        self._connection = Connection(str(uuid.uuid4()), key, registration, self._link, self._address, now())
        self._roster.join(self._connection)
        self._registered.set()
        return Accepted(self._connection.id, LOCATION, remotely_managed(self._store, key))

    def unregister(self) -> None:
        if self._connection is not None:
            self._roster.leave(self._connection)
        self._leaving.set()

    def update_local_configuration(self, text: bytes) -> None:
        if self._connection is None:
            raise ValueError("this connection is not registered")
        self._configurations.keep_local(self._connection.tunnel, text)

    async def _control(self) -> None:
        """The control stream; whoever does not register, or closes it, is not kept."""
        timer = asyncio.get_running_loop().call_later(_REGISTER_WITHIN, self._expire)
        with contextlib.suppress(StreamLostError):
            await serve_registration(self._link.open(_CONTROL), self)
        timer.cancel()
        if self._leaving.is_set():
            await self._link.idle(0, _GRACE)
        self._link.close()

    def _expire(self) -> None:
        if self._connection is None:
            self._link.close()

    async def _push(self) -> None:
        await self._registered.wait()
        if self._connection is not None:
            await self._configurations.push(self._connection)

    async def _part(self) -> None:
        """Hang up once a connector that has said goodbye has answered what it carries: it waits for that."""
        await self._leaving.wait()
        await self._link.idle(1, _GRACE)
        # The answer to the goodbye travels on the control stream, which is the one stream left.
        await asyncio.sleep(0.05)
        self._link.close()
