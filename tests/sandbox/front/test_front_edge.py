"""The edge around Access: routes, error pages, HTTPS, streaming."""

from __future__ import annotations

import asyncio
from typing import Any

import jwt
import pytest

from sandbox.edge.upstream import Answer
from sandbox.front.durations import seconds, session_seconds
from sandbox.front.key_mirror import KeysOnly

from .world import (
    CAMPAIGNS,
    IDP,
    LOST,
    NO_CONNECTOR,
    STATUS,
    TEAM,
    WIKI,
    WORLD,
    Chunks,
    FrontWorld,
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


@pytest.mark.parametrize(
    ("text", "length"),
    [("24h", 86400), ("30m", 1800), ("1h30m", 5400), ("90s", 90), ("0", 10), ("no_expiry", 400 * 86400)],
)
def test_durations(text: str, length: int) -> None:
    assert seconds(text) == length
    assert session_seconds(None, {"session_duration": ""}, {"session_duration": text}) == length


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


def test_containers_get_keys_and_nothing_else(front: FrontWorld) -> None:
    """At the gateway of Docker's bridge: whoever could come to the login pages there could be anybody."""
    door = KeysOnly(front.front)
    keys = front.call("GET", f"https://{TEAM}/cdn-cgi/access/certs", app=door).json()["keys"]
    assert front.call("GET", "https://172.17.0.1/teams/example/certs", app=door).json()["keys"] == keys
    for url in (CAMPAIGNS, STATUS, f"https://{TEAM}/", f"https://{IDP}/__sandbox/people"):
        refused = front.call("GET", url, app=door)
        assert (refused.status, "nothing else" in refused.text) == (403, True), url
    roster = front.call("PUT", f"https://{IDP}/__sandbox/roster", body=b"{}", app=door)
    assert roster.status == 403
