"""The parts of the one program that serves the local Cloudflare, and what the commands know of it."""

from __future__ import annotations

import asyncio
import socket
import ssl
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from sandbox import ports, reach
from sandbox.browser import flags
from sandbox.cloudflare_api import Store
from sandbox.edge.live_certificates import LiveCertificates
from sandbox.services import Service, load_services, open_services
from sandbox.serving import listen, port_of
from tests.sandbox.conftest import ZONE


def record(store: Store, name: str) -> None:
    store.put("dns_records", f"zones/{ZONE}", name, {"id": name, "name": name, "proxied": True})
    store.commit()


def shown(context: ssl.SSLContext, authority: Path, host: str) -> bool:
    """Whether a server with that context convinces a client that asks for the host."""

    async def ask() -> bool:
        async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.close()

        server = await asyncio.start_server(hang_up, "127.0.0.1", 0, ssl=context)
        trusting = ssl.create_default_context(cafile=authority)
        port = server.sockets[0].getsockname()[1]
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting, server_hostname=host)
            writer.close()
            return True
        except ssl.SSLCertVerificationError:
            return False
        finally:
            server.close()

    return asyncio.run(ask())


def test_a_new_record_is_served_without_a_restart_and_with_the_same_key(tmp_path: Path) -> None:
    store = Store()
    live = LiveCertificates(tmp_path, store, ("idp.sandbox.test", "192.0.2.7"))
    pin = live.files.pin()
    assert not shown(live.context, live.files.authority, "app.example.com")
    record(store, "app.example.com")
    record(store, "bücher.example.com")
    assert shown(live.context, live.files.authority, "app.example.com")
    assert shown(live.context, live.files.authority, "idp.sandbox.test")
    assert shown(live.context, live.files.authority, "192.0.2.7")
    assert live.files.pin() == pin, "browsers that trust the key go on doing so"


def test_services_keep_their_ports_and_leave_taken_ones_alone(tmp_path: Path) -> None:
    services = load_services()
    assert [one.address for one in services] == ["wiki.internal:8080"]
    ((_, first),) = open_services(tmp_path, services)
    kept = port_of(first[0])
    first[0].close()
    ((_, second),) = open_services(tmp_path, services, ("127.0.0.2",))
    assert [one.getsockname() for one in second] == [("127.0.0.1", kept), ("127.0.0.2", kept)]
    ((_, third),) = open_services(tmp_path, services)
    assert port_of(third[0]) != kept
    for one in (*second, *third):
        one.close()


def asked(service: Service, path: str, headers: dict[str, str]) -> str:
    async def ask() -> str:
        transport = httpx.ASGITransport(Starlette(routes=[Route("/{path:path}", service.answer)]))
        async with httpx.AsyncClient(transport=transport, base_url="http://wiki.internal:8080") as client:
            return (await client.get(path, headers=headers)).text

    return asyncio.run(ask())


def test_a_service_says_who_asks_and_shows_no_token() -> None:
    service = Service("wiki.internal", 8080, "Hand & book")
    assert "No header says who asks." in asked(service, "/", {})
    headers = {"cf-access-jwt-assertion": "eyJ.secret.part", "cf-access-authenticated-user-email": "<b>@example.com"}
    page = asked(service, "/any/where", headers)
    assert "Hand &amp; book" in page
    assert "&lt;b&gt;@example.com" in page
    assert "eyJ" not in page


def test_ports_are_those_of_last_time_then_the_usual_then_any() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.create_server(("127.0.0.1", 0)) as other:
        busy, free = port_of(taken), port_of(other)
        other.close()
        assert ports.choose({}, {"a": (busy, free)}, ("127.0.0.1",)) == {"a": free}
        assert ports.choose({"a": free}, {"a": (1, busy)}, ("127.0.0.1",)) == {"a": free}
        found = ports.choose({"a": busy}, {"a": (busy,), "b": (busy,)}, ("127.0.0.1", "127.0.0.2"))
        assert found is not None
        assert busy not in found.values()
        assert len(set(found.values())) == 2
        assert ports.choose({}, {"a": (0,)}, ("192.0.2.1",)) is None


def test_a_port_of_loopback_only_is_not_free_at_two_addresses() -> None:
    with listen(0, "127.0.0.2") as taken:
        assert ports.choose({}, {"a": (port_of(taken),)}, ("127.0.0.1", "127.0.0.2")) != {"a": port_of(taken)}


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ({"status": 200, "source": "origin"}, "serving"),
        ({"status": 302, "source": "origin"}, "serving"),
        ({"status": 200, "source": "origin", "fails": "KeyError: 1"}, "its script fails: KeyError: 1"),
        ({"status": 404, "source": "origin"}, "the app answers 404"),
        ({"status": 502, "source": "cloudflared"}, "origin down (502)"),
        ({"status": 404, "source": "cloudflared"}, "no ingress rule (404)"),
        ({"status": 403, "source": "cloudflared"}, "refused by the connector (403)"),
        ({"status": 504, "source": "cloudflared"}, "the edge answers 504"),
        ({"error": 1016}, "no DNS record (1016)"),
        ({"error": 1033}, "no connector (1033)"),
        ({"error": 1000}, "error 1000"),
    ],
)
def test_what_an_app_is_now_is_said_in_a_word_or_two(found: dict[str, object], words: str) -> None:
    assert reach.in_words(found) == words


def test_a_browser_is_led_to_the_sandbox_for_its_hosts_only() -> None:
    rules, key, *_ = flags(["a.example.com", "b.example.com"], 8443, 8080, "abc=")
    assert rules == (
        "--host-resolver-rules=MAP a.example.com:443 127.0.0.1:8443, MAP a.example.com:80 127.0.0.1:8080, "
        "MAP b.example.com:443 127.0.0.1:8443, MAP b.example.com:80 127.0.0.1:8080"
    )
    assert key == "--ignore-certificate-errors-spki-list=abc="
    rules, *_ = flags(["a.example.com"], 8443, None, "abc=")
    assert rules == "--host-resolver-rules=MAP a.example.com:443 127.0.0.1:8443"
