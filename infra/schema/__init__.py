"""The grammar of apps.yaml: every key, its form, and what it means.

These records say what was written, nothing more: no default is applied and no name is looked up here (see `estate`).
The words are Cloudflare's and Snowflake's own wherever they have one.
"""

from __future__ import annotations

from dataclasses import dataclass

from infra.problems import Problems
from infra.records import MapOf, Record, Table, key
from infra.schema.apps import APPS, App
from infra.schema.expectations import Expectation
from infra.schema.people import Department, Device, Identity, Machine
from infra.schema.words import NAME
from infra.shapes import Bad, JsonSchema, ListOf, Place, Word
from infra.source import parse


@dataclass(frozen=True)
class AppsFile:
    """All of apps.yaml as written."""

    at: Place
    identity: Identity | None = key(Record(Identity, partial=True), "Identity providers.", required=True)
    departments: Table[Department] = key(
        MapOf(NAME, Record(Department)), "Named sets of people.", required=True, default=Table()
    )
    machines: Table[Machine] = key(MapOf(NAME, Record(Machine)), "Programs with a service token.", default=Table())
    devices: Table[Device] = key(MapOf(NAME, Record(Device)), "Checks of the device in use.", default=Table())
    exclusive: tuple[tuple[Word, ...], ...] = key(
        ListOf(ListOf(NAME)),
        "Lists of departments; nobody is in two of one list. Nothing holds anybody to it: proofs may assume it, and "
        "say so where they do.",
        default=(),
    )
    apps: Table[App] = key(APPS, "The apps by name.", required=True, default=Table())
    tests: tuple[Expectation, ...] = key(
        ListOf(Record(Expectation)),
        "Statements about who reaches what. They are proved over all people and requests whenever the file is checked, "
        "and nothing is deployed while one of them is false; see [policy-tests.md](policy-tests.md).",
        default=(),
    )


FILE = Record(AppsFile, partial=True)


def load_apps(text: str, name: str, problems: Problems) -> AppsFile | None:
    """Decode apps.yaml. Problems are collected; None when nothing of it could be read."""
    before = len(problems.found)
    node = parse(text, name, problems)
    if node is None:
        if len(problems.found) == before:
            problems.add("empty-file", f"`{name}` is empty", advice=("it needs `identity`, `departments` and `apps`",))
        return None
    decoded = FILE.decode(node, problems)
    return None if isinstance(decoded, Bad) else decoded


def json_schema() -> JsonSchema:
    """The JSON Schema (draft-07) of apps.yaml for editors."""
    return {"$schema": "http://json-schema.org/draft-07/schema#", "title": "apps.yaml of Gatehouse", **FILE.schema()}
