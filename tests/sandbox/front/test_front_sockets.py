"""WebSockets: they need a login, messages pass both ways, and none outlives what let it in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.edge.upstream import Answer, WebSocketRefusedError
from sandbox.front import open_sockets

from .sockets import Echo, websocket
from .world import CAMPAIGNS, NO_CONNECTOR, STATUS, TEAM, Browser, Chunks, FrontWorld

Json = dict[str, Any]


def test_messages_pass_both_ways(front: FrontWorld) -> None:
    browser = Browser(front)
    browser.log_in(CAMPAIGNS, "mika")
    echo = Echo()
    front.origin.pipe = echo
    crumbs = browser._crumbs("apps.example.com", "/streamlit/marketing/_stcore/stream")
    handshake = [("cookie", crumbs), ("sec-websocket-key", "abc"), ("sec-websocket-extensions", "permessage-deflate")]
    sent: list[Json] = [
        {"type": "websocket.receive", "text": "grüße"},
        {"type": "websocket.receive", "bytes": bytes(70_000)},
    ]
    got = websocket(front, CAMPAIGNS + "_stcore/stream", handshake, sent)
    assert got[0] == {"type": "websocket.accept", "subprotocol": "streamlit", "headers": [(b"set-cookie", b"own=2")]}
    assert got[1:3] == [
        {"type": "websocket.send", "text": "grüße"},
        {"type": "websocket.send", "bytes": bytes(70_000)},
    ]
    head = front.origin.heads[-1]
    assert dict(head.headers)["cf-access-authenticated-user-email"] == "mika@example.com"
    assert "sec-websocket-extensions" not in dict(head.headers)
    assert [value for name, value in head.headers if name == "sec-websocket-key"] != ["abc"]
    assert echo.closed
    assert echo.wire.close_rcvd is not None
    assert echo.wire.close_rcvd.code == 1001
    assert echo.pongs == 2


def test_a_websocket_needs_a_login_too(front: FrontWorld) -> None:
    front.origin.pipe = Echo()
    got = websocket(front, CAMPAIGNS + "_stcore/stream", [("cookie", "CF_Authorization=a.b.c")], [])
    assert (got[0]["type"], got[0]["status"]) == ("websocket.http.response.start", 401)
    assert front.origin.heads == []


def test_an_origin_that_refuses_to_upgrade(front: FrontWorld) -> None:
    front.origin.failure = WebSocketRefusedError(Answer(403, (), Chunks(b"no"), "origin"))
    got = websocket(front, STATUS, [], [])
    assert (got[0]["type"], got[0]["status"]) == ("websocket.http.response.start", 403)
    front.origin.failure = WebSocketRefusedError(Answer(502, (), Chunks(), "cloudflared"))
    assert websocket(front, STATUS, [], [])[0]["status"] == 502
    front.origin.failure = NO_CONNECTOR
    assert websocket(front, STATUS, [], [])[0]["status"] == 530


STREAM = CAMPAIGNS + "_stcore/stream"


def _open(front: FrontWorld, browser: Browser) -> tuple[asyncio.Task[None], list[Json], Echo]:
    """A WebSocket of that browser that stays open, and the messages that it gets."""
    echo = Echo()
    front.origin.pipe = echo
    got: list[Json] = []
    crumbs = browser._crumbs("apps.example.com", "/streamlit/marketing/_stcore/stream")
    scope: Json = {
        "type": "websocket",
        "scheme": "wss",
        "path": "/streamlit/marketing/_stcore/stream",
        "raw_path": b"/streamlit/marketing/_stcore/stream",
        "query_string": b"",
        "headers": [(b"host", b"apps.example.com"), (b"cookie", crumbs.encode())],
        "client": ("127.0.0.1", 5),
    }
    left: list[Json] = [{"type": "websocket.connect"}]

    async def receive() -> Json:
        if left:
            return left.pop()
        await asyncio.Event().wait()
        raise AssertionError("nothing comes any more")

    async def send(message: Json) -> None:
        got.append(message)

    task = front.loop.create_task(front.front(scope, receive, send))  # type: ignore[arg-type]
    _pass_time(front)
    assert [one["type"] for one in got] == ["websocket.accept"]
    return task, got, echo


def _pass_time(front: FrontWorld, seconds: float = 0.02) -> None:
    front.loop.run_until_complete(asyncio.sleep(seconds))


def _without_the_host(front: FrontWorld) -> None:
    record = next(one for one in front.store.all("dns_records") if one["name"] == "apps.example.com")
    front.api("DELETE", f"dns_records/{record['id']}")


ENDS: dict[str, Callable[[FrontWorld, Browser], object]] = {
    "logout": lambda _, browser: browser.get(f"https://{TEAM}/cdn-cgi/access/logout"),
    "application removed": lambda front, _: front.api("DELETE", f"access/apps/{front.ids['campaigns']}"),
    "host removed": lambda front, _: _without_the_host(front),
    "tokens revoked": lambda front, _: front.api("POST", f"access/apps/{front.ids['campaigns']}/revoke_tokens"),
    "policy for others": lambda front, _: front.api(
        "PUT",
        f"access/groups/{front.named('groups', 'marketing')}",
        {"name": "marketing", "include": [{"email": {"email": "cfo@example.com"}}]},
    ),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_websocket_does_not_outlive_what_let_it_in(front: FrontWorld, end: str) -> None:
    browser = Browser(front)
    browser.log_in(CAMPAIGNS, "mika")
    task, got, echo = _open(front, browser)
    # What has nothing to do with it leaves it open.
    front.api("DELETE", f"access/apps/{front.ids['wiki']}")
    _pass_time(front)
    assert (task.done(), echo.closed) == (False, False)
    ENDS[end](front, browser)
    _pass_time(front)
    assert (task.done(), echo.closed) == (True, True)
    assert got[-1] == {"type": "websocket.close", "code": 1008, "reason": "Access has ended"}


def test_a_websocket_ends_with_its_token(front: FrontWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = Browser(front)
    browser.log_in(CAMPAIGNS, "mika")
    monkeypatch.setattr(open_sockets, "AGAIN_EVERY", 0.01)
    task, got, _ = _open(front, browser)
    _pass_time(front, 0.05)
    assert not task.done()
    front.front.sessions._live.clear()  # as after its last second: nobody is told
    _pass_time(front, 0.05)
    assert task.done()
    assert got[-1]["code"] == 1008
