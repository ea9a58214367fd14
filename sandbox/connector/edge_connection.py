"""One connection to the edge: dial, register, carry streams, say goodbye."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import platform
import ssl

from sandbox.connector import VERSION
from sandbox.connector.configuration import Configuration
from sandbox.connector.proxy import Proxy
from sandbox.connector.readiness import Readiness
from sandbox.connector.settings import EDGE_NAME, Settings
from sandbox.edge.protocol.link import Link
from sandbox.edge.protocol.packing import CONTROL_STREAM, UPDATE_CONFIGURATION, UPGRADE, WEBSOCKET, value_of
from sandbox.edge.protocol.registration import Refused, Registration, registration_calls
from sandbox.edge.protocol.stream import Stream

_DIAL_WITHIN = 10.0
_REGISTER_WITHIN = 10.0
_log = logging.getLogger(__name__)


class EdgeConnection:
    """One connection, used once. On it the connector is the HTTP/2 server."""

    def __init__(
        self,
        settings: Settings,
        index: int,
        configuration: Configuration,
        proxy: Proxy,
        readiness: Readiness,
        stopping: asyncio.Event,
    ) -> None:
        self._settings, self._index, self._stopping = settings, index, stopping
        self._configuration, self._proxy, self._readiness = configuration, proxy, readiness
        self._outcome: Refused | None = None
        self._over = asyncio.Event()
        self.registered = False

    async def run(self, attempts: int) -> Refused | None:
        """Serve until the connection is lost or given back; gives the edge's refusal if it refused."""
        edge = self._settings.edge
        tls = ssl.create_default_context(cafile=self._settings.authority)
        async with asyncio.timeout(_DIAL_WITHIN):
            reader, writer = await asyncio.open_connection(
                edge.host, edge.port, ssl=tls, server_hostname=EDGE_NAME, ssl_shutdown_timeout=2
            )
        link = Link(reader, writer, lambda stream: self._serve(stream, attempts))
        running = asyncio.create_task(link.run())
        watching = [asyncio.create_task(self._over.wait()), asyncio.create_task(self._give_up())]
        try:
            await asyncio.wait([running, *watching], return_when=asyncio.FIRST_COMPLETED)
            if self._outcome is None and self.registered:
                # After a goodbye the edge hangs up once it has the answers that are still under way.
                await asyncio.wait([running], timeout=self._settings.grace)
        finally:
            self._readiness.leave(self._index)
            link.close()
            for watch in watching:
                watch.cancel()
            await asyncio.gather(running, *watching, return_exceptions=True)
        return self._outcome

    async def _give_up(self) -> None:
        """Ends where the edge does not answer in time, or the connector is to stop before it does."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_REGISTER_WITHIN):
                await self._stopping.wait()
        if self.registered:
            await asyncio.Event().wait()

    async def _serve(self, stream: Stream, attempts: int) -> None:
        upgrade = (value_of(stream.headers, UPGRADE) or "").lower()
        if upgrade == CONTROL_STREAM:
            await self._control(stream, attempts)
        elif upgrade == UPDATE_CONFIGURATION:
            body = b""
            while chunk := await stream.receive():
                body += chunk
            stream.respond(((":status", "200"),))
            await stream.send(self._configuration.update(body))
            stream.end()
        else:
            await self._proxy.carry(stream, websocket=upgrade == WEBSOCKET)

    async def _control(self, stream: Stream, attempts: int) -> None:
        stream.respond(((":status", "200"),))
        async with registration_calls(stream) as calls:
            answer = await calls.register(self._registration(attempts))
            if isinstance(answer, Refused):
                self._outcome = answer
                self._over.set()
                return
            self.registered = True
            self._readiness.join(self._index)
            _log.info("registered connection %s (%s) at %s", self._index, answer.connection_id, answer.location)
            await self._stopping.wait()
            self._readiness.leave(self._index)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._settings.grace):
                    await calls.unregister()
            _log.info("unregistered connection %s", self._index)
        stream.end()
        self._over.set()

    def _registration(self, attempts: int) -> Registration:
        credentials = self._settings.credentials
        return Registration(
            account_tag=credentials.account_tag,
            secret=credentials.secret,
            tunnel_id=credentials.tunnel_id,
            index=self._index,
            client_id=self._readiness.connector_id,
            version=VERSION,
            features=("allow_remote_config", "serialized_headers"),
            arch=f"{platform.system().lower()}_{platform.machine()}",
            attempts=attempts,
        )
