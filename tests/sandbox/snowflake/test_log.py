"""The statement log: every statement, who made it, what became of it, and no secret."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sandbox.snowflake_api.masking import masked
from sandbox.snowflake_api.statement_log import StatementLog
from tests.sandbox.snowflake.conftest import Server
from tests.sandbox.snowflake.driver import Driver

SECRET = "hunter2-σ"
MASKED = [
    (f"CREATE SECRET S TYPE = GENERIC_STRING SECRET_STRING = '{SECRET}'", "SECRET_STRING = '***'"),
    (f"CREATE SECRET S TYPE = PASSWORD USERNAME = 'u' PASSWORD = '{SECRET}' COMMENT = 'kept'", "COMMENT = 'kept'"),
    (f"ALTER SECRET S SET SECRET_STRING='{SECRET}\\'s'", "SECRET_STRING='***'"),
    (f"ALTER SECRET S SET SECRET_STRING = $${SECRET}$$", "SECRET_STRING = '***'"),
    (f"ALTER SECRET S SET SECRET_STRING = {SECRET.split('-')[0]}", "SECRET_STRING = '***'"),
    (f'ALTER SECRET S SET SECRET_STRING = "{SECRET}"', "SECRET_STRING = '***'"),
    (f"alter secret s set secret_string = /* no */ '{SECRET}'", "'***'"),
    (f"CREATE SECRET S TYPE = OAUTH2 OAUTH_REFRESH_TOKEN = '{SECRET}'", "OAUTH_REFRESH_TOKEN = '***'"),
    (f"CREATE USER U PASSWORD = '{SECRET}'", "PASSWORD = '***'"),
    (f"CREATE SECRT S SECRET_STRING '{SECRET}'", "SECRET_STRING '***'"),
    (f"CREATE SECRET S TYPE = GENERIC_STRING SECRET_STRING = '{SECRET}", "'***'"),
    (f"CREATE SECRET S TYPE = GENERIC_STRING SECRET_STRING = $${SECRET}", "'***'"),
    (f"FOO 'a' '{SECRET}' $${SECRET}$$", "FOO '***' '***' '***'"),
    (f"SELECT 1; ALTER SECRET S SET X = '{SECRET}'", "'***'"),
]


@pytest.mark.parametrize(("sql", "shown"), MASKED, ids=[one[0] for one in MASKED])
def test_no_secret_is_written_down(snowflake: Server, deployer: Driver, sql: str, shown: str) -> None:
    deployer.ask(sql)
    entry = snowflake.statements()[-1]
    assert shown in entry["sql"]
    assert SECRET.split("-")[0] not in (snowflake.directory / "statements.jsonl").read_text()


def test_a_statement_says_who_in_which_role_and_how_it_ended(snowflake: Server, deployer: Driver) -> None:
    deployer.run("CREATE ROLE R COMMENT = 'x'")
    deployer.refusal("CREATE ROLE R")
    first, second = snowflake.statements()[-2:]
    assert (first["user"], first["role"], first["success"], first["code"]) == ("GATEHOUSE", "GATEHOUSE", True, None)
    assert first["sql"] == "CREATE ROLE R COMMENT = 'x'"
    assert (second["success"], second["code"], second["n"]) == (False, "002002", first["n"] + 1)
    assert second["time"] >= first["time"]
    assert snowflake.control("GET", f"statements?after={first['n']}")["statements"] == [second]
    assert snowflake.control("DELETE", "statements") == {"statements": []}
    assert snowflake.statements() == []


def test_the_tracking_comment_is_left_out(snowflake: Server, deployer: Driver) -> None:
    deployer.run('SELECT 1 --terraform_provider_usage_tracking {"json_schema_version":"2"}')
    assert snowflake.statements()[-1]["sql"] == "SELECT 1"


def test_what_looks_like_a_secret_in_a_comment_or_name_is_not_touched() -> None:
    sql = "CREATE ROLE R COMMENT = 'PASSWORD = 1'"
    assert masked(sql, understood=True) == sql


def test_the_log_goes_on_after_a_restart_and_a_torn_line(tmp_path: Path, snowflake: Server, deployer: Driver) -> None:
    deployer.run("SELECT 1")
    written = (snowflake.directory / "statements.jsonl").read_text()
    file = tmp_path / "statements.jsonl"
    file.write_text(written + '{"n": 99, "sql": "half')
    log = StatementLog(tmp_path)
    assert [one["n"] for one in log.entries()] == [json.loads(line)["n"] for line in written.splitlines()]
    assert file.read_text() == written
    assert file.parent.joinpath("statements.jsonl").stat().st_mode & 0o077 in (0o044, 0)
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    assert StatementLog(fresh).entries() == []


def test_the_log_is_for_its_owner_only(snowflake: Server, deployer: Driver) -> None:
    deployer.run("SELECT 1")
    for name in ("statements.jsonl", "state.json"):
        assert (snowflake.directory / name).stat().st_mode & 0o777 == 0o600, name
