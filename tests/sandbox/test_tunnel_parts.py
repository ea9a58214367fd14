"""The parts of edge and connector that need no connection."""

from __future__ import annotations

import base64
import json
import ssl
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.connector.configuration import Configuration
from sandbox.connector.rules import ConfigurationError, first_match, read_rules
from sandbox.connector.settings import Address, SettingsError, settings
from sandbox.edge import certificates as making
from sandbox.edge.certificates import certificates
from sandbox.edge.protocol.packing import PackingError, meta, pack, source_of, unpack
from sandbox.edge.upstream import end_to_end

LATIN = st.text(st.characters(codec="latin-1"), max_size=20)
NAME = st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=20)


@given(st.lists(st.tuples(NAME, LATIN)).map(tuple))
def test_packed_headers_come_back(headers: tuple[tuple[str, str], ...]) -> None:
    assert unpack(pack(headers)) == headers


def test_packed_as_cloudflared_packs() -> None:
    """The standard alphabet without padding: its own test vector."""
    assert pack((("content-type", "text/plain"), ("x", "ÿ?>"))) == "Y29udGVudC10eXBl:dGV4dC9wbGFpbg;eA:/z8+"
    assert meta("cloudflared") == '{"src":"cloudflared"}'
    assert [source_of(one) for one in (meta("origin"), meta("cloudflared"), None, "?", "[]")] == [
        "origin",
        "cloudflared",
        "origin",
        "origin",
        "origin",
    ]


@pytest.mark.parametrize("packed", ["YQ", "YQ:YQ:YQ", "YQ:*"])
def test_what_is_not_packed(packed: str) -> None:
    with pytest.raises(PackingError):
        unpack(packed)


def test_headers_of_one_hop_stay_there() -> None:
    headers = (
        ("Connection", "close, X-One"),
        ("x-one", "1"),
        ("Upgrade", "x"),
        ("CF-Cloudflared-Any", "1"),
        ("A", "b"),
    )
    assert end_to_end(headers) == (("a", "b"),)


def test_certificates_are_made_once_and_private(tmp_path: Path) -> None:
    place = tmp_path / "tls"
    made = certificates(place, ["app.example.com"])
    assert oct(place.stat().st_mode & 0o777) == "0o700"
    assert {file.name: oct(file.stat().st_mode & 0o777) for file in place.iterdir()} == {
        "ca.key": "0o600",
        "ca.pem": "0o644",
        "leaf.key": "0o600",
        "leaf.pem": "0o600",
    }
    before = {file.name: file.read_bytes() for file in place.iterdir()}
    assert certificates(place, ["app.example.com"]) == made
    assert {file.name: file.read_bytes() for file in place.iterdir()} == before


def test_a_new_host_renews_the_leaf_and_keeps_the_authority(tmp_path: Path) -> None:
    made = certificates(tmp_path, ["one.example.com"])
    authority, leaf = made.authority.read_bytes(), made.chain.read_bytes()
    certificates(tmp_path, ["two.example.com"])
    assert made.authority.read_bytes() == authority
    assert made.chain.read_bytes() != leaf
    kept = made.chain.read_bytes()
    certificates(tmp_path, ["one.example.com", "two.example.com"])
    assert made.chain.read_bytes() == kept


def test_a_leaf_that_ends_soon_is_renewed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "_LEAF_LIFE", timedelta(days=10))
    made = certificates(tmp_path)
    authority, leaf = made.authority.read_bytes(), made.chain.read_bytes()
    monkeypatch.undo()
    certificates(tmp_path)
    assert made.authority.read_bytes() == authority
    assert made.chain.read_bytes() != leaf


@pytest.mark.parametrize(
    ("name", "trusted"),
    [
        ("h2.cftunnel.com", True),
        ("quic.cftunnel.com", True),
        ("example.cloudflareaccess.com", True),
        ("app.example.com", True),
        ("localhost", True),
        ("127.0.0.1", True),
        ("a.b.cloudflareaccess.com", False),
        ("evil.example.com", False),
    ],
)
def test_the_leaf_is_good_for_its_names(tmp_path: Path, name: str, trusted: bool) -> None:
    made = certificates(tmp_path, ["app.example.com"])
    ours, theirs = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = made.client_context().wrap_bio(ours, theirs, server_hostname=name)
    server = made.server_context().wrap_bio(theirs, ours, server_side=True)
    assert _shaken(client, server) == trusted


def _shaken(client: ssl.SSLObject, server: ssl.SSLObject) -> bool:
    for _ in range(4):
        for end in (client, server):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLCertVerificationError:
                return False
    return True


CATCH_ALL = {"service": "http_status:404"}


@pytest.mark.parametrize(
    "config",
    [
        [],
        {"ingress": {}},
        {"ingress": ["x"]},
        {"ingress": [{"hostname": "a.example", "service": "http://a"}]},
        {"ingress": [{"path": "/x", "service": "http://a"}]},
        {"ingress": [CATCH_ALL, CATCH_ALL]},
        {"ingress": [{"hostname": "a", "path": "(", "service": "http://a"}, CATCH_ALL]},
        {"ingress": [{"service": ""}]},
        {"ingress": [{"service": "http_status:99"}]},
        {"ingress": [{"service": "ftp://a"}]},
        {"ingress": [{"service": "http://a:b"}]},
        {"ingress": [{"service": "http://a/path"}]},
        {"ingress": [{"service": "http://a/"}]},
        {"ingress": [{"service": "http://a", "originRequest": {"access": {"required": True, "audTag": ["x"]}}}]},
    ],
)
def test_configurations_that_are_not_loaded(config: object) -> None:
    with pytest.raises(ConfigurationError):
        read_rules(config)
    held = Configuration()
    held.update(json.dumps({"version": 1, "config": {"ingress": [{"service": "http_status:299"}]}}).encode())
    answer = json.loads(held.update(json.dumps({"version": 2, "config": config}).encode()))
    assert answer["lastAppliedVersion"] == 1
    assert answer["err"]
    assert held.rules == read_rules({"ingress": [{"service": "http_status:299"}]})


def test_only_newer_versions_count() -> None:
    held = Configuration()

    def push(version: int, status: int) -> object:
        config = {"ingress": [{"service": f"http_status:{status}"}]}
        return json.loads(held.update(json.dumps({"version": version, "config": config}).encode()))

    assert push(0, 200) == {"lastAppliedVersion": 0, "err": None}
    assert push(3, 203) == {"lastAppliedVersion": 3, "err": None}
    assert push(3, 999) == {"lastAppliedVersion": 3, "err": None}
    assert push(2, 202) == {"lastAppliedVersion": 3, "err": None}
    assert held.rules == read_rules({"ingress": [{"service": "http_status:203"}]})
    assert json.loads(held.update(b"no json"))["err"]


def test_settings_above_all_rules_reach_each_but_for_access() -> None:
    access = {"required": True, "teamName": "t", "audTag": ["a"]}
    rules = read_rules(
        {
            "originRequest": {"httpHostHeader": "all", "noTLSVerify": True, "access": access},
            "ingress": [
                {"hostname": "a", "service": "https://o", "originRequest": {"httpHostHeader": "own", "access": access}},
                {"service": "https://o"},
            ],
        }
    )
    assert [(rule.origin.host_header, rule.origin.verify) for rule in rules] == [("own", False), ("all", False)]
    assert [rule.origin.access is not None for rule in rules] == [True, False]


def test_without_rules_there_is_a_503() -> None:
    assert first_match(read_rules({}), "any", "/") == first_match(Configuration().rules, "any", "/")
    assert read_rules({"ingress": []}) == Configuration().rules


SAID = {"a": "0" * 32, "t": "b2b5a1a0-0000-4000-8000-000000000001", "s": base64.b64encode(b"s" * 32).decode()}


def environment(**other: str) -> dict[str, str]:
    token = base64.b64encode(json.dumps(SAID).encode()).decode()
    return {"TUNNEL_TOKEN": token, "TUNNEL_EDGE": "localhost:7844", **other}


def test_settings_are_cloudflareds() -> None:
    found = settings(environment(TUNNEL_METRICS="[::1]:20241"))
    assert found.credentials.secret == b"s" * 32
    assert (found.edge, found.metrics) == (Address("localhost", 7844), Address("::1", 20241))
    assert (found.connections, found.access) == (1, None)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"TUNNEL_TOKEN": ""}, "TUNNEL_TOKEN is not set"),
        ({"TUNNEL_TOKEN": "x"}, "TUNNEL_TOKEN is not a tunnel token"),
        ({"TUNNEL_TOKEN": base64.b64encode(b"[]").decode()}, "TUNNEL_TOKEN is not a tunnel token"),
        ({"TUNNEL_TOKEN": base64.b64encode(b'{"a":1,"t":2,"s":3}').decode()}, "TUNNEL_TOKEN is not a tunnel token"),
        ({"TUNNEL_EDGE": ""}, "TUNNEL_EDGE is not set"),
        ({"TUNNEL_EDGE": "host"}, "TUNNEL_EDGE is not host:port"),
        ({"TUNNEL_CACERT": "/nowhere"}, "TUNNEL_CACERT names no file"),
        ({"TUNNEL_HA_CONNECTIONS": "many"}, "TUNNEL_HA_CONNECTIONS is not a number"),
    ],
)
def test_settings_that_are_wrong(wrong: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        settings(environment(**wrong))
