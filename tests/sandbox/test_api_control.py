"""The sandbox's own endpoints: journal, faults, reset, objects; and a listener beside the API."""

from __future__ import annotations

import httpx
import pytest

from sandbox.cloudflare_api import Change, Store

from .conftest import ACCOUNT, TOKEN, ApiServer

TAGS = f"/accounts/{ACCOUNT}/access/tags"
IDPS = f"/accounts/{ACCOUNT}/access/identity_providers"
TUNNELS = f"/accounts/{ACCOUNT}/cfd_tunnel"


def order(api: ApiServer, **rule: object) -> None:
    api.control.post("/faults", json=rule).raise_for_status()


def tag(api: ApiServer, name: str) -> int | None:
    """The status of a tag's creation, or nothing where the connection was cut."""
    try:
        return api.http.post(TAGS, json={"name": name}).status_code
    except httpx.TransportError:
        return None


def tags(api: ApiServer) -> list[object]:
    return [one["name"] for one in api.objects().get("tags", [])]


def test_journal_tells_every_request_and_no_secret(api: ApiServer) -> None:
    config = {"client_id": "cid", "client_secret": "s3cret-value", "apps_domain": "example.com"}
    api.http.post(IDPS, json={"name": "workspace", "type": "google-apps", "config": config})
    api.http.get(f"{TAGS}?name=none", headers={"User-Agent": "probe/1"})
    api.http.post(TAGS, content="{")
    text = api.control.get("/journal").text
    assert "s3cret-value" not in text
    assert TOKEN not in text
    first, second, third = api.control.get("/journal").json()["requests"]
    assert (first["n"], first["method"], first["path"], first["status"]) == (1, "POST", IDPS, 201)
    assert first["body"]["config"] == {**config, "client_secret": "[secret]"}
    assert (second["path"], second["user_agent"], second["body"]) == (f"{TAGS}?name=none", "probe/1", None)
    assert (third["status"], third["body"]) == (400, "[not JSON]")
    assert [one["n"] for one in api.control.get("/journal?after=2").json()["requests"]] == [3]
    api.control.delete("/journal").raise_for_status()
    assert api.control.get("/journal").json() == {"requests": []}


@pytest.mark.parametrize("status", [400, 403, 500])
def test_fault_by_status_strikes_the_nth_request_and_no_other(api: ApiServer, status: int) -> None:
    order(api, kind="status", method="POST|PUT", path="/access/tags$", nth=2, status=status, code=1234, message="no")
    api.http.get(TAGS)
    assert [tag(api, name) for name in "abc"] == [201, status, 201]
    assert tags(api) == ["a", "c"]
    struck = api.control.get("/journal").json()["requests"][2]
    assert (struck["status"], struck["fault"]) == (status, "status")


def test_fault_answers_in_the_envelope(api: ApiServer) -> None:
    order(api, status=403, code=10000, message="Authentication error")
    assert api.http.get(TAGS).json() == {
        "success": False,
        "errors": [{"code": 10000, "message": "Authentication error"}],
        "messages": [],
        "result": None,
    }


def test_connection_dropped_before_the_act(api: ApiServer) -> None:
    order(api, kind="drop-before", method="POST")
    assert [tag(api, "a"), tag(api, "b")] == [None, 201]
    assert tags(api) == ["b"]


def test_connection_dropped_after_the_act(api: ApiServer) -> None:
    order(api, kind="drop-after", method="POST", count=2)
    assert [tag(api, "a"), tag(api, "b"), tag(api, "c")] == [None, None, 201]
    assert tags(api) == ["a", "b", "c"]
    assert api.control.get("/journal").json()["requests"][0]["status"] is None


def test_fault_for_ever_until_taken_back(api: ApiServer) -> None:
    order(api, path="/tags", count=0)
    assert {tag(api, name) for name in "abc"} == {400}
    assert api.control.get("/faults").json()["faults"][0]["seen"] == 3
    api.control.delete("/faults").raise_for_status()
    assert tag(api, "d") == 201


@pytest.mark.parametrize("rule", [{"kind": "meteor"}, {"path": "("}, {"nth": "soon"}])
def test_senseless_fault_is_refused(api: ApiServer, rule: dict[str, object]) -> None:
    assert api.control.post("/faults", json=rule).status_code == 400
    assert api.control.get("/faults").json() == {"faults": []}


def test_reset_and_health(api: ApiServer) -> None:
    tag(api, "a")
    api.control.post("/reset").raise_for_status()
    assert api.objects() == {}
    assert api.control.get("/journal").json() == {"requests": []}
    assert api.control.get("/health").json() == {"status": "ok"}


def test_objects_leave_out_deleted_tunnels_and_singletons(api: ApiServer) -> None:
    tunnel = api.http.post(TUNNELS, json={"name": "t", "config_src": "cloudflare"}).json()["result"]["id"]
    config = {"config": {"ingress": [{"service": "http_status:404"}]}}
    api.http.put(f"{TUNNELS}/{tunnel}/configurations", json=config).raise_for_status()
    api.http.put(f"/accounts/{ACCOUNT}/access/organizations", json={"name": "n"}).raise_for_status()
    assert set(api.objects()) == {"tunnels", "configurations"}
    assert "_secret" not in api.objects()["tunnels"][0]
    api.http.delete(f"{TUNNELS}/{tunnel}").raise_for_status()
    assert api.objects() == {}


def test_tag_names_are_single_path_segments(api: ApiServer) -> None:
    assert tag(api, "a/b c") == 201
    assert api.http.get(f"{TAGS}/a%2Fb%20c").json()["result"]["name"] == "a/b c"


def test_listeners_hear_of_committed_changes_with_both_sides() -> None:
    store = Store()
    heard: list[tuple[Change, ...]] = []
    store.listen(heard.append)
    store.put("tags", "accounts/a", "x", {"name": "x"})
    assert heard == []
    store.commit()
    store.put("tags", "accounts/a", "x", {"name": "x", "n": 1})
    store.put("tags", "accounts/a", "x", {"name": "x", "n": 2})
    store.commit()
    store.remove("tags", "accounts/a", "x")
    store.commit()
    store.commit()
    assert [[(one.before, one.after) for one in changes] for changes in heard] == [
        [(None, {"name": "x"})],
        [({"name": "x"}, {"name": "x", "n": 2})],
        [({"name": "x", "n": 2}, None)],
    ]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Host": "elsewhere.example"},
        {"Host": "127.0.0.1.elsewhere.example:8787"},
        {"Host": "localhost@elsewhere.example"},
    ],
)
def test_a_page_in_a_browser_is_refused(api: ApiServer, headers: dict[str, str]) -> None:
    """Forms reach loopback from any site, and a site whose name is made to lead here may read the answers too."""
    tag(api, "kept")
    assert api.control.post("/reset", headers=headers).status_code == 403
    assert api.control.get("/journal", headers=headers).status_code == 403
    assert api.http.get(TAGS, headers=headers).status_code == 403
    assert tags(api) == ["kept"]


def test_programs_may_call_this_machine_by_its_names(api: ApiServer) -> None:
    port = api.http.base_url.port
    for host in (f"127.0.0.1:{port}", "localhost", f"LOCALHOST:{port}", f"[::1]:{port}"):
        assert api.control.get("/health", headers={"Host": host}).status_code == 200
