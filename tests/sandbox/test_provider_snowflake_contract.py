"""The Snowflake stand-in sends and stores what the official provider was recorded to send and store."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import cast

import pytest

from sandbox.plugins.values import Properties, Secret
from tests.sandbox.provider_harness import Engine, urn
from tests.sandbox.recordings import SHARED
from tests.sandbox.snowflake_replay import DONE, Replay, Reply, recorded_reply, replay, snowflake_engine

RECORDING = SHARED / "snowflake-provider-statements.json"
TRACKING = re.compile(r" --terraform_provider_usage_tracking .*", re.DOTALL)
"""A comment at the end of the official provider's statements, which says nothing of the program."""
UPLOADED = "/abs/app.py"
_CONSTANT = {"arguments", "imports", "allPrivileges", "alwaysApply", "strictPrivilegeManagement"}
"""Outputs that are always the same here, and that a preview leaves out."""

pytestmark = pytest.mark.skipif(
    not RECORDING.is_file(), reason=f"NO RECORDING of the official Snowflake provider at {RECORDING}: NOT CHECKED"
)


@dataclass(frozen=True)
class Recorded:
    """One resource as the official provider registered and stored it."""

    urn: str
    id: str
    inputs: Properties
    outputs: Properties

    @property
    def name(self) -> str:
        return self.urn.rsplit("::", 1)[-1]


@cache
def _document() -> dict[str, object]:
    return cast("dict[str, object]", json.loads(RECORDING.read_text()))


def _plain(value: object) -> object:
    """Without what the engine keeps for itself, and without what is not set."""
    if isinstance(value, dict):
        if set(value) == {"secret"}:
            return Secret(value["secret"])
        return {
            name: _plain(item) for name, item in value.items() if item is not None and not str(name).startswith("__")
        }
    return [_plain(item) for item in value] if isinstance(value, list) else value


@pytest.fixture
def resources(tmp_path: Path) -> tuple[Recorded, ...]:
    """In the order in which they were made. The uploaded file is one of this machine."""
    file = tmp_path / "app.py"
    file.write_text("the app")
    listed = json.loads(json.dumps(_document()["resources"]).replace(UPLOADED, str(file)))
    return tuple(
        Recorded(
            urn(item["type"], item["name"]),
            item["id"],
            cast("Properties", _plain(item["inputs"])),
            cast("Properties", _plain(item["outputs"])),
        )
        for item in listed
        if not item["type"].startswith("pulumi:")
    )


def _phase(name: str) -> list[tuple[str, Reply]]:
    phases = cast("dict[str, list[dict[str, object]]]", _document()["phases"])
    return [(TRACKING.sub("", str(item["sql"])), recorded_reply(item)) for item in phases[name] if "sql" in item]


def _answers(server: Replay, *phases: str) -> None:
    """Each statement is answered as in the recording; asked more often, as the last time."""
    told: dict[str, list[Reply]] = {}
    for phase in phases:
        for statement, reply in _phase(phase):
            told.setdefault(statement, []).append(reply)

    def answer(statement: str) -> Reply:
        left = told.get(statement, [DONE])
        return left.pop(0) if len(left) > 1 else left[0]

    server.answer = answer


class _Phase:
    """Holds what is sent against a phase: what one operation sends comes in the recorded order."""

    def __init__(self, server: Replay, name: str, file: Path | None = None) -> None:
        self._server = server
        self._left = [statement for statement, _ in _phase(name)]
        self._file = str(file)
        server.take()

    def expect(self) -> list[str]:
        """Check what was sent since the last time, and take it off the list."""
        sent = [statement.replace(self._file, UPLOADED) for statement in self._server.take()]
        where = 0
        for statement in sent:
            assert statement in self._left[where:], (statement, sent)
            where = self._left.index(statement, where)
            del self._left[where]
        return sent

    def end(self) -> None:
        """Nothing is left."""
        self.expect()
        assert self._left == []


@pytest.fixture
def server() -> Iterator[Replay]:
    with replay() as served:
        yield served


@pytest.fixture
def engine(server: Replay) -> Iterator[Engine]:
    with snowflake_engine(server.config()) as ready:
        yield ready


def _known(properties: Properties) -> Properties:
    return {name: value for name, value in properties.items() if not name.startswith("__")}


def test_create_sends_and_stores_what_was_recorded(
    server: Replay, engine: Engine, resources: tuple[Recorded, ...], tmp_path: Path
) -> None:
    _answers(server, "create")
    phase = _Phase(server, "create", tmp_path / "app.py")
    for resource in resources:
        inputs, failures = engine.check(resource.urn, resource.inputs)
        assert failures == []
        assert _known(inputs) == resource.inputs, resource.name
        ident, outputs = engine.create(resource.urn, inputs)
        if "Execute" in resource.urn:
            assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", ident)
            assert outputs.pop("id") == ident
            assert outputs == {name: value for name, value in resource.outputs.items() if name != "id"}, resource.name
        else:
            assert (ident, outputs) == (resource.id, resource.outputs), resource.name
        assert phase.expect()
    phase.end()
    assert server.uploads == {str(tmp_path / "app.py"): b"the app"}


def test_a_session_is_the_official_providers(server: Replay, engine: Engine, resources: tuple[Recorded, ...]) -> None:
    _answers(server, "create")
    engine.create(resources[0].urn, resources[0].inputs)
    (login,) = server.logins
    recorded = cast("dict[str, object]", _logins("create")[0]["login"])
    query = cast("dict[str, object]", _logins("create")[0]["query"])
    assert (login["ACCOUNT_NAME"], login["LOGIN_NAME"]) == (recorded["ACCOUNT_NAME"], recorded["LOGIN_NAME"])
    assert server.roles == [query["roleName"]]
    session = cast("dict[str, object]", login["SESSION_PARAMETERS"])
    assert session["CLIENT_TELEMETRY_ENABLED"] == "false"


def _logins(phase: str) -> list[dict[str, object]]:
    phases = cast("dict[str, list[dict[str, object]]]", _document()["phases"])
    return [item for item in phases[phase] if "login" in item]


def test_a_preview_asks_what_was_recorded(server: Replay, engine: Engine, resources: tuple[Recorded, ...]) -> None:
    _answers(server, "preview")
    phase = _Phase(server, "preview")
    for resource in resources:
        inputs, _ = engine.check(resource.urn, resource.inputs)
        found = engine.diff(resource.urn, resource.id, resource.outputs, inputs)
        assert (list(found.diffs), list(found.replaces)) == ([], []), resource.name
        phase.expect()
    phase.end()


def test_a_first_preview_asks_nothing(server: Replay, engine: Engine, resources: tuple[Recorded, ...]) -> None:
    for resource in resources:
        inputs, _ = engine.check(resource.urn, resource.inputs)
        _, outputs = engine.create(resource.urn, inputs, preview=True)
        assert resource.inputs.items() <= outputs.items(), resource.name
        assert set(resource.outputs) - set(outputs) <= _CONSTANT, resource.name
    assert (server.logins, server.statements) == ([], [])


def test_refresh_reads_what_was_recorded_and_finds_no_drift(server: Replay, resources: tuple[Recorded, ...]) -> None:
    _answers(server, "refresh")
    phase = _Phase(server, "refresh")
    # It was recorded twice: with a look at what it would do, and then done.
    for _ in range(2):
        with snowflake_engine(server.config()) as engine:
            for resource in resources:
                ident, outputs, inputs = engine.read(resource.urn, resource.id, resource.outputs, resource.inputs)
                found = engine.diff(resource.urn, resource.id, outputs, resource.inputs)
                phase.expect()
                assert (list(found.diffs), ident, inputs) == ([], resource.id, resource.inputs), resource.name
                if resource.name == "app":
                    # The title was set after the object was made and asked for.
                    (row,) = cast("list[dict[str, str]]", outputs["queryResults"])
                    assert row.pop("title") == "Ledger 1"
                    row["title"] = ""
                assert outputs == resource.outputs, resource.name
    phase.end()


def test_changes_send_what_was_recorded(server: Replay, engine: Engine, resources: tuple[Recorded, ...]) -> None:
    _answers(server, "change")
    phase = _Phase(server, "change")
    changes: dict[str, Properties] = {
        "fx": {"secretString": Secret("k2")},
        "nr": {"valueLists": ["b.example", "api.exchange.example:443"]},
        "props": {"execute": ""},
    }
    for resource in resources:
        inputs = {**resource.inputs, **changes.get(resource.name, {})}
        if resource.name == "props":
            inputs["execute"] = str(resource.inputs["execute"]).replace("Ledger 1", "Ledger 2")
        found = engine.diff(resource.urn, resource.id, resource.outputs, inputs)
        assert list(found.diffs) == list(changes.get(resource.name, ())), resource.name
        if resource.name == "props":
            # The new statement comes first, and then the old way back.
            assert list(found.replaces) == ["execute"]
            assert not found.deleteBeforeReplace
            _, outputs = engine.create(resource.urn, inputs)
            assert [row["title"] for row in cast("list[dict[str, str]]", outputs["queryResults"])] == ["Ledger 2"]
            engine.delete(resource.urn, resource.id, resource.outputs)
        elif found.diffs:
            assert not found.replaces
            outputs = engine.update(resource.urn, resource.id, resource.outputs, inputs)
            assert {name: outputs[name] for name in changes[resource.name]} != {}
        phase.expect()
    phase.end()


def test_destroy_sends_what_was_recorded(server: Replay, engine: Engine, resources: tuple[Recorded, ...]) -> None:
    _answers(server, "destroy")
    phase = _Phase(server, "destroy")
    for resource in reversed(resources):
        engine.delete(resource.urn, resource.id, resource.outputs)
        assert phase.expect() or resource.name == "src"
    phase.end()
