"""HTTP/1.1 towards an origin: one request after the other on a connection, bodies streamed, upgrades as raw bytes."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from functools import lru_cache

import h11

from sandbox.connector.settings import Address
from sandbox.edge.upstream import Headers

_READ = 1 << 16
_HEAD = 1 << 18
_UNREACHABLE = "Unable to reach the origin service. The service may be down"


class OriginError(Exception):
    """The origin is down, is not who it should be, or does not speak HTTP."""


@lru_cache(maxsize=32)
def tls_context(authority: str, verify: bool) -> ssl.SSLContext:
    """TLS towards an origin: the system's roots, or those of the file `authority`."""
    context = ssl.create_default_context(cafile=authority or None)
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


class StaleConnectionError(OriginError):
    """A connection that was kept was closed by the origin before any byte of an answer."""


class Exchange:
    """One request to an origin and its answer; another one after that, where both ends allow it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._h11 = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEAD)
        self._taken = False  # what came along with the 101
        self._reused = self._heard = False

    def start_over(self) -> bool:
        """Be ready for another request; False where this connection has to be closed."""
        done = self._h11.our_state is h11.DONE and self._h11.their_state is h11.DONE
        rest, _ = self._h11.trailing_data
        if not done or rest or self._writer.is_closing():
            return False
        self._h11.start_next_cycle()
        self._reused, self._heard = True, False
        return True

    async def silent(self) -> bool:
        """Whether the origin has neither hung up nor said what nobody asked for."""
        try:
            async with asyncio.timeout(0):
                await self._reader.read(1)
        except TimeoutError:
            return True
        except OSError:
            pass
        return False

    def hang_up(self) -> None:
        """Close the connection after what is still to be sent."""
        self._writer.close()

    async def send_head(self, method: str, target: str, headers: Headers) -> None:
        """The request's first lines; `content-length`, `transfer-encoding` or neither say what follows."""
        fields = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        try:
            request = h11.Request(method=method, target=target.encode("latin-1"), headers=fields)
            await self._send(self._h11.send(request))
        except h11.LocalProtocolError as error:
            raise OriginError(f"the request cannot be said in HTTP/1.1: {error}") from error

    async def send_body(self, chunks: AsyncIterator[bytes]) -> None:
        """The request's body, to its end."""
        try:
            async for chunk in chunks:
                await self._send(self._h11.send(h11.Data(chunk)))
        except h11.LocalProtocolError as error:
            raise OriginError(f"the request's body is not what its head says: {error}") from error
        await self.end_body()

    async def end_body(self) -> None:
        """Say that the request has no more body, or none."""
        try:
            await self._send(self._h11.send(h11.EndOfMessage()))
        except h11.LocalProtocolError as error:
            raise OriginError(f"the request's body is shorter than its head says: {error}") from error

    async def answer(self) -> tuple[int, Headers]:
        """Status and headers of the answer; `1xx` answers on the way are passed over, but not a 101."""
        while True:
            event = await self._event()
            if isinstance(event, h11.Response) or (
                isinstance(event, h11.InformationalResponse) and event.status_code == 101
            ):
                raw = event.headers.raw_items()
                return event.status_code, tuple((n.decode("latin-1"), v.decode("latin-1")) for n, v in raw)
            if not isinstance(event, h11.InformationalResponse):
                raise OriginError("the origin closed the connection without an answer")

    async def body(self) -> AsyncIterator[bytes]:
        """The answer's body."""
        while True:
            event = await self._event()
            if isinstance(event, h11.Data):
                yield bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                return
            else:
                raise OriginError("the origin closed the connection in the middle of its answer")

    async def receive_raw(self) -> bytes:
        """After a 101: the origin's next bytes, empty at the end."""
        rest, _ = self._h11.trailing_data
        if rest and not self._taken:
            self._taken = True
            return bytes(rest)
        with contextlib.suppress(OSError):
            return await self._reader.read(_READ)
        return b""

    async def send_raw(self, chunk: bytes) -> None:
        """After a 101: bytes to the origin."""
        await self._send(chunk)

    def give_up(self) -> None:
        """Hang up without what is still on its way."""
        self._writer.transport.abort()

    async def _send(self, chunk: bytes | None) -> None:
        try:
            self._writer.write(chunk or b"")
            await self._writer.drain()
        except OSError as error:
            raise self._lost(f"{_UNREACHABLE}: {error}") from error

    async def _event(self) -> object:
        try:
            while (event := self._h11.next_event()) is h11.NEED_DATA:
                chunk = await self._reader.read(_READ)
                if not (chunk or self._heard):
                    raise self._lost("the origin closed the connection without an answer")
                self._heard = True
                self._h11.receive_data(chunk)
        except h11.RemoteProtocolError as error:
            raise OriginError(f"the origin does not speak HTTP: {error}") from error
        except OSError as error:
            raise self._lost(f"{_UNREACHABLE}: {error}") from error
        return event

    def _lost(self, sentence: str) -> OriginError:
        return StaleConnectionError(sentence) if self._reused and not self._heard else OriginError(sentence)


async def dial(address: Address | str, tls: ssl.SSLContext | None, server_name: str, timeout: float) -> Exchange:
    """Connect to a host and port, or to the file of a Unix socket."""
    name, goodbye = (server_name, 1.0) if tls else (None, None)
    try:
        async with asyncio.timeout(timeout):
            if isinstance(address, str):
                connection = await asyncio.open_unix_connection(
                    address, ssl=tls, server_hostname=name, ssl_shutdown_timeout=goodbye
                )
            else:
                connection = await asyncio.open_connection(
                    address.host, address.port, ssl=tls, server_hostname=name, ssl_shutdown_timeout=goodbye
                )
    except (OSError, TimeoutError) as error:
        raise OriginError(f"{_UNREACHABLE}: {error or 'no answer in time'}") from error
    return Exchange(*connection)


@contextlib.asynccontextmanager
async def exchange_with(
    address: Address | str, tls: ssl.SSLContext | None, server_name: str, timeout: float
) -> AsyncIterator[Exchange]:
    """A connection for one request; hang up at the end."""
    exchange = await dial(address, tls, server_name, timeout)
    try:
        yield exchange
        exchange.hang_up()
    except BaseException:
        # What was said is not whole, and must not look as if it were.
        exchange.give_up()
        raise
