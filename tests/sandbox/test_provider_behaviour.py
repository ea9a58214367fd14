"""What the provider stand-in does beyond the recording: refusals, retries, drift, replacement, imports, unknowns."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest

from sandbox.plugins.cloudflare import client as client_module
from sandbox.plugins.cloudflare.client import AddressError, checked_address
from sandbox.plugins.values import UNKNOWN, Properties, Secret, Unknown, decode, encode
from tests.sandbox.provider_harness import Engine, RecordingApi, provider_engine, recording_api, urn

ACCOUNT = "a" * 32
ZONE = "b" * 32
POLICY = urn("cloudflare:index/zeroTrustAccessPolicy:ZeroTrustAccessPolicy", "p")
TUNNEL = urn("cloudflare:index/zeroTrustTunnelCloudflared:ZeroTrustTunnelCloudflared", "t")
DNS = urn("cloudflare:index/dnsRecord:DnsRecord", "d")
APPLICATION = urn("gatehouse:App$cloudflare:index/zeroTrustAccessApplication:ZeroTrustAccessApplication", "a")
TAG = urn("cloudflare:index/zeroTrustAccessTag:ZeroTrustAccessTag", "g")
SETTING = urn("cloudflare:index/zoneSetting:ZoneSetting", "s")
ORGANIZATION = urn("cloudflare:index/zeroTrustOrganization:ZeroTrustOrganization", "o")

POLICY_INPUTS: Properties = {
    "accountId": ACCOUNT,
    "name": "p",
    "decision": "allow",
    "includes": [{"everyone": {}}, {"email": {"email": "x@example.com"}}],
    "sessionDuration": "8h",
}


@pytest.fixture
def api() -> Iterator[RecordingApi]:
    with recording_api() as served:
        yield served


@pytest.fixture
def engine(api: RecordingApi, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Engine]:
    monkeypatch.setenv("GATEHOUSE_SANDBOX_DIR", str(tmp_path))
    monkeypatch.setattr(client_module, "_LONGEST_PAUSE", 0.01)
    with provider_engine(api.base_url) as ready:
        yield ready


def _message(error: pytest.ExceptionInfo[grpc.RpcError]) -> str:
    return str(error.value.details())


@pytest.mark.parametrize(
    "address",
    ["", "https://api.cloudflare.com/client/v4", "http://127.0.0.1.example.com/", "file:///x", "http://10.0.0.1/"],
)
def test_addresses_beyond_this_machine_are_refused(address: str) -> None:
    with pytest.raises(AddressError, match=r"this machine|no address"):
        checked_address(address)


@pytest.mark.parametrize("address", ["http://127.0.0.1:8787/client/v4", "http://localhost/", "http://[::1]:80"])
def test_addresses_of_this_machine_are_taken(address: str) -> None:
    assert checked_address(address).endswith("/")


def test_configuring_a_real_account_fails() -> None:
    with (
        pytest.raises(grpc.RpcError, match="not on this machine"),
        provider_engine("https://api.cloudflare.com/client/v4"),
    ):
        pass


def test_values_survive_the_wire() -> None:
    values: Properties = {"a": Secret({"b": [1, 2.5, True, "x"]}), "c": UNKNOWN, "d": {"e": UNKNOWN}, "f": []}
    assert decode(encode(values)) == values


def test_a_refusal_names_request_status_and_code(api: RecordingApi, engine: Engine) -> None:
    api.answer = lambda *_: (400, None)
    with pytest.raises(grpc.RpcError) as error:
        engine.create(POLICY, POLICY_INPUTS)
    assert _message(error) == (
        f"POST accounts/{ACCOUNT}/access/policies: 400 access.api.error.invalid_request (code 12130)"
    )
    assert len(api.take()) == 1


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503])
def test_passing_troubles_are_tried_again(api: RecordingApi, engine: Engine, status: int) -> None:
    left = [status, status]
    api.answer = lambda *_: (left.pop(), None) if left else (200, {"id": "x"})
    assert engine.create(POLICY, POLICY_INPUTS)[0] == "x"
    assert len(api.take()) == 3


def test_a_lost_creation_is_not_sent_again_and_not_forgotten(api: RecordingApi, engine: Engine) -> None:
    api.answer = lambda *_: (0, None)
    with pytest.raises(grpc.RpcError) as error:
        engine.create(POLICY, POLICY_INPUTS)
    assert "may exist now" in _message(error)
    assert [request.method for request in api.take()] == ["POST"]

    api.answer = lambda *_: (200, [{"id": "stray", "name": "p"}])
    with pytest.raises(grpc.RpcError) as error:
        engine.create(POLICY, POLICY_INPUTS)
    assert "the Access policy `p` with the id `stray`" in _message(error)
    assert f"{ACCOUNT}/stray" in _message(error)
    assert [request.method for request in api.take()] == ["GET"]

    api.answer = lambda method, *_: (200, [] if method == "GET" else {"id": "new"})
    assert engine.create(POLICY, POLICY_INPUTS)[0] == "new"
    assert engine.create(POLICY, POLICY_INPUTS)[0] == "new"
    assert [request.method for request in api.take()] == ["GET", "POST", "POST"]


def test_a_lost_update_is_sent_again(api: RecordingApi, engine: Engine) -> None:
    left = [0]
    api.answer = lambda *_: (left.pop(), None) if left else (200, {})
    engine.update(POLICY, "x", {**POLICY_INPUTS, "id": "x"}, {**POLICY_INPUTS, "sessionDuration": "4h"})
    assert [request.method for request in api.take()] == ["PUT", "PUT"]


def test_gone_is_gone(api: RecordingApi, engine: Engine) -> None:
    api.answer = lambda *_: (404, None)
    assert engine.read(POLICY, "x", POLICY_INPUTS, POLICY_INPUTS)[0] == ""
    engine.delete(POLICY, "x", POLICY_INPUTS)


def test_unknown_properties_are_refused(engine: Engine) -> None:
    _, failures = engine.check(POLICY, {**POLICY_INPUTS, "sesionDuration": "8h"})
    assert failures == ["`sesionDuration` is no property of this Access policy"]


def test_a_proxied_record_has_no_ttl(api: RecordingApi, engine: Engine) -> None:
    inputs: Properties = {"zoneId": ZONE, "name": "a.example.com", "type": "CNAME", "proxied": True, "ttl": 300}
    with pytest.raises(grpc.RpcError, match="`ttl` 1"):
        engine.create(DNS, inputs)
    assert api.take() == []


def test_what_replaces(engine: Engine) -> None:
    tunnel: Properties = {"accountId": ACCOUNT, "name": "t", "configSrc": "cloudflare"}
    state = {**tunnel, "id": "x"}
    moved = engine.diff(TUNNEL, "x", state, {**tunnel, "accountId": "c" * 32})
    assert list(moved.replaces) == ["accountId"]
    assert moved.deleteBeforeReplace
    assert list(engine.diff(TUNNEL, "x", state, {**tunnel, "configSrc": "local"}).replaces) == ["configSrc"]
    # Replaced only if configured: leaving it out keeps what is.
    left_out = {name: value for name, value in tunnel.items() if name != "configSrc"}
    assert not engine.diff(TUNNEL, "x", state, left_out).replaces
    renamed = engine.diff(TUNNEL, "x", state, {**tunnel, "name": "u"})
    assert (list(renamed.diffs), list(renamed.replaces)) == (["name"], [])
    assert list(
        engine.diff(TAG, "g", {"accountId": ACCOUNT, "name": "g"}, {"accountId": ACCOUNT, "name": "h"}).replaces
    )


def test_a_patch_carries_only_what_changed(api: RecordingApi, engine: Engine) -> None:
    tunnel: Properties = {"accountId": ACCOUNT, "name": "t", "configSrc": "cloudflare"}
    engine.update(TUNNEL, "x", {**tunnel, "id": "x", "tunType": "cfd_tunnel"}, {**tunnel, "name": "u"})
    assert [(request.method, request.body) for request in api.take()] == [("PATCH", {"name": "u"})]


def test_what_is_no_longer_wanted_becomes_null(api: RecordingApi, engine: Engine) -> None:
    state = {**POLICY_INPUTS, "approvalRequired": True, "id": "x"}
    assert list(engine.diff(POLICY, "x", state, POLICY_INPUTS).diffs) == ["approvalRequired"]
    engine.update(POLICY, "x", state, POLICY_INPUTS)
    body = api.take()[0].body
    assert isinstance(body, dict)
    assert body["approval_required"] is None


def test_the_order_of_a_set_is_no_change(engine: Engine) -> None:
    includes = POLICY_INPUTS["includes"]
    assert isinstance(includes, list)
    turned = {**POLICY_INPUTS, "includes": includes[::-1]}
    assert list(engine.diff(POLICY, "x", {**POLICY_INPUTS, "id": "x"}, turned).diffs) == []


def test_drift_is_seen(api: RecordingApi, engine: Engine) -> None:
    told = {"id": "x", "name": "p", "decision": "deny", "include": [{"everyone": {}}], "session_duration": "8h"}
    api.answer = lambda *_: (200, told)
    _, outputs, inputs = engine.read(POLICY, "x", {**POLICY_INPUTS, "id": "x"}, POLICY_INPUTS)
    assert outputs["decision"] == inputs["decision"] == "deny"
    assert list(engine.diff(POLICY, "x", outputs, POLICY_INPUTS).diffs) == ["decision", "includes"]


def test_an_application_without_policies_detaches_all(api: RecordingApi, engine: Engine) -> None:
    api.answer = lambda *_: (200, {"id": "x", "aud": "y"})
    inputs: Properties = {"accountId": ACCOUNT, "name": "a", "type": "self_hosted", "domain": "a.example.com"}
    engine.create(APPLICATION, inputs)
    body = api.take()[0].body
    assert isinstance(body, dict)
    assert body["policies"] == []


def test_a_moved_application_does_not_carry_its_old_address(api: RecordingApi, engine: Engine) -> None:
    inputs: Properties = {"accountId": ACCOUNT, "name": "a", "type": "self_hosted", "domain": "b.example.com"}
    old = {"domain": "a.example.com", "selfHostedDomains": ["a.example.com"], "destinations": [], "id": "x"}
    engine.update(APPLICATION, "x", {**inputs, **old}, inputs)
    body = api.take()[0].body
    assert isinstance(body, dict)
    assert body["domain"] == "b.example.com"
    assert not {"self_hosted_domains", "destinations"} & set(body)


def test_unknowns_stay_unknown_in_a_preview(api: RecordingApi, engine: Engine) -> None:
    inputs: Properties = {"accountId": ACCOUNT, "name": UNKNOWN, "configSrc": "cloudflare", "tunnelSecret": Secret("x")}
    _, outputs = engine.create(TUNNEL, inputs, preview=True)
    assert isinstance(outputs["name"], Unknown)
    assert isinstance(outputs["createdAt"], Unknown)
    assert outputs["tunnelSecret"] == Secret("x")
    assert list(engine.diff(TUNNEL, "x", {**inputs, "name": "t"}, inputs).diffs) == ["name"]
    assert api.take() == []


@pytest.mark.parametrize(
    ("resource", "path", "asked"),
    [
        (POLICY, f"{ACCOUNT}/x", f"/accounts/{ACCOUNT}/access/policies/x"),
        (APPLICATION, f"accounts/{ACCOUNT}/x", f"/accounts/{ACCOUNT}/access/apps/x"),
        (APPLICATION, f"zones/{ZONE}/x", f"/zones/{ZONE}/access/apps/x"),
        (DNS, f"{ZONE}/x", f"/zones/{ZONE}/dns_records/x"),
        (TAG, f"{ACCOUNT}/gatehouse", f"/accounts/{ACCOUNT}/access/tags/gatehouse"),
        (SETTING, f"{ZONE}/always_use_https", f"/zones/{ZONE}/settings/always_use_https"),
        (ORGANIZATION, ACCOUNT, f"/accounts/{ACCOUNT}/access/organizations"),
    ],
)
def test_imports(api: RecordingApi, engine: Engine, resource: str, path: str, asked: str) -> None:
    api.answer = lambda *_: (200, {"id": "x", "name": "n", "value": "on"})
    ident, outputs, inputs = engine.read(resource, path, {}, {})
    assert [request.path for request in api.take()] == [asked]
    assert ident == path.rsplit("/", 1)[-1]
    assert outputs["id"] == ident
    assert ({"accountId": ACCOUNT}.items() <= inputs.items()) or ({"zoneId": ZONE}.items() <= inputs.items())


def test_a_wrong_import_says_how(engine: Engine) -> None:
    with pytest.raises(grpc.RpcError, match="write `accountId/id`"):
        engine.read(POLICY, "x", {}, {})


def test_functions(api: RecordingApi, engine: Engine) -> None:
    api.answer = lambda *_: (200, "token")
    kind = "cloudflare:index/getZeroTrustTunnelCloudflaredToken:getZeroTrustTunnelCloudflaredToken"
    found = engine.invoke(kind, {"accountId": ACCOUNT, "tunnelId": "t"})
    assert found["token"] == "token"
    zone = {"id": ZONE, "name": "example.com", "status": "active", "name_servers": ["a"], "account": {"id": ACCOUNT}}
    api.answer = lambda *_: (200, [zone])
    api.take()
    found = engine.invoke(
        "cloudflare:index/getZone:getZone", {"filter": {"name": "example.com", "account": {"id": "x"}}}
    )
    assert (found["zoneId"], found["status"], found["nameServers"]) == (ZONE, "active", ["a"])
    assert api.take()[0].path == "/zones?account.id=x&name=example.com"
    api.answer = lambda *_: (200, [])
    with pytest.raises(grpc.RpcError, match="no zones pass the filter"):
        engine.invoke("cloudflare:index/getZone:getZone", {"filter": {"name": "nowhere.example"}})


def test_types_without_a_stand_in_are_named(engine: Engine) -> None:
    with pytest.raises(grpc.RpcError, match="no resource type `cloudflare:index/queue:Queue`"):
        engine.check(urn("cloudflare:index/queue:Queue", "q"), {})


def test_operations_run_side_by_side(api: RecordingApi, engine: Engine) -> None:
    together = threading.Barrier(8)

    def wait(*_: object) -> tuple[int, object]:
        together.wait(10)
        return 200, {"id": "x"}

    api.answer = wait
    with ThreadPoolExecutor(8) as pool:
        made = [pool.submit(engine.create, POLICY, POLICY_INPUTS) for _ in range(8)]
        assert {future.result()[0] for future in made} == {"x"}
