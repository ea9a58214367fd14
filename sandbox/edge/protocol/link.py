"""One HTTP/2 connection over a TCP connection, either side of it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from h2.config import H2Configuration
from h2.connection import AllowedStreamIDs, H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    RemoteSettingsChanged,
    RequestReceived,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    WindowUpdated,
)
from h2.exceptions import H2Error
from h2.settings import SettingCodes, Settings
from h2.stream import H2Stream

from sandbox.edge.protocol.stream import Stream, StreamLostError
from sandbox.edge.upstream import Headers

STREAM_WINDOW = 1 << 20
# Each stream is held to its own window, so that one that nobody reads does not stop the others.
_CONNECTION_WINDOW = 1 << 30
_STREAMS = 1 << 20
_READ = 1 << 16

_log = logging.getLogger(__name__)


class _Connection(H2Connection):
    """h2 ends the whole connection when a 304 states the length of the body that it leaves out."""

    def _begin_new_stream(self, stream_id: int, allowed_ids: AllowedStreamIDs) -> H2Stream:
        stream = super()._begin_new_stream(stream_id, allowed_ids)
        stream._initialize_content_length = lambda headers: None  # type: ignore[method-assign] # noqa: ARG005
        return stream


class Link:
    """A connection. `serve` answers the streams that the other end opens; the edge's side opens them itself."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        serve: Callable[[Stream], Awaitable[None]] | None = None,
    ) -> None:
        self._reader, self._writer, self._serve = reader, writer, serve
        self._streams: dict[int, Stream] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._changed = asyncio.Event()
        self.lost = False
        self._flushing = False
        client = serve is None
        self._h2 = _Connection(H2Configuration(client_side=client, header_encoding="latin-1"))
        settings = {
            SettingCodes.INITIAL_WINDOW_SIZE: STREAM_WINDOW,
            SettingCodes.MAX_CONCURRENT_STREAMS: _STREAMS,
            SettingCodes.MAX_HEADER_LIST_SIZE: 1 << 20,
            SettingCodes.ENABLE_PUSH: 0,
        }
        if not client:
            del settings[SettingCodes.ENABLE_PUSH]  # only a client may say it
        self._h2.local_settings = Settings(client=client, initial_values=settings)
        self._h2.initiate_connection()
        self._h2.increment_flow_control_window(_CONNECTION_WINDOW)
        self._flush()

    async def run(self) -> None:
        """Read until the connection ends; then every stream is lost and every task of `serve` over."""
        try:
            with contextlib.suppress(OSError, H2Error):
                while not self.lost and (chunk := await self._reader.read(_READ)):
                    for event in self._h2.receive_data(chunk):
                        self._take(event)
                    self._flush_soon()
        finally:
            self._flush()
            self._lose()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)
            with contextlib.suppress(OSError):
                await self._writer.wait_closed()

    def open(self, headers: Headers, end: bool = False) -> Stream:
        """Start a stream of this end."""
        if self.lost:
            raise StreamLostError("the connection is gone")
        number = self._h2.get_next_available_stream_id()
        stream = Stream(self, number)
        self._streams[number] = stream
        try:
            stream.respond(headers, end)
        except StreamLostError:
            del self._streams[number]
            raise
        return stream

    @property
    def busy(self) -> int:
        """How many streams are open."""
        return len(self._streams)

    async def idle(self, apart: int, limit: float) -> None:
        """Wait until no more than `apart` streams are open, or `limit` seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit):
                while self.busy > apart and not self.lost:
                    self._changed.clear()
                    await self._changed.wait()

    def close(self) -> None:
        """Say goodbye and hang up; `run` returns soon after."""
        if not self.lost:
            with contextlib.suppress(H2Error):
                self._h2.close_connection()
            self._flush()
            self._lose()

    # What a stream asks for (stream.Frames).

    def room(self, number: int) -> int:
        try:
            return min(self._h2.local_flow_control_window(number), self._h2.max_outbound_frame_size)
        except H2Error as error:
            raise StreamLostError(str(error)) from error

    def send_headers(self, number: int, headers: Headers, end: bool) -> None:
        # h2 would write UTF-8 for a text; HTTP/1.1's bytes are kept as they were.
        raw = [(name.encode("latin-1", "replace"), value.encode("latin-1", "replace")) for name, value in headers]
        self._act(number, lambda: self._h2.send_headers(number, raw, end_stream=end))

    def send_bytes(self, number: int, chunk: bytes | memoryview) -> None:
        self._act(number, lambda: self._h2.send_data(number, bytes(chunk)))

    def end(self, number: int) -> None:
        with contextlib.suppress(StreamLostError):
            self._act(number, lambda: self._h2.end_stream(number))

    def reset(self, number: int) -> None:
        with contextlib.suppress(StreamLostError):
            self._act(number, lambda: self._h2.reset_stream(number, ErrorCodes.CANCEL))
        self._forget(number)

    def consumed(self, number: int, amount: int) -> None:
        if amount and not self.lost:
            with contextlib.suppress(H2Error):
                self._h2.acknowledge_received_data(amount, number)
            self._flush_soon()

    async def drained(self) -> None:
        try:
            await self._writer.drain()
        except OSError as error:
            raise StreamLostError(str(error)) from error

    def _act(self, number: int, act: Callable[[], None]) -> None:
        if self.lost:
            raise StreamLostError("the connection is gone")
        try:
            act()
        except H2Error as error:
            raise StreamLostError(f"{type(error).__name__}: {error}") from error
        self._flush_soon()
        self._forget_when_closed(number)

    def _take(self, event: Event) -> None:
        match event:
            case RequestReceived(stream_id=int(number), headers=headers) if self._serve is not None:
                stream = self._streams[number] = Stream(self, number, _texts(headers))
                self._start(stream, self._serve)
            case ResponseReceived(stream_id=int(number), headers=headers):
                self._on(number, lambda stream: stream.arrive_answer(_texts(headers)))
            case DataReceived(stream_id=int(number), data=bytes(chunk), flow_controlled_length=int(amount)):
                if number in self._streams:
                    self._streams[number].arrive(chunk, amount)
                else:
                    self.consumed(number, amount)
            case StreamEnded(stream_id=int(number)):
                self._on(number, Stream.arrive_end)
                self._forget_when_closed(number)
            case StreamReset(stream_id=int(number)):
                self._on(number, Stream.lose)
                self._forget(number)
                # Whoever waits for an origin would not notice that nobody waits for them.
                if number in self._tasks:
                    self._tasks[number].cancel()
            case WindowUpdated(stream_id=int(number)) if number:
                self._on(number, Stream.window_moved)
            case WindowUpdated() | RemoteSettingsChanged():
                for stream in self._streams.values():
                    stream.window_moved()
            case ConnectionTerminated():
                self._lose()

    def _on(self, number: int, act: Callable[[Stream], None]) -> None:
        if number in self._streams:
            act(self._streams[number])

    def _start(self, stream: Stream, serve: Callable[[Stream], Awaitable[None]]) -> None:
        task = asyncio.create_task(self._served(stream, serve))
        self._tasks[stream.number] = task
        task.add_done_callback(lambda _: self._tasks.pop(stream.number, None))

    async def _served(self, stream: Stream, serve: Callable[[Stream], Awaitable[None]]) -> None:
        try:
            await serve(stream)
        except StreamLostError:
            pass
        except Exception:
            _log.exception("stream %s", stream.number)
        finally:
            stream.cancel()

    def _forget_when_closed(self, number: int) -> None:
        state = self._h2.streams.get(number)
        if state is None or state.closed:
            self._forget(number)

    def _forget(self, number: int) -> None:
        self._streams.pop(number, None)
        self._changed.set()

    def _flush_soon(self) -> None:
        """Write what is said until the event loop comes round in one go: an answer's head, body and end together."""
        if not self._flushing:
            self._flushing = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._flushing = False
        outgoing = self._h2.data_to_send()
        if outgoing and not self._writer.is_closing():
            self._writer.write(outgoing)

    def _lose(self) -> None:
        if self.lost:
            return
        self.lost = True
        for stream in tuple(self._streams.values()):
            stream.lose()
        self._streams.clear()
        self._changed.set()
        for task in self._tasks.values():
            task.cancel()
        self._writer.close()


def _texts(headers: object) -> Headers:
    """h2 decodes what it was told to; its types do not say so."""
    pairs: list[tuple[str, str]] = headers if isinstance(headers, list) else []
    return tuple((name, value) for name, value in pairs)
