"""Keys over a real TLS connection: rotation, floods, outages, forged endpoints."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from jwt.algorithms import RSAAlgorithm
from streamlit_access import AccessDeniedError, AccessKeys
from streamlit_access import keys as kept
from streamlit_access.certs import CertsError, fetch_certs, keys_of

from sandbox.edge.certificates import certificates
from sandbox.front.keys import KeyRing


@dataclass
class Certs:
    """A certs endpoint that can be told what to answer."""

    url: str
    authority: str
    document: bytes
    status: int = 200
    location: str = ""
    asked: list[str] = field(default_factory=list)


class Clock:
    """The time as the keys see it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def ring() -> KeyRing:
    return KeyRing("example.cloudflareaccess.com")


@pytest.fixture
def certs(tmp_path: Path, ring: KeyRing) -> Iterator[Certs]:
    made = certificates(tmp_path, ["localhost"])

    class Endpoint(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append(self.path)
            self.send_response(found.status)
            if found.location:
                self.send_header("Location", found.location)
            self.end_headers()
            self.wfile.write(found.document)

        def log_message(self, *_: object) -> None:
            """Nothing: the tests count requests themselves."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    server.socket = made.server_context().wrap_socket(server.socket, server_side=True)
    url = f"https://localhost:{server.server_port}/certs"
    found = Certs(url, str(made.authority), json.dumps(ring.certs()).encode())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("streamlit_access.keys.time", clock)
    return clock


def keys_at(certs: Certs) -> AccessKeys:
    return AccessKeys("example.cloudflareaccess.com", certs.url, certs.authority)


def reason(keys: AccessKeys, kid: str) -> str:
    with pytest.raises(AccessDeniedError) as denied:
        keys.named(kid)
    return denied.value.reason


def test_keys_are_fetched_once_and_kept(certs: Certs, ring: KeyRing, clock: Clock) -> None:
    keys = keys_at(certs)
    for _ in range(100):
        found = keys.named(ring.current.kid)
        assert found is not None
        assert found.public_numbers() == ring.current.private.public_key().public_numbers()
        clock.now += 30
    assert certs.asked == ["/certs"]
    clock.now += 3600
    assert keys.named(ring.current.kid) is not None
    assert len(certs.asked) == 2


def test_a_rotation_is_noticed_by_its_first_token(certs: Certs, clock: Clock) -> None:
    ring = KeyRing("rotating")
    certs.document = json.dumps(ring.certs()).encode()
    keys, old = keys_at(certs), ring.current.kid
    assert keys.named(old)
    new = ring.rotate().kid
    certs.document = json.dumps(ring.certs()).encode()
    clock.now += 60
    assert keys.named(new)
    assert keys.named(old)
    assert len(certs.asked) == 2
    # Two rotations later the first key is gone.
    ring.rotate()
    certs.document = json.dumps(ring.certs()).encode()
    clock.now += 3600
    assert keys.named(old) is None


def test_a_flood_of_made_up_kids_is_not_passed_on(certs: Certs, ring: KeyRing, clock: Clock) -> None:
    keys = keys_at(certs)
    assert keys.named(ring.current.kid)
    for number in range(1000):
        assert keys.named(f"made-up-{number}") is None
        clock.now += 0.02
    assert len(certs.asked) <= 1 + 20 / kept.PAUSE
    assert keys.named(ring.current.kid)


def test_a_flood_from_many_threads_asks_once(certs: Certs, ring: KeyRing) -> None:
    keys = keys_at(certs)
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(keys.named(ring.current.kid))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([key for key in found if key]) == 20
    assert len(certs.asked) == 1


def test_an_outage_locks_out_new_keys_first_and_everybody_after_a_day(
    certs: Certs, ring: KeyRing, clock: Clock
) -> None:
    keys = keys_at(certs)
    assert keys.named(ring.current.kid)
    certs.status = 503
    clock.now += 2 * 3600
    assert keys.named(ring.current.kid)
    assert reason(keys, "new") == "keys-unreachable"
    clock.now += 24 * 3600
    assert reason(keys, ring.current.kid) == "keys-unreachable"
    certs.status = 200
    clock.now += 5
    assert keys.named(ring.current.kid)
    assert keys.named("new") is None


def test_an_outage_is_not_hammered(certs: Certs, ring: KeyRing, clock: Clock) -> None:
    certs.status = 500
    keys = keys_at(certs)
    for _ in range(200):
        assert reason(keys, ring.current.kid) == "keys-unreachable"
        clock.now += 0.1
    assert len(certs.asked) == 4


def test_nobody_gets_in_where_nothing_listens() -> None:
    assert reason(AccessKeys("x.example", "https://127.0.0.1:9/certs"), "any") == "keys-unreachable"


def test_a_silent_endpoint_is_given_up_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    monkeypatch.setattr("streamlit_access.certs.TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}/certs"
        with pytest.raises(CertsError, match="timed out"):
            fetch_certs(url)


def test_keys_come_from_whom_the_authority_vouches_for(certs: Certs) -> None:
    """The system trusts nobody here; so the same endpoint without the authority gives nothing."""
    with pytest.raises(CertsError, match="CERTIFICATE_VERIFY_FAILED"):
        fetch_certs(certs.url)
    with pytest.raises(CertsError, match="mismatch"):
        fetch_certs(certs.url.replace("localhost", "127.1"), certs.authority)
    with pytest.raises(CertsError):
        fetch_certs(certs.url, str(Path(certs.authority).with_name("nowhere.pem")))


def test_keys_do_not_come_from_where_a_redirect_leads(certs: Certs) -> None:
    certs.status, certs.location = 302, certs.url + "/elsewhere"
    with pytest.raises(CertsError, match="302"):
        fetch_certs(certs.url, certs.authority)
    assert certs.asked == ["/certs"]


def test_the_default_is_the_team_domain() -> None:
    from streamlit_access.certs import certs_url

    assert certs_url("example.cloudflareaccess.com") == "https://example.cloudflareaccess.com/cdn-cgi/access/certs"


def jwk(bits: int = 2048, **changes: Any) -> dict[str, Any]:
    key = generate_private_key(public_exponent=65537, key_size=bits)
    found = {**json.loads(RSAAlgorithm.to_jwk(key.public_key())), "kid": "k", "alg": "RS256", "use": "sig", **changes}
    return {name: value for name, value in found.items() if value is not None}


def test_a_key_that_says_no_more_than_it_must_counts() -> None:
    assert set(keys_of(json.dumps({"keys": [jwk(alg=None, use=None, key_ops=None)]}).encode())) == {"k"}


@pytest.mark.parametrize(
    "row",
    [
        jwk(alg="RS512"),
        jwk(use="enc"),
        jwk(kty="EC"),
        jwk(kid=""),
        jwk(kid=None),
        jwk(bits=1024),
        jwk(n="!"),
        jwk(n=None),
        json.loads(RSAAlgorithm.to_jwk(generate_private_key(public_exponent=65537, key_size=2048)))
        | {"kid": "private"},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "symmetric", "alg": "HS256"},
    ],
    ids=["RS512", "enc", "EC", "empty", "unnamed", "short", "broken", "half", "private", "symmetric"],
)
def test_a_key_of_another_kind_is_left_out(row: dict[str, Any]) -> None:
    """One odd key among good ones locks nobody out, and is no way in."""
    good = jwk(kid="good")
    assert set(keys_of(json.dumps({"keys": [row, good]}).encode())) == {"good"}
    with pytest.raises(CertsError, match="not one key"):
        keys_of(json.dumps({"keys": [row]}).encode())


@pytest.mark.parametrize(
    "text", [b"", b"<html>", b"[]", b"{}", b'{"keys": 5}', b'{"keys": [5]}', b"[" * 90_000, b"\xff"]
)
def test_a_document_that_is_no_set_of_keys(text: bytes) -> None:
    with pytest.raises(CertsError):
        keys_of(text)


def test_an_endless_answer_is_cut_off(certs: Certs) -> None:
    certs.document = b" " * ((1 << 20) + 1)
    with pytest.raises(CertsError, match="larger than"):
        fetch_certs(certs.url, certs.authority)
