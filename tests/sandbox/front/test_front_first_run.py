"""Whether the script of a page runs, asked over the page's own WebSocket in Streamlit's own messages."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from google.protobuf.message import Message
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.frames import Frame
from websockets.protocol import SERVER, Protocol, State

from sandbox.edge.upstream import Answer, WebSocketRefusedError
from sandbox.front.probe import Probe

from .world import CAMPAIGNS, STATUS, Chunks, FrontWorld


class Page:
    """The server of an app: it says these messages once the script is to run, and then nothing more."""

    headers = (("sec-websocket-accept", "x"), ("sec-websocket-protocol", "streamlit"))

    def __init__(self, *messages: Message | bytes) -> None:
        self.wire = Protocol(SERVER, state=State.OPEN)
        self.messages = messages
        self.out: asyncio.Queue[bytes] = asyncio.Queue()
        self.closed = False

    async def send(self, chunk: bytes) -> None:
        self.wire.receive_data(chunk)
        for frame in self.wire.events_received():
            assert isinstance(frame, Frame)
            assert BackMsg.FromString(bytes(frame.data)).WhichOneof("type") == "rerun_script"
            for message in self.messages:
                content = message if isinstance(message, bytes) else message.SerializeToString()
                self.wire.send_binary(content[:3], fin=False)
                self.wire.send_continuation(content[3:], fin=True)
        for piece in self.wire.data_to_send():
            self.out.put_nowait(piece)

    async def receive(self) -> bytes:
        while not (piece := await self.out.get()):
            pass
        return piece

    async def close(self) -> None:
        self.closed = True


def text(body: str) -> ForwardMsg:
    message = ForwardMsg()
    message.metadata.delta_path.extend([0, 1])
    message.delta.new_element.markdown.body = body
    return message


def exception(kind: str, words: str, *, is_warning: bool = False) -> ForwardMsg:
    message = ForwardMsg(hash="h")
    shown = message.delta.new_element.exception
    shown.type, shown.message, shown.is_warning = kind, words, is_warning
    shown.stack_trace.append("File x")
    return message


def not_compiled(words: str) -> ForwardMsg:
    message = ForwardMsg()
    said = message.session_event.script_compilation_exception
    said.type, said.message = "SyntaxError", words
    return message


def finished(status: str = "FINISHED_SUCCESSFULLY") -> ForwardMsg:
    return ForwardMsg(script_finished=ForwardMsg.ScriptFinishedStatus.Value(status))


OVER = finished()
EARLY = finished("FINISHED_EARLY_FOR_RERUN")
LOST = exception("ModuleNotFoundError", "No module named 'rates'")
CASES: Sequence[tuple[tuple[Message | bytes, ...], str]] = [
    ((text("Rates"), OVER), ""),
    ((text("Rates"), LOST, OVER), "ModuleNotFoundError: No module named 'rates'"),
    (
        (not_compiled("'(' was never closed (app.py, line 3)"), OVER),
        "SyntaxError: '(' was never closed (app.py, line 3)",
    ),
    ((exception("DeprecationWarning", "soon", is_warning=True), OVER), ""),
    ((EARLY, text("Again"), LOST), "ModuleNotFoundError: No module named 'rates'"),
    ((exception("", "This app has\n\nan error"), OVER), "This app has an error"),
    ((exception("KeyError", ""), OVER), "KeyError"),
    ((exception("ValueError", "x" * 999),), f"ValueError: {'x' * 187}…"),
    ((b"\xff\xff\xff",), ""),
    ((b"\x2a\x7fshort",), ""),
]


def reach(front: FrontWorld, url: str = CAMPAIGNS, *, run: bool = True) -> dict[str, object]:
    front.origin.answer = Answer(200, (), Chunks(b"<html>"), "origin")
    probe = Probe(front.front.routing, front.front.teams, front.origin)
    return front.run(asyncio.wait_for(probe.reach(url, run=run), 5))


@pytest.mark.parametrize(("messages", "fails"), CASES)
def test_the_exception_that_a_page_shows(front: FrontWorld, messages: tuple[Message | bytes, ...], fails: str) -> None:
    page = front.origin.pipe = Page(*messages)
    assert reach(front) == {"status": 200, "source": "origin", "fails": fails}
    assert page.closed
    head = front.origin.heads[-1]
    assert (head.path, dict(head.headers)["sec-websocket-protocol"]) == (
        "/streamlit/marketing/_stcore/stream",
        "streamlit",
    )
    assert dict(head.headers)["cf-access-jwt-assertion"], "the connector lets nobody pass without"


def test_nothing_is_run_unless_asked(front: FrontWorld) -> None:
    front.origin.pipe = Page(LOST)
    assert reach(front, run=False) == {"status": 200, "source": "origin"}


def test_a_page_that_is_no_streamlit(front: FrontWorld) -> None:
    refusal = WebSocketRefusedError(Answer(404, (), Chunks(), "origin"))

    class NoStreamlit:
        async def websocket(self, _: str, __: object) -> Page:
            raise refusal

        request = front.origin.request

    front.origin.answer = Answer(200, (), Chunks(b"<html>"), "origin")
    probe = Probe(front.front.routing, front.front.teams, NoStreamlit())
    assert front.run(probe.reach(STATUS, run=True)) == {"status": 200, "source": "origin", "fails": ""}
    assert front.run(refusal.answer.body.aclose()) is None
