"""The requests of the official provider plugin, replayed: the API accepts them and answers what it stored.

One story in the plugin's order: create, preview, refresh, change, destroy. Ids differ between the recording and
this run, so each recorded id is learned from the request that made it.
"""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from .conftest import ApiServer
from .openapi import SPEC, complaints
from .recordings import RECORDINGS, Ids, phases, recorded_configuration, resources

pytestmark = pytest.mark.skipif(
    not (RECORDINGS.exists() and SPEC.exists()),
    reason=f"NOT RUN: {RECORDINGS} or {SPEC.name} is absent, so nothing holds the API to the official plugin here",
)

# What differs between two runs of the same program, by its shape.
VARYING = {
    "aud": "[0-9a-f]{64}",
    "client_id": r"[0-9a-f]{32}\.access",
    "client_secret": "[0-9a-f]{64}",
    "created_at": r"\d{4}-.*Z",
    "created_on": r"\d{4}-.*Z",
    "modified_on": r"\d{4}-.*Z",
    "expires_at": r"2\d{3}-.*Z",
}
# What the plugin takes from the API as computed, or has no field for.
COMPUTED = {"account_tag", "app_count", "reusable", "updated_at", "comment_modified_on", "client_secret_version"}
# Defaults that the plugin reads as "not written".
EMPTY = (None, False, [], {})


def send(api: ApiServer, ids: Ids, recorded: dict[str, Any]) -> httpx.Response:
    """A recorded request in terms of this run; it must succeed and please the OpenAPI text."""
    body = ids.here(recorded["body"]) if recorded.get("body") else None
    response = api.http.request(recorded["method"], ids.here(recorded["path"]), json=body)
    assert response.is_success, f"{recorded['method']} {recorded['path']}: {response.text}"
    assert complaints(response) == []
    return response


def create(api: ApiServer) -> Ids:
    """The phase `create`, with every id learned."""
    ids = Ids()
    by_place = {(one.path, one.name): one for one in resources()}
    for recorded in phases()["create"]:
        result = send(api, ids, recorded).json()["result"]
        place = "/".join(recorded["path"].split("/")[3:])
        if recorded["method"] == "POST":
            known = by_place[place, recorded["body"]["name"]]
            ids.known[known.id] = str(result.get("id", result["name"]))
            if "aud" in known.outputs:
                ids.known[known.outputs["aud"]] = result["aud"]
            for key, value in known.outputs.items():
                assert key not in VARYING or re.fullmatch(VARYING[key], result.get(key) or value["secret"]), key
    return ids


def test_create_stores_what_the_plugin_stored(api: ApiServer) -> None:
    ids = create(api)
    for one in resources():
        scope = f"zones/{'b' * 32}" if one.path == "dns_records" else f"accounts/{'a' * 32}"
        read = api.http.get(ids.here(f"/{scope}/{one.path}/{one.id}")).json()["result"]
        assert_no_drift(ids.here(one.outputs), read)


def assert_no_drift(stored: dict[str, Any], read: dict[str, Any]) -> None:
    """A refresh of the plugin finds its own values, and nothing else that would count as a change."""
    for key, value in stored.items():
        if key in ("account_id", "zone_id", "metadata", "meta", "client_secret_version") or key in VARYING:
            continue
        if key == "id" and key not in read:  # a tag is its own id
            continue
        if key == "config":  # the plugin keeps secrets of its own, and they never come back
            assert "client_secret" not in read[key]
            value = {name: one for name, one in value.items() if name != "client_secret"}
            read = {**read, key: {name: one for name, one in read[key].items() if name != "redirect_url"}}
        if key == "policies":
            read = {**read, key: [{"id": one["id"], "precedence": one["precedence"]} for one in read[key]]}
        if key in ("include", "exclude", "require"):
            assert sorted(map(str, read[key])) == sorted(map(str, value))
            continue
        assert read.get(key) == value or (read.get(key) is None and value in EMPTY), key
    for key in read.keys() - stored.keys() - COMPUTED - VARYING.keys():
        assert read[key] in EMPTY, f"{key} would drift: {read[key]}"


def test_configuration_is_stored_as_sent(api: ApiServer) -> None:
    ids = create(api)
    path = next(one["path"] for one in phases()["create"] if one["path"].endswith("/configurations"))
    read = api.http.get(ids.here(path)).json()["result"]
    assert read["config"] == ids.here(recorded_configuration())
    assert (read["version"], read["source"]) == (1, "cloudflare")


@pytest.mark.parametrize("phase", ["preview", "refresh"])
def test_reading_phases_write_nothing(api: ApiServer, phase: str) -> None:
    ids = create(api)
    before = api.objects()
    for recorded in phases()[phase]:
        send(api, ids, recorded)
    assert api.objects() == before


def test_change_and_destroy_leave_nothing(api: ApiServer) -> None:
    create(api)
    ids = later_ids(api)
    for recorded in phases()["change"]:
        send(api, ids, recorded)
    changed = api.objects()
    assert [app["name"] for app in changed["applications"]] == ["default deny", "campaigns2"]
    assert changed["configurations"][0]["version"] == 2
    assert changed["dns_records"][0]["comment"] == "gatehouse 2"
    for recorded in phases()["destroy"]:
        send(api, ids, recorded)
    assert api.objects() == {}


def later_ids(api: ApiServer) -> Ids:
    """`change` and `destroy` were recorded on other objects of the same program: find each by what is said of it."""
    ids, now = Ids(), api.objects()
    named = {
        (path, one.get("name")): str(one.get("id", one["name"]))
        for path, collection in COLLECTIONS.items()
        for one in now[collection]
    }
    puts = {one["path"].rpartition("/")[2]: one for one in phases()["change"] if one["method"] == "PUT"}
    campaigns = next(one["body"] for one in puts.values() if "policies" in one["body"])
    machines, marketing, mfa = (entry["id"] for entry in campaigns["policies"])
    ids.known |= {
        machines: named["access/policies", "machines"],
        marketing: named["access/policies", "allow marketing"],
        mfa: named["access/policies", "allow mfa jp us"],
        campaigns["allowed_idps"][0]: named["access/identity_providers", "workspace"],
    }
    for last, put in puts.items():
        if "policies" in put["body"]:
            ids.known[last] = named["access/apps", "campaigns"]
        if put["path"].endswith("/configurations"):
            audience = put["body"]["config"]["ingress"][0]["originRequest"]["access"]["audTag"][0]
            ids.known[audience] = next(app["aud"] for app in now["applications"] if app["name"] == "campaigns")
        if "include" in put["body"]:
            ids.known[put["body"]["include"][0]["group"]["id"]] = named["access/groups", "marketing"]
    learn_the_rest(ids, named)
    return ids


def learn_the_rest(ids: Ids, named: dict[tuple[str, str], str]) -> None:
    """What is only deleted can stand for any object of its kind that is left."""
    for recorded in phases()["destroy"]:
        collection, _, last = recorded["path"].rpartition("/")
        path = "/".join(collection.split("/")[3:])
        if last not in ids.known and last != "gatehouse":
            taken = set(ids.known.values())
            ids.known[last] = next(own for (place, _), own in named.items() if place == path and own not in taken)


COLLECTIONS = {
    "access/identity_providers": "identity_providers",
    "access/service_tokens": "service_tokens",
    "access/policies": "policies",
    "access/groups": "groups",
    "access/apps": "applications",
    "devices/posture": "posture_rules",
    "cfd_tunnel": "tunnels",
    "dns_records": "dns_records",
}
