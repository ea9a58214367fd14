"""The first run of a Streamlit script as a visitor's page hears of it: over the WebSocket, in protocol buffers.

Streamlit's health says only that its server answers. A script that fails is an exception on the page, and the numbers
of the few fields that lead to it are read here (streamlit/proto), which stay as they are between its releases.
"""

from __future__ import annotations

from collections.abc import Iterator

from websockets.frames import Frame, Opcode
from websockets.protocol import CLIENT, Protocol, State

from sandbox.edge.upstream import WebSocketPipe

PATH = "_stcore/stream"
HANDSHAKE = (("sec-websocket-protocol", "streamlit"),)
_LARGEST = 64 * 1024 * 1024
_RUN = b"\x5a\x00"  # BackMsg.rerun_script, of a page without a query
_FINISHED, _EARLY = 6, 2  # ForwardMsg.script_finished, and its value where the script begins again at once
_EXCEPTIONS = (
    (5, 3, 8),
    (10, 3),
)  # ForwardMsg: delta.new_element.exception, session_event.script_compilation_exception
_TYPE, _MESSAGE, _IS_WARNING = 1, 2, 5  # Exception
_VARINT, _WIDE, _BYTES, _NARROW = 0, 1, 2, 5
_LONGEST = 200


async def failure(pipe: WebSocketPipe) -> str:
    """The exception that the page shows once its script has run, in one line; empty where it shows none."""
    wire = Protocol(CLIENT, state=State.OPEN, max_size=_LARGEST)
    wire.send_binary(_RUN)
    parts = bytearray()
    while wire.state is State.OPEN:
        for piece in wire.data_to_send():
            if piece:
                await pipe.send(piece)
        chunk = await pipe.receive()
        if not chunk:
            break
        wire.receive_data(chunk)
        for frame in wire.events_received():
            if not isinstance(frame, Frame) or frame.opcode not in (Opcode.BINARY, Opcode.CONT):
                continue
            parts += frame.data
            if frame.fin:
                said, is_over = _read(bytes(parts))
                if said or is_over:
                    return said
                parts.clear()
    return ""


def _read(message: bytes) -> tuple[str, bool]:
    """What a message says of an exception, and whether the script has run to its end."""
    try:
        for path in _EXCEPTIONS:
            for exception in _found(message, path):
                said = _in_words(exception)
                if said:
                    return said, False
        ends = [value for number, value in _fields(message) if number == _FINISHED]
    except (IndexError, ValueError):  # not what Streamlit sends
        return "", True
    return "", bool(ends) and ends[0] != _EARLY


def _found(message: bytes, path: tuple[int, ...]) -> Iterator[bytes]:
    for number, value in _fields(message):
        if number == path[0] and isinstance(value, bytes):
            if path[1:]:
                yield from _found(value, path[1:])
            else:
                yield value


def _in_words(exception: bytes) -> str:
    values = dict(_fields(exception))
    if values.get(_IS_WARNING):
        return ""
    kind, text = (_text(values.get(number)) for number in (_TYPE, _MESSAGE))
    said = " ".join((f"{kind}: {text}" if kind and text else kind or text).split())
    return said if len(said) <= _LONGEST else f"{said[: _LONGEST - 1]}…"


def _text(value: int | bytes | None) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Numbers and values of a message (protobuf.dev, "Encoding"). A `ValueError` or `IndexError` where it is none."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        if kind == _VARINT:
            value, at = _varint(message, at)
            yield key >> 3, value
            continue
        if kind not in (_BYTES, _WIDE, _NARROW):
            raise ValueError(f"a field of kind {kind}")
        size, at = _varint(message, at) if kind == _BYTES else ({_WIDE: 8, _NARROW: 4}[kind], at)
        if at + size > len(message):
            raise ValueError("a field that does not end")
        yield key >> 3, message[at : at + size]
        at += size


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (message[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not message[at - 1] & 0x80:
            return value, at
