"""TCP services as cloudflared carries them for `cloudflared access`: a WebSocket whose messages are the bytes."""

from __future__ import annotations

import asyncio
import contextlib

from websockets.exceptions import InvalidHandshake
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from sandbox.connector.origin import OriginError
from sandbox.connector.settings import Address
from sandbox.edge.protocol.packing import packed, value_of
from sandbox.edge.protocol.stream import Stream, StreamLostError

_READ = 1 << 16
_LARGEST_MESSAGE = 1 << 24
_LAST_WORDS = 2.0


async def carry_bytes(stream: Stream, address: Address, timeout: float) -> None:
    """Answer the upgrade and carry bytes both ways until one end hangs up; raises OriginError before the answer."""
    protocol = ServerProtocol(max_size=_LARGEST_MESSAGE)
    headers = _accepted(protocol, stream)
    try:
        async with asyncio.timeout(timeout):
            reader, writer = await asyncio.open_connection(address.host, address.port)
    except (OSError, TimeoutError) as error:
        raise OriginError(f"dial tcp {address.host}:{address.port}: {error or 'no answer in time'}") from error
    try:
        stream.respond(packed(200, headers))
        await _Carriage(protocol, stream, reader, writer).run()
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def _accepted(protocol: ServerProtocol, stream: Stream) -> tuple[tuple[str, str], ...]:
    """The headers of the 101; the protocol's own state is open afterwards."""
    names = ("sec-websocket-key", "sec-websocket-protocol")
    asked = {name: value for name in names if (value := value_of(stream.headers, name))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in asked.items())
    protocol.receive_data(
        "GET / HTTP/1.1\r\nHost: origin\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Version: 13\r\n{lines}\r\n".encode("latin-1", "replace")
    )
    request = next((event for event in protocol.events_received() if isinstance(event, Request)), None)
    if request is None:
        raise OriginError("the request is no WebSocket handshake")
    response = protocol.accept(request)
    protocol.send_response(response)
    if response.status_code != 101 or protocol.state is not State.OPEN:
        raise OriginError(f"the request is no WebSocket handshake: {protocol.handshake_exc or InvalidHandshake()}")
    protocol.data_to_send()  # HTTP/1.1's form of it, which goes out in HTTP/2's
    return tuple((name.lower(), value) for name, value in response.headers.raw_items() if name.lower() != "date")


class _Carriage:
    """A WebSocket on one side, a TCP connection on the other."""

    def __init__(
        self, protocol: ServerProtocol, stream: Stream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._protocol, self._stream, self._reader, self._writer = protocol, stream, reader, writer
        self._sending = asyncio.Lock()

    async def run(self) -> None:
        """Carry until one end hangs up."""
        inwards, outwards = asyncio.create_task(self._from_origin()), asyncio.create_task(self._from_client())
        try:
            await asyncio.wait([inwards, outwards], return_when=asyncio.FIRST_COMPLETED)
            # After the origin's end the client still has to say goodbye, which is how it knows that nothing is missing.
            await asyncio.wait([outwards], timeout=_LAST_WORDS)
        finally:
            for task in (inwards, outwards):
                task.cancel()
            await asyncio.gather(inwards, outwards, return_exceptions=True)
        self._stream.end()

    async def _from_origin(self) -> None:
        with contextlib.suppress(StreamLostError):
            with contextlib.suppress(OSError):
                while chunk := await self._reader.read(_READ):
                    if self._protocol.state is not State.OPEN:
                        return
                    self._protocol.send_binary(chunk)
                    await self._flush()
            if self._protocol.state is State.OPEN:
                self._protocol.send_close(1000)
                await self._flush()

    async def _from_client(self) -> None:
        with contextlib.suppress(StreamLostError, OSError):
            while chunk := await self._stream.receive():
                self._protocol.receive_data(chunk)
                # Pings are answered, and so is a goodbye or a broken frame.
                await self._flush()
                for event in self._protocol.events_received():
                    if isinstance(event, Frame) and event.opcode in (Opcode.BINARY, Opcode.TEXT, Opcode.CONT):
                        self._writer.write(bytes(event.data))
                        await self._writer.drain()
                if self._protocol.close_rcvd or self._protocol.parser_exc:
                    return

    async def _flush(self) -> None:
        # Both directions send: without taking turns they would send their frames into one another.
        async with self._sending:
            for chunk in self._protocol.data_to_send():
                if chunk:
                    await self._stream.send(chunk)
