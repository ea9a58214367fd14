"""The edge around Access: routes, error pages, HTTPS, streaming, WebSockets, the sandbox's own API."""

from __future__ import annotations

import asyncio
from typing import Any

import jwt
import pytest
from websockets.frames import Frame, Opcode
from websockets.protocol import SERVER, Protocol, State

from sandbox.edge.upstream import Answer, WebSocketRefusedError
from sandbox.front.durations import seconds, session_seconds

from .world import (
    CAMPAIGNS,
    LOST,
    NO_CONNECTOR,
    STATUS,
    TEAM,
    WIKI,
    WORLD,
    Browser,
    Chunks,
    FrontWorld,
    told,
)

Json = dict[str, Any]


@pytest.mark.parametrize(
    "url", [CAMPAIGNS, WIKI, STATUS, f"https://{TEAM}/", "https://idp.sandbox.test/__sandbox/people"]
)
def test_plain_http_is_sent_to_https(front: FrontWorld, url: str) -> None:
    reply = front.call("GET", url.replace("https:", "http:") + "?a=1")
    assert (reply.status, reply.header("location")) == (301, url + "?a=1")
    assert front.origin.heads == []


def test_a_request_arrives_whole(front: FrontWorld) -> None:
    reply = front.call("POST", STATUS + "x?y=1", [("content-type", "text/plain")], b"hello")
    said = reply.json()
    assert (said["method"], said["path"], said["body"]) == ("POST", "/x?y=1", "hello")
    assert front.origin.heads[0].authority == "status.example.com"
    assert reply.header("connection") == ""
    assert reply.header("set-cookie") == "own=1"


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("https://nothing.example.com/", 1016),
        ("https://plain.example.com/", 1016),
        ("https://foreign.example.com/", 1014),
        ("https://ghost.example.com/", 1033),
        ("https://x.pending.example/", 1016),
        ("https://unknown.test/", 1016),
    ],
)
def test_hosts_that_lead_nowhere(front: FrontWorld, url: str, error: int) -> None:
    target = {"type": "CNAME", "proxied": True, "ttl": 1}
    foreign = "11111111-1111-4111-8111-111111111111"
    front.store.put("tunnels", f"accounts/{WORLD.accounts[1].id}", foreign, {"id": foreign, "deleted_at": None})
    front.make("dns_records", {"name": "plain", **target, "content": "elsewhere.test"})
    front.make("dns_records", {"name": "foreign", **target, "content": f"{foreign}.cfargotunnel.com"})
    front.make("dns_records", {"name": "ghost", **target, "content": f"{foreign[:-1]}2.cfargotunnel.com"})
    reply = front.call("GET", url)
    assert (reply.status, f"Error {error}" in reply.text) == (530, True)
    assert front.origin.heads == []


def test_a_record_that_is_not_proxied_leads_nowhere(front: FrontWorld) -> None:
    record = next(one for one in front.store.all("dns_records") if one["name"] == "status.example.com")
    front.api("PATCH", f"dns_records/{record['id']}", {"proxied": False, "ttl": 300})
    assert front.call("GET", STATUS).status == 530


def test_no_connector_and_a_lost_connection(front: FrontWorld) -> None:
    front.origin.failure = NO_CONNECTOR
    reply = front.call("GET", STATUS)
    assert (reply.status, "Error 1033" in reply.text) == (530, True)
    front.origin.failure = LOST
    assert front.call("GET", STATUS).status == 502
    # Access comes first: who may not enter is not told how the origin is.
    assert front.call("GET", CAMPAIGNS).status == 302


def test_an_origin_that_is_down_is_a_page_and_not_a_hang(front: FrontWorld) -> None:
    body = Chunks(b"connector's own words")
    front.origin.answer = Answer(502, (), body, "cloudflared")
    reply = front.call("GET", STATUS)
    assert (reply.status, "could not reach the application" in reply.text, body.closed) == (502, True, True)


def test_a_host_without_application_is_open_unless_the_organization_closes_it(front: FrontWorld) -> None:
    assert front.call("GET", "https://open.example.com/").status == 200
    front.api("PUT", "access/organizations", {"deny_unmatched_requests": True})
    assert front.call("GET", "https://open.example.com/").status == 403
    assert front.call("GET", STATUS).status == 200
    exempt = {"deny_unmatched_requests_exempted_zone_names": ["example.com"]}
    front.api("PUT", "access/organizations", exempt)
    assert front.call("GET", "https://open.example.com/").status == 200


def test_the_metadata_that_cloudflared_asks_for(front: FrontWorld) -> None:
    reply = front.call("HEAD", CAMPAIGNS, [("cf-access-metadata-request", "true")])
    token = reply.header("cf-access-metadata")
    certs = front.call("GET", f"https://{TEAM}/cdn-cgi/access/certs").json()
    key = jwt.PyJWKSet.from_dict(certs)[jwt.get_unverified_header(token)["kid"]]
    claims = jwt.decode(token, key, algorithms=["RS256"], options={"verify_aud": False})
    assert claims.pop("iat")
    assert claims == {
        "type": "match",
        "hostname": "apps.example.com",
        "auth_domain": TEAM,
        "aud": front.ids["aud campaigns"],
        "app_hostname": "apps.example.com",
    }


def test_unknown_addresses_of_access_never_reach_an_origin(front: FrontWorld) -> None:
    assert front.call("GET", STATUS + "cdn-cgi/access/what").status == 404
    assert front.call("GET", STATUS + "cdn-cgi/trace").status == 404
    assert front.origin.heads == []


def test_people_are_added_moved_and_removed(front: FrontWorld) -> None:
    assert front.control("PUT", "/people/new", {"email": "new@example.com"}).status == 200
    groups = {"identities": {"workspace": {"groups": ["marketing@example.com"]}}}
    assert front.control("PATCH", "/people/new", groups).json()["identities"]["workspace"]["claims"] == {}
    assert Browser(front).log_in(CAMPAIGNS, "new").status == 200
    front.restart()
    assert front.control("GET", "/people/new").json()["name"] == "new@example.com"
    assert front.control("DELETE", "/people/new").status == 200
    assert front.control("DELETE", "/people/new").status == 404
    assert front.control("PATCH", "/people/new", {}).status == 404
    assert front.control("GET", "/people/new").status == 404


ROSTER: Json = {
    "people": [
        {
            "id": "mika",
            "name": "Mika T.",
            "email": "mika@example.com",
            "identities": {"workspace": {"groups": ["sales@example.com"]}},
        },
        {"id": "fiona", "name": "Fiona Berg", "email": "fiona@example.com"},
    ]
}


def test_a_roster_replaces_the_people_listed_before_and_nobody_else(front: FrontWorld) -> None:
    def ids() -> list[str]:
        return [one["id"] for one in front.control("GET", "/people").json()["people"]]

    by_hand = ["sam", "kim", "mallory"]
    assert front.control("PUT", "/roster", ROSTER).status == 200
    assert ids() == ["mika", "fiona", *by_hand]
    assert front.control("PUT", "/roster", {"people": ROSTER["people"][:1]}).status == 200
    front.restart()
    assert ids() == ["mika", *by_hand]
    assert front.control("PUT", "/roster", {"people": []}).status == 200
    assert ids() == by_hand


def test_a_roster_leaves_circumstances_as_they_were_set(front: FrontWorld) -> None:
    """Who is new is somebody at work: a second factor, in Japan, every device check passed."""
    front.control("PUT", "/roster", ROSTER)
    fiona = front.control("GET", "/people/fiona").json()
    assert (fiona["second_factor"], fiona["circumstances"]) == (True, {"country": "JP", "ip": None, "postures": None})
    away = {"country": "DE", "ip": None, "postures": []}
    front.control("PATCH", "/people/fiona", {"second_factor": False, "circumstances": away})
    front.control("PUT", "/roster", ROSTER)
    fiona = front.control("GET", "/people/fiona").json()
    assert (fiona["second_factor"], fiona["circumstances"]) == (False, away)
    mika = front.control("GET", "/people/mika").json()
    assert (mika["name"], mika["circumstances"]["ip"]) == ("Mika T.", "192.0.2.7")
    assert mika["identities"]["workspace"]["groups"] == ["sales@example.com"]


def test_every_device_check_passes_where_none_is_named(front: FrontWorld) -> None:
    front.make("devices/posture", {"name": "laptop", "type": "warp"})
    rule = {"device_posture": {"integration_uid": front.ids["laptop"]}}
    own = front.policy("devices", "allow", [{"everyone": {}}], require=[rule])
    front.application("careful", "wiki.example.com/careful", [own], allowed_idps=[front.ids["workspace"]])
    for postures, status in ((None, 200), ([], 403), (["laptop"], 200), (["other"], 403)):
        front.control("PATCH", "/people/mika", {"circumstances": {"postures": postures}})
        assert (postures, Browser(front).log_in("https://wiki.example.com/careful", "mika").status) == (
            postures,
            status,
        )


@pytest.mark.parametrize(
    "roster",
    [{}, {"people": "everybody"}, {"people": [{"id": "x", "email": "no address"}]}],
    ids=str,
)
def test_a_wrong_roster_changes_nothing(front: FrontWorld, roster: Json) -> None:
    before = front.control("GET", "/people").json()
    assert front.control("PUT", "/roster", roster).status == 400
    assert front.control("GET", "/people").json() == before


@pytest.mark.parametrize(
    "person",
    [
        {"email": "no address"},
        {"email": "<b>@x"},
        {"email": "a@b", "circumstances": {"country": "Japan"}},
        {"email": "a@b", "circumstances": {"ip": "everywhere"}},
        {"email": "a@b", "circumstances": {"postures": "all"}},
    ],
    ids=str,
)
def test_a_wrong_person_is_refused_with_the_reason(front: FrontWorld, person: Json) -> None:
    before = front.control("GET", "/people").json()
    reply = front.control("PUT", "/people/x", person)
    assert (reply.status, bool(reply.json()["error"])) == (400, True)
    assert front.control("PUT", "/people", {"people": [{"email": "ok@x"}, person]}).status == 400
    assert front.control("GET", "/people").json() == before


def test_forms_of_other_pages_change_nothing(front: FrontWorld) -> None:
    url = "https://idp.sandbox.test/__sandbox/people/mika"
    assert front.call("DELETE", url, [("content-type", "text/plain")]).status == 415
    assert front.call("DELETE", url).status == 415
    assert front.control("GET", "/people/mika").status == 200


def test_the_place_of_visitors_whom_nobody_knows(front: FrontWorld) -> None:
    assert told(front.call("GET", STATUS))["cf-connecting-ip"] == "127.0.0.1"
    front.control("PUT", "/anonymous", {"country": "de", "ip": "198.51.100.9"})
    headers = told(front.call("GET", STATUS))
    assert (headers["cf-ipcountry"], headers["cf-connecting-ip"]) == ("DE", "198.51.100.9")


@pytest.mark.parametrize(
    ("text", "length"),
    [("24h", 86400), ("30m", 1800), ("1h30m", 5400), ("90s", 90), ("0", 10), ("no_expiry", 400 * 86400)],
)
def test_durations(text: str, length: int) -> None:
    assert seconds(text) == length
    assert session_seconds(None, {"session_duration": ""}, {"session_duration": text}) == length


class Echo:
    """An origin's WebSocket that sends every message back in two frames, and pings in between."""

    headers = (("sec-websocket-accept", "x"), ("sec-websocket-protocol", "streamlit"), ("set-cookie", "own=2"))

    def __init__(self) -> None:
        self.wire = Protocol(SERVER, state=State.OPEN)
        self.out: asyncio.Queue[bytes] = asyncio.Queue()
        self.pongs = 0
        self.closed = False

    async def send(self, chunk: bytes) -> None:
        self.wire.receive_data(chunk)
        for frame in self.wire.events_received():
            assert isinstance(frame, Frame)
            if frame.opcode in (Opcode.TEXT, Opcode.BINARY):
                half = len(frame.data) // 2
                self.wire.send_ping(b"?")
                send = self.wire.send_text if frame.opcode is Opcode.TEXT else self.wire.send_binary
                send(frame.data[:half], fin=False)
                self.wire.send_continuation(frame.data[half:], fin=True)
            self.pongs += frame.opcode is Opcode.PONG
        for piece in self.wire.data_to_send():
            if piece:
                self.out.put_nowait(piece[:3])
                self.out.put_nowait(piece[3:])

    async def receive(self) -> bytes:
        while True:
            if self.closed:
                return b""
            if piece := await self.out.get():
                return piece

    async def close(self) -> None:
        self.closed = True


def _websocket(front: FrontWorld, url: str, headers: list[tuple[str, str]], sent: list[Json]) -> list[Json]:
    """The messages that a browser gets over a WebSocket, after it has sent those."""
    host, _, path = url.removeprefix("https://").partition("/")
    scope = {
        "type": "websocket",
        "scheme": "wss",
        "path": f"/{path}",
        "raw_path": f"/{path}".encode(),
        "query_string": b"",
        "headers": [(b"host", host.encode()), *((n.encode(), v.encode()) for n, v in headers)],
        "client": ("127.0.0.1", 5),
        "subprotocols": ["streamlit"],
        "extensions": {"websocket.http.response": {}},
    }
    got: list[Json] = []
    left = [{"type": "websocket.connect"}, *sent]

    async def receive() -> Json:
        if not left:
            while len([one for one in got if one["type"] == "websocket.send"]) < len(sent):
                await asyncio.sleep(0)
            return {"type": "websocket.disconnect", "code": 1001}
        return left.pop(0)

    async def send(message: Json) -> None:
        got.append(message)

    front.loop.run_until_complete(asyncio.wait_for(front.front(scope, receive, send), 5))  # type: ignore[arg-type]
    return got


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
    got = _websocket(front, CAMPAIGNS + "_stcore/stream", handshake, sent)
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
    got = _websocket(front, CAMPAIGNS + "_stcore/stream", [("cookie", "CF_Authorization=a.b.c")], [])
    assert (got[0]["type"], got[0]["status"]) == ("websocket.http.response.start", 401)
    assert front.origin.heads == []


def test_an_origin_that_refuses_to_upgrade(front: FrontWorld) -> None:
    front.origin.failure = WebSocketRefusedError(Answer(403, (), Chunks(b"no"), "origin"))
    got = _websocket(front, STATUS, [], [])
    assert (got[0]["type"], got[0]["status"]) == ("websocket.http.response.start", 403)
    front.origin.failure = WebSocketRefusedError(Answer(502, (), Chunks(), "cloudflared"))
    assert _websocket(front, STATUS, [], [])[0]["status"] == 502
    front.origin.failure = NO_CONNECTOR
    assert _websocket(front, STATUS, [], [])[0]["status"] == 530


def test_a_browser_that_leaves_ends_the_answer(front: FrontWorld) -> None:
    """An endless answer is closed, so that nothing streams to nobody."""

    class Endless(Chunks):
        async def __anext__(self) -> bytes:
            await asyncio.sleep(0)
            return b"."

    body = Endless()
    front.origin.answer = Answer(200, (), body, "origin")
    messages = [{"type": "http.request"}, {"type": "http.disconnect"}]

    async def receive() -> Json:
        await asyncio.sleep(0.01)
        return messages.pop(0)

    async def send(_: Json) -> None: ...

    scope: Json = {
        "type": "http",
        "scheme": "https",
        "method": "GET",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "headers": [(b"host", b"status.example.com")],
        "client": None,
    }
    front.loop.run_until_complete(asyncio.wait_for(front.front(scope, receive, send), 5))  # type: ignore[arg-type]
    assert body.closed
