"""The provider stand-in sends and stores what the official provider was recorded to send and store."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import cast

import pytest

from sandbox.plugins.cloudflare.naming import rest_name, to_rest
from sandbox.plugins.cloudflare.table import RESOURCE_TYPES
from sandbox.plugins.values import Properties, Secret, reveal
from tests.sandbox.provider_harness import Engine, RecordingApi, Request, provider_engine, recording_api, urn

RECORDING = Path(__file__).parents[2].parent / "shared" / "data" / "cloudflare-provider-requests.json"

pytestmark = pytest.mark.skipif(
    not RECORDING.is_file(), reason=f"NO RECORDING of the official provider at {RECORDING}: contract not checked"
)


@dataclass(frozen=True)
class Recorded:
    """One resource as the official provider registered and stored it."""

    urn: str
    kind: str
    id: str
    inputs: Properties
    outputs: Properties


@cache
def _document() -> dict[str, object]:
    return cast("dict[str, object]", json.loads(RECORDING.read_text()))


def _secrets(value: object) -> object:
    if isinstance(value, dict):
        if set(value) == {"secret"} and isinstance(value["secret"], str):
            return Secret(value["secret"])
        return {name: _secrets(item) for name, item in value.items()}
    return [_secrets(item) for item in value] if isinstance(value, list) else value


@cache
def _resources() -> tuple[Recorded, ...]:
    listed = cast("list[dict[str, object]]", _document()["resources"]) if RECORDING.is_file() else []
    return tuple(
        Recorded(
            urn=urn(str(item["type"]), str(item["name"])),
            kind=str(item["type"]),
            id=str(item["id"]),
            inputs=cast("Properties", _secrets(item["inputs"])),
            outputs={
                name: value
                for name, value in cast("Properties", _secrets(item["outputs"])).items()
                if not name.startswith("__")
            },
        )
        for item in listed
    )


def _phase(name: str) -> list[Request]:
    phases = cast("dict[str, list[dict[str, object]]]", _document()["phases"])
    return [Request(str(item["method"]), str(item["path"]), item["body"]) for item in phases[name]]


def _without_tokens(requests: list[Request]) -> list[Request]:
    # The tunnel token is asked for by a function of the program, not by a resource.
    return [request for request in requests if not request.path.endswith("/token")]


def _answer_of(resource: Recorded) -> dict[str, object]:
    entry = RESOURCE_TYPES[resource.kind]
    told = {
        rest_name(name): json.loads(str(value))
        if name in entry.json_text
        else to_rest(reveal(value), configuration=name in entry.configuration)
        for name, value in resource.outputs.items()
        if name not in entry.scope
    }
    return told | {"deleted_at": None}


def _comparable(requests: list[Request]) -> list[str]:
    return sorted(json.dumps([request.method, request.path, request.body], sort_keys=True) for request in requests)


def _without_ids(requests: list[Request]) -> list[str]:
    ids = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{64}|[0-9a-f]{32}")
    return sorted(ids.sub("ID", line) for line in _comparable(requests))


@pytest.fixture
def api() -> Iterator[RecordingApi]:
    with recording_api() as served:
        yield served


@pytest.fixture
def engine(api: RecordingApi) -> Iterator[Engine]:
    with provider_engine(api.base_url) as ready:
        yield ready


def _created(engine: Engine, resource: Recorded) -> Properties:
    inputs, failures = engine.check(resource.urn, resource.inputs)
    assert failures == []
    assert inputs == resource.inputs
    ident, outputs = engine.create(resource.urn, inputs)
    assert ident == resource.id
    return outputs


def test_create_sends_and_stores_what_was_recorded(api: RecordingApi, engine: Engine) -> None:
    for resource in _resources():
        api.answer = lambda _method, _path, _body, told=resource: (200, _answer_of(told))  # type: ignore[misc]
        assert _created(engine, resource) == resource.outputs, resource.urn
    assert _comparable(api.take()) == _comparable(_without_tokens(_phase("create")))


def test_a_preview_asks_nothing(api: RecordingApi, engine: Engine) -> None:
    for resource in _resources():
        _, outputs = engine.create(resource.urn, resource.inputs, preview=True)
        assert {name: outputs[name] for name in ("name",) if name in resource.inputs}.items() <= outputs.items()
        engine.update(resource.urn, resource.id, resource.outputs, resource.inputs, preview=True)
    assert api.take() == []


def test_the_same_inputs_are_no_change(engine: Engine) -> None:
    for resource in _resources():
        found = engine.diff(resource.urn, resource.id, resource.outputs, resource.inputs)
        assert list(found.diffs) == [], resource.urn


def test_refresh_reads_what_was_recorded_and_finds_no_drift(api: RecordingApi, engine: Engine) -> None:
    for resource in _resources():
        told = _answer_of(resource)
        # The real API expands policies, tells no secret again and fills in what nobody set.
        told.pop("client_secret", None)
        if isinstance(told.get("config"), dict):
            cast("dict[str, object]", told["config"]).pop("client_secret", None)
        if "policies" in told:
            policies = cast("list[dict[str, object]]", copy.deepcopy(told["policies"]))
            told["policies"] = [{**policy, "decision": "allow", "include": []} for policy in policies]
        told |= {"skip_interstitial": False, "custom_pages": [], "purpose_justification_required": False}
        api.answer = lambda _method, _path, _body, told=told: (200, told)  # type: ignore[misc]
        ident, outputs, inputs = engine.read(resource.urn, resource.id, resource.outputs, resource.inputs)
        assert (ident, outputs, inputs) == (resource.id, resource.outputs, resource.inputs), resource.urn
    once = set(_comparable(_phase("refresh")))
    assert set(_comparable(api.take())) == once


def test_changes_send_what_was_recorded(api: RecordingApi, engine: Engine) -> None:
    changes: dict[str, Properties] = {
        "allow-marketing": {"sessionDuration": "4h"},
        "campaigns": {"name": "campaigns2"},
        "dns": {"comment": "gatehouse 2"},
    }
    for resource in _resources():
        name = resource.urn.rsplit("::", 1)[-1]
        inputs = {**resource.inputs, **changes.get(name, {})}
        if name == "config":
            config = copy.deepcopy(cast("dict[str, list[object]]", inputs["config"]))
            extra = {
                "hostname": "apps.example.com",
                "originRequest": {"connectTimeout": 10, "noTlsVerify": True},
                "path": "^/x(/|$)",
                "service": "http://x:1",
            }
            config["ingresses"].insert(1, extra)
            inputs["config"] = config
        if inputs == resource.inputs:
            continue
        api.answer = lambda _method, _path, _body, told=resource: (200, _answer_of(told))  # type: ignore[misc]
        found = engine.diff(resource.urn, resource.id, resource.outputs, inputs)
        assert list(found.diffs) and not found.replaces
        engine.update(resource.urn, resource.id, resource.outputs, inputs)
    assert _without_ids(api.take()) == _without_ids(_without_tokens(_phase("change")))


def test_destroy_sends_what_was_recorded(api: RecordingApi, engine: Engine) -> None:
    for resource in _resources():
        engine.delete(resource.urn, resource.id, resource.outputs)
    assert _without_ids(api.take()) == _without_ids(_phase("destroy"))
