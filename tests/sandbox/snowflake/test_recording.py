"""The recording of the official provider plugin, replayed: each statement in order, answered as what satisfied it.

The recorded server was a stub, so some of its answers are only placeholders. Those are named here, each with what the
local Snowflake says instead; everything else has to be answered with the recorded columns, types and rows.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.sandbox.recordings import SHARED
from tests.sandbox.snowflake.conftest import Server
from tests.sandbox.snowflake.driver import Driver

RECORDING = SHARED / "snowflake-provider-statements.json"
pytestmark = pytest.mark.skipif(
    not RECORDING.exists(),
    reason=f"NO RECORDINGS: {RECORDING} IS MISSING, SO THE PROVIDER'S STATEMENTS ARE NOT REPLAYED",
)
TRACKING = ' --terraform_provider_usage_tracking {"json_schema_version":"2","operation":"create"}'
OTHER_TYPES = {
    ("1", "text"): "fixed",
    # The stub had no secret with a refresh token: the provider reads these as times, and fails with texts.
    ("oauth_access_token_expiry_time", "text"): "timestamp_ltz",
    ("oauth_refresh_token_expiry_time", "text"): "timestamp_ltz",
}
OTHER_VALUES = {
    "property_type": "the stub called flags strings",
    "property_default": "the stub left defaults out",
    "type": "the stub called every parameter a string",
    "secrets": "the stub left them out of SHOW FUNCTIONS",
    "external_access_integrations": "the stub left them out of SHOW FUNCTIONS",
    "created_on": "time",
    "resumed_on": "time",
    "updated_on": "time",
    "url_id": "an id",
    "CURRENT_SESSION": "an id",
    "granted_roles": "the stub counted nothing",
    "granted_to_roles": "the stub counted nothing",
}


def recorded(phase: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(RECORDING.read_text(encoding="utf-8"))["phases"][phase]
    return [one for one in found if "sql" in one]


def phases() -> list[str]:
    return list(json.loads(RECORDING.read_text(encoding="utf-8"))["phases"]) if RECORDING.exists() else []


@pytest.fixture
def session(snowflake: Server) -> Driver:
    """In the recorded role, with the warehouse that the recorded account had."""
    driver = snowflake.connect("ADMIN", "ACCOUNTADMIN")
    driver.script("CREATE WAREHOUSE REPORTING", "USE WAREHOUSE REPORTING")
    return driver


def test_every_statement_of_every_phase_is_answered_as_recorded(session: Driver, snowflake: Server) -> None:
    assert phases() == ["create", "preview", "refresh", "change", "destroy"]
    before = snowflake.objects()
    number = 0
    for phase in phases():
        for one in recorded(phase):
            sql = re.sub(r" --terraform_provider_usage_tracking \{\.\.\.\}", lambda _: TRACKING, one["sql"])
            answer = session.ask(sql)
            assert answer["success"], f"{sql}\n{answer['message']}"
            compare(one, answer["data"])
            number += 1
    assert number > 100
    assert snowflake.objects() == before, "destroy leaves nothing"


def compare(one: dict[str, Any], data: dict[str, Any]) -> None:
    sql = one["sql"]
    if "data" in one:
        compare_transfer(one["data"], data)
        return
    columns = {each["name"]: each["type"] for each in data["rowtype"]}
    wanted = dict(one["columns"])
    if is_command(sql):
        assert columns.keys() in ({"status"}, {"name", "result"}), sql
        return
    if sql.startswith("DESCRIBE STREAMLIT"):
        assert {"title", "main_file", "query_warehouse", "url_id", "name", "comment"} <= columns.keys()
        assert data["rowset"][0][list(columns).index("title")] == one["rows"][0][4]
        return
    compare_rows(one, columns, wanted, data)


def is_command(sql: str) -> bool:
    return sql.split()[0] in ("CREATE", "ALTER", "DROP", "GRANT", "REVOKE", "REMOVE")


def compare_rows(one: dict[str, Any], columns: dict[str, str], wanted: dict[str, str], data: dict[str, Any]) -> None:
    sql = one["sql"]
    shared = [name for name in wanted if name in columns]
    left_out = wanted.keys() - columns.keys()
    # The stub gave them to what lives in no schema as well.
    assert left_out <= {"database_name", "schema_name"}, f"{sql}\nlacks {left_out}"
    for name in shared:
        assert columns[name] == OTHER_TYPES.get((name, wanted[name]), wanted[name]), f"{sql}\n{name}"
    names = [name for name, _ in one["columns"]]
    rows = [dict(zip(names, row, strict=True)) for row in one["rows"]]
    own = [dict(zip(columns, row, strict=True)) for row in data["rowset"]]
    kept = [name for name in shared if name not in OTHER_VALUES]
    for row in rows:
        expected = {name: same(row[name], columns[name]) for name in kept}
        found = [{name: same(each[name], columns[name]) for name in kept} for each in own]
        assert expected in found, f"{sql}\n{expected}\nis not in\n{found}"
    if not sql.startswith("SHOW GRANTS"):  # real answers have the ownership as well
        assert len(own) == len(rows), sql


def same(value: str | None, kind: str) -> str | None:
    """NULL and an empty text are one; flags have two spellings."""
    if kind == "boolean":
        return {"true": "1", "false": "0"}.get(str(value), value)
    return value or None


def compare_transfer(wanted: dict[str, Any], data: dict[str, Any]) -> None:
    for key in ("command", "src_locations", "autoCompress", "overwrite"):
        assert data[key] == wanted[key]
    assert data["stageInfo"].keys() >= wanted["stageInfo"].keys()
    assert data["stageInfo"]["locationType"] == "LOCAL_FS"
