"""Names, comments and secrets with every awkward character arrive unchanged, and nothing escapes from them."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.snowflake_api.reader import Reader
from tests.sandbox.snowflake.conftest import Server
from tests.sandbox.snowflake.driver import Driver, literal, quoted

TEXTS = [
    "it's",
    'a "quoted" text',
    "back\\slash",
    "\\' -- ",
    "line\nbreak\r\n",
    "tab\t",
    "$$",
    "a $$ b $$ c",
    "売上 ⛄ 🎿",
    "'; DROP ROLE x; --",
    "/* no comment */",
    "// no comment",
    "-- no comment",
    "\\n",
    "\\\\",
    "''",
    "{json}",
    "%_",
    "\x01\x7f",
    " leading and trailing ",
    "https://example.com//x",
]
NAMES = ["a b", 'a"b', "a.b", "a'b", "lower", "売上", "a-b", "x;y", "a\\b", "$$", "a/b", "--", "()"]


@pytest.mark.parametrize("text", TEXTS)
def test_texts_arrive_unchanged(snowflake: Server, deployer: Driver, text: str) -> None:
    deployer.script(
        "USE SCHEMA APPS.PUBLIC",
        f"CREATE ROLE R COMMENT = {literal(text)}",
        f"CREATE SECRET S TYPE = GENERIC_STRING SECRET_STRING = {literal(text)} COMMENT = {literal(text)}",
        f"CREATE STREAMLIT A COMPUTE_POOL = SYSTEM_COMPUTE_POOL_CPU TITLE = {literal(text)}",
    )
    assert deployer.run("SHOW ROLES LIKE 'R'")[0]["comment"] == text
    assert deployer.run("SHOW SECRETS")[0]["comment"] == text
    assert deployer.run("DESCRIBE STREAMLIT A")[0]["title"] == text
    assert deployer.value(f"SELECT {literal(text)}") == text
    deployer.script(
        "CREATE NETWORK RULE N TYPE = HOST_PORT VALUE_LIST = ('a.example') MODE = EGRESS",
        "CREATE EXTERNAL ACCESS INTEGRATION E "
        "ALLOWED_NETWORK_RULES = (N) ALLOWED_AUTHENTICATION_SECRETS = ALL ENABLED = TRUE",
        "CREATE FUNCTION F() RETURNS VARCHAR LANGUAGE PYTHON RUNTIME_VERSION = 3.12 HANDLER = 'f' "
        "EXTERNAL_ACCESS_INTEGRATIONS = (E) SECRETS = ('s' = S) AS "
        """$$\nimport _snowflake\ndef f():\n  return _snowflake.get_generic_secret_string('s')\n$$""",
    )
    assert deployer.value("SELECT F()") == text
    on_disk = json.loads((snowflake.directory / "state.json").read_text())
    assert on_disk["version"] == 1


@pytest.mark.parametrize("name", NAMES)
def test_names_arrive_unchanged(snowflake: Server, deployer: Driver, name: str) -> None:
    inside = f"{quoted('APPS')}.{quoted(name)}"
    deployer.script(
        f"CREATE SCHEMA {inside}",
        f"CREATE ROLE {quoted(name)}",
        f"CREATE SECRET {inside}.{quoted(name)} TYPE = GENERIC_STRING SECRET_STRING = 'x'",
        f"CREATE STAGE {inside}.{quoted(name)}",
        f"GRANT READ ON STAGE {inside}.{quoted(name)} TO ROLE {quoted(name)}",
        f"GRANT USAGE ON SCHEMA {inside} TO ROLE {quoted(name)}",
    )
    assert deployer.names(f"SHOW SECRETS IN SCHEMA {inside}") == [name]
    assert name in deployer.names("SHOW ROLES")
    deployer.run(f"PUT 'file:///nowhere' {literal(f'@{inside}.{quoted(name)}/x/')}")
    rows = {row["privilege"]: row for row in deployer.run(f"SHOW GRANTS ON STAGE {inside}.{quoted(name)}")}
    assert rows["READ"]["grantee_name"] == name
    assert Reader(str(rows["READ"]["name"])).name() == ("APPS", name, name), "shown names can be read back"
    deployer.script(f"DROP SCHEMA {inside}", f"DROP ROLE {quoted(name)}")
    assert snowflake.objects() == {}


def test_bare_names_are_in_upper_case_and_quoted_ones_are_not(deployer: Driver) -> None:
    deployer.script("CREATE ROLE lower", 'CREATE ROLE "lower"', "create role if not exists LOWER")
    assert {"LOWER", "lower"} <= set(deployer.names("SHOW ROLES"))
    deployer.run("DROP ROLE IDENTIFIER('\"lower\"')")
    assert "lower" not in deployer.names("SHOW ROLES")


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_any_text_can_be_written_as_a_literal(text: str) -> None:
    assert Reader(f"X {literal(text)} Y").copy() is not None
    reader = Reader(f"X {literal(text)} Y")
    assert (reader.word(), reader.text(), reader.word()) == ("X", text, "Y")


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=50))
def test_any_text_can_be_written_as_a_name(text: str) -> None:
    assert Reader(f"{quoted(text)}.X").name() == (text, "X")


def test_half_a_character_is_no_fault_of_the_server(deployer: Driver) -> None:
    half = "\\ud800"  # as JSON has it
    content = f'{{"sqlText": "CREATE ROLE R COMMENT = \'{half}\'"}}'.encode()
    answer = deployer.http.post("/queries/v1/query-request", content=content, headers=deployer.headers).json()
    assert answer["success"]
    assert deployer.run("SHOW ROLES LIKE 'R'")[0]["comment"] == "?"
    assert deployer.ask("SELECT PARSE_JSON('\"\\\\ud800\"')")["success"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(st.text(max_size=60))
def test_no_text_makes_the_server_fail(snowflake_server: Server, text: str) -> None:
    session = snowflake_server.connect()
    for sql in (text, f"CREATE ROLE {text}", f"SELECT {text}", f"SHOW ROLES LIKE {text}", f"PUT {text} @a.b.c"):
        answer = session.ask(sql)
        assert answer["success"] or answer["code"] != "000603", sql
