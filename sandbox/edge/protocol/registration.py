"""The registration call (Cap'n Proto RPC, two-party, unpacked) over the control stream, for both of its ends."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import capnp  # type: ignore[import-untyped]

from sandbox.edge.protocol.stream import Stream, StreamLostError

capnp.remove_import_hook()
_SCHEMA = capnp.load(str(Path(__file__).with_name("registration.capnp")))
_CHUNK = 65536


@dataclass(frozen=True)
class Registration:
    """What a connector says of itself and of the tunnel that it wants to serve."""

    account_tag: str
    secret: bytes
    tunnel_id: str
    index: int
    client_id: str
    version: str = ""
    features: tuple[str, ...] = ()
    arch: str = ""
    attempts: int = 0


@dataclass(frozen=True)
class Accepted:
    """The edge took the connection. A remotely managed tunnel gets its ingress pushed."""

    connection_id: str
    location: str
    remotely_managed: bool


@dataclass(frozen=True)
class Refused:
    """The edge did not take the connection."""

    cause: str
    retry: bool
    retry_after: float = 0.0  # seconds


class RegistrationService(Protocol):
    """The edge's end."""

    def register(self, registration: Registration) -> Accepted | Refused: ...

    def unregister(self) -> None: ...

    def update_local_configuration(self, text: bytes) -> None: ...


def rpc_runtime() -> AbstractAsyncContextManager[object]:
    """What every event loop that makes or serves these calls runs in, once."""
    runtime: AbstractAsyncContextManager[object] = capnp.kj_loop()
    return runtime


async def serve_registration(stream: Stream, service: RegistrationService) -> None:
    """Answer a connector's calls until its control stream ends."""
    async with _socket(stream) as (transport, ended):
        server = capnp.TwoPartyServer(transport, bootstrap=_Server(service))
        await ended.wait()
        del server  # it serves as long as it is held


@contextlib.asynccontextmanager
async def registration_calls(stream: Stream) -> AsyncIterator[RegistrationCalls]:
    """The connector's end of the control stream."""
    async with _socket(stream) as (transport, _):
        client = capnp.TwoPartyClient(transport)
        yield RegistrationCalls(client.bootstrap().cast_as(_SCHEMA.RegistrationServer))


class RegistrationCalls:
    """The calls that a connector makes."""

    def __init__(self, remote: Any) -> None:
        self._remote = remote

    async def register(self, registration: Registration) -> Accepted | Refused:
        client = {
            "clientId": uuid.UUID(registration.client_id).bytes,
            "features": list(registration.features),
            "version": registration.version,
            "arch": registration.arch,
        }
        with _lost():
            answer = await self._remote.registerConnection(
                auth={"accountTag": registration.account_tag, "tunnelSecret": registration.secret},
                tunnelId=uuid.UUID(registration.tunnel_id).bytes,
                connIndex=registration.index,
                options={"client": client, "numPreviousAttempts": min(registration.attempts, 255)},
            )
        result = answer.result.result
        if result.which() == "error":
            error = result.error
            return Refused(error.cause, error.shouldRetry, error.retryAfter / 1e9)
        details = result.connectionDetails
        connection_id = str(uuid.UUID(bytes=bytes(details.uuid)))
        return Accepted(connection_id, details.locationName, details.tunnelIsRemotelyManaged)

    async def unregister(self) -> None:
        with _lost():
            await self._remote.unregisterConnection()

    async def update_local_configuration(self, text: bytes) -> None:
        with _lost():
            await self._remote.updateLocalConfiguration(config=text)


class _Server(_SCHEMA.RegistrationServer.Server):  # type: ignore[misc, name-defined]
    """The schema's methods, in its spelling."""

    def __init__(self, service: RegistrationService) -> None:
        self._service = service

    async def registerConnection_context(self, context: Any) -> None:  # noqa: N802
        asked = context.params
        client = asked.options.client
        outcome = self._service.register(
            Registration(
                account_tag=asked.auth.accountTag,
                secret=bytes(asked.auth.tunnelSecret),
                tunnel_id=_uuid(bytes(asked.tunnelId)),
                index=asked.connIndex,
                client_id=_uuid(bytes(client.clientId)),
                version=client.version,
                features=tuple(client.features),
                arch=client.arch,
                attempts=asked.options.numPreviousAttempts,
            )
        )
        result = context.results.init("result").result
        if isinstance(outcome, Refused):
            error = result.init("error")
            error.cause, error.shouldRetry = outcome.cause, outcome.retry
            error.retryAfter = int(outcome.retry_after * 1e9)
            return
        details = result.init("connectionDetails")
        details.uuid = uuid.UUID(outcome.connection_id).bytes
        details.locationName, details.tunnelIsRemotelyManaged = outcome.location, outcome.remotely_managed

    async def unregisterConnection_context(self, _: Any) -> None:  # noqa: N802
        self._service.unregister()

    async def updateLocalConfiguration_context(self, context: Any) -> None:  # noqa: N802
        self._service.update_local_configuration(bytes(context.params.config))


@contextlib.contextmanager
def _lost() -> Iterator[None]:
    """A call that fails at the other end, or on the way to it, is a lost stream."""
    try:
        yield
    except capnp.KjException as error:
        raise StreamLostError(str(error).partition("\n")[0]) from error


def _uuid(raw: bytes) -> str:
    """A UUID's text, or what no tunnel is called."""
    return str(uuid.UUID(bytes=raw)) if len(raw) == 16 else raw.hex()


@contextlib.asynccontextmanager
async def _socket(stream: Stream) -> AsyncIterator[tuple[Any, asyncio.Event]]:
    """The stream as the socket that the RPC library wants, and the event of the stream's end."""
    ours, theirs = socket.socketpair()
    with contextlib.ExitStack() as unfinished:
        # A connection may be lost before both ends have found their owners.
        unfinished.callback(ours.close)
        unfinished.callback(theirs.close)
        reader, writer = await asyncio.open_connection(sock=ours)
        unfinished.callback(writer.close)
        transport = await capnp.AsyncIoStream.create_connection(sock=theirs)
        unfinished.pop_all()
    ended = asyncio.Event()
    pumps = [
        asyncio.create_task(_inwards(stream, writer, ended)),
        asyncio.create_task(_outwards(reader, stream)),
    ]
    try:
        yield transport, ended
    finally:
        for pump in pumps:
            pump.cancel()
        writer.close()
        transport.close()
        await asyncio.gather(*pumps, return_exceptions=True)


async def _inwards(stream: Stream, writer: asyncio.StreamWriter, ended: asyncio.Event) -> None:
    with contextlib.suppress(StreamLostError, ConnectionError):
        while chunk := await stream.receive():
            writer.write(chunk)
            await writer.drain()
    ended.set()


async def _outwards(reader: asyncio.StreamReader, stream: Stream) -> None:
    with contextlib.suppress(StreamLostError, ConnectionError):
        while chunk := await reader.read(_CHUNK):
            await stream.send(chunk)
