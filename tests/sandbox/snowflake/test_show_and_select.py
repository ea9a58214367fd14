"""SHOW with its filters, small SELECTs, parameters, and what a session remembers."""

from __future__ import annotations

import pytest

from tests.sandbox.snowflake.conftest import Server
from tests.sandbox.snowflake.driver import Driver


@pytest.fixture
def roles(deployer: Driver) -> Driver:
    deployer.script(*(f'CREATE ROLE "{name}"' for name in ("X_A", "X_B", "XZA", "x_a", "X%")))
    return deployer


@pytest.mark.parametrize(
    ("rest", "names"),
    [
        ("LIKE 'X_A'", ["XZA", "X_A", "x_a"]),
        ("LIKE 'X\\\\_A'", ["X_A", "x_a"]),
        ("LIKE 'X%'", ["X%", "XZA", "X_A", "X_B", "x_a"]),
        ("LIKE 'X\\\\%'", ["X%"]),
        ("LIKE 'x_b'", ["X_B"]),
        ("LIKE 'X%' STARTS WITH 'X_'", ["X_A", "X_B"]),
        ("LIKE 'X%' LIMIT 2", ["X%", "XZA"]),
        ("LIKE 'X%' LIMIT 2 FROM 'XZA'", ["X_A", "X_B"]),
        ("LIKE ''", []),
    ],
)
def test_show_filters(roles: Driver, rest: str, names: list[str]) -> None:
    assert roles.names(f"SHOW ROLES {rest}") == names


def test_show_looks_in_a_schema_a_database_or_the_account(snowflake: Server, deployer: Driver, admin: Driver) -> None:
    admin.script("CREATE DATABASE OTHER", "CREATE STAGE OTHER.PUBLIC.O")
    admin.script(
        "GRANT USAGE ON DATABASE OTHER TO ROLE GATEHOUSE", "GRANT USAGE ON SCHEMA OTHER.PUBLIC TO ROLE GATEHOUSE"
    )
    admin.run("GRANT READ ON STAGE OTHER.PUBLIC.O TO ROLE GATEHOUSE")
    deployer.script("CREATE STAGE APPS.PUBLIC.A", "CREATE SCHEMA APPS.S", "CREATE STAGE APPS.S.B")
    fresh = snowflake.connect()
    everything = ["A", "B", "O"]
    assert fresh.names("SHOW STAGES") == fresh.names("SHOW STAGES IN ACCOUNT") == everything
    assert fresh.names("SHOW STAGES IN DATABASE APPS") == ["A", "B"]
    assert fresh.names("SHOW STAGES IN SCHEMA APPS.S") == fresh.names("SHOW STAGES IN APPS.S") == ["B"]
    fresh.run("USE APPS")
    assert fresh.names("SHOW STAGES") == fresh.names("SHOW STAGES IN DATABASE") == ["A", "B"]
    fresh.run("USE SCHEMA S")
    assert fresh.names("SHOW STAGES IN SCHEMA") == ["B"]
    assert fresh.names("SHOW SCHEMAS IN DATABASE OTHER") == ["PUBLIC"]
    assert set(fresh.run("SHOW TERSE STAGES")[0]) == {"created_on", "name", "database_name", "schema_name", "owner"}
    fresh.run("DROP SCHEMA APPS.S CASCADE")
    assert fresh.value("SELECT CURRENT_SCHEMA()") is None


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT 1", [["1"]]),
        ("SELECT 1 + 2 * 3, -4, 1.50, 1e3", [["7", "-4", "1.50", "1000.0"]]),
        ("SELECT 'it''s' AS a, NULL, TRUE, FALSE", [["it's", None, "1", "0"]]),
        ("SELECT '5'::INT, 5::VARCHAR, 'true'::BOOLEAN, TRY_CAST('x' AS INT)", [["5", "5", "1", None]]),
        ("SELECT CONCAT('a', 1, 'b'), 'a' || NULL, COALESCE(NULL, 'z')", [["a1b", None, "z"]]),
        ('SELECT PARSE_JSON(\'{"a": {"b": [1, 2]}}\'):a.b[1]', [["2"]]),
        ("SELECT OBJECT_CONSTRUCT('a', 1):a::int", [["1"]]),
        ('SELECT TO_JSON(PARSE_JSON(\'{"a": "ü"}\'))', [['{"a":"ü"}']]),
        ("SELECT * FROM VALUES (1, 'a'), (2, 'b')", [["1", "a"], ["2", "b"]]),
        ("SELECT column2, $1 FROM VALUES (1, 'a')", [["a", "1"]]),
        ("SELECT 1 UNION ALL SELECT 1 UNION SELECT 2", [["1"], ["2"]]),
        ("SELECT * FROM (SELECT 1 AS a UNION ALL SELECT 2) LIMIT 1", [["1"]]),
        ("SELECT A || 'x' FROM (SELECT 'y' AS a)", [["yx"]]),
        ('WITH q AS (SELECT 1 AS "a") SELECT "a" FROM q', [["1"]]),
        ("(SELECT 1)", [["1"]]),
        ("SELECT CURRENT_ROLE(), CURRENT_USER(), CURRENT_DATABASE()", [["GATEHOUSE", "GATEHOUSE", None]]),
        (
            "SELECT CURRENT_ACCOUNT(), CURRENT_ACCOUNT_NAME(), CURRENT_ORGANIZATION_NAME()",
            [["SBX00001", "SANDBOX", "EXAMPLE"]],
        ),
        ("SELECT IS_ROLE_IN_SESSION('GATEHOUSE'), IS_ROLE_IN_SESSION('SYSADMIN')", [["1", "0"]]),
        ("SELECT CURRENT_AVAILABLE_ROLES()", [['["GATEHOUSE", "PUBLIC"]']]),
        ("VALUES ('a')", [["a"]]),
    ],
)
def test_small_queries(deployer: Driver, sql: str, rows: list[list[str | None]]) -> None:
    answer = deployer.ask(sql)
    assert answer["success"], answer["message"]
    assert answer["data"]["rowset"] == rows
    assert answer["data"]["statementTypeId"] == 4096


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 WHERE TRUE",
        "SELECT DISTINCT 1",
        "SELECT 1 GROUP BY 1",
        "SELECT COUNT(1)",
        "SELECT CASE WHEN TRUE THEN 1 END",
        "SELECT * FROM (SELECT 1) a JOIN (SELECT 2) b",
        "SELECT * FROM VALUES (1) ORDER BY 1",
    ],
)
def test_what_needs_a_query_engine_is_refused(deployer: Driver, sql: str) -> None:
    assert deployer.refusal(sql)[0] in ("000002", "002140")


def test_columns_are_named_and_typed(deployer: Driver) -> None:
    row = deployer.ask('SELECT 1, \'x\' AS a, "b" AS "b", CURRENT_ROLE(), 1.25 AS d FROM (SELECT 2 AS "b")')["data"][
        "rowtype"
    ]
    assert [one["name"] for one in row] == ["1", "A", "b", "CURRENT_ROLE()", "D"]
    assert [(one["type"], one["scale"]) for one in row][-1] == ("fixed", 2)


def test_sessions_remember_and_commands_say_so(deployer: Driver) -> None:
    deployer.script(
        "ALTER SESSION SET QUERY_TAG = 'it''s', TIMEZONE = 'Asia/Tokyo' AUTOCOMMIT = FALSE",
        "USE SCHEMA APPS.PUBLIC",
        "USE WAREHOUSE COMPUTE_WH",
        "BEGIN",
        "COMMIT",
        "ROLLBACK",
    )
    shown = {row["key"]: (row["value"], row["level"]) for row in deployer.run("SHOW PARAMETERS")}
    assert shown["QUERY_TAG"] == ("it's", "SESSION")
    assert shown["AUTOCOMMIT"] == ("false", "SESSION")
    assert deployer.run("SHOW PARAMETERS LIKE 'time_one' IN SESSION")[0]["value"] == "Asia/Tokyo"
    answer = deployer.ask("ALTER SESSION UNSET TIMEZONE, QUERY_TAG")["data"]
    assert (answer["finalDatabaseName"], answer["finalSchemaName"], answer["finalWarehouseName"]) == (
        "APPS",
        "PUBLIC",
        "COMPUTE_WH",
    )
    assert deployer.run("SHOW PARAMETERS LIKE 'TIMEZONE'")[0]["level"] == ""
    deployer.refusal("USE SCHEMA APPS.NOPE")
    assert deployer.value("SELECT CURRENT_SCHEMA()") == "PUBLIC"


def test_parameters_of_objects(deployer: Driver) -> None:
    deployer.run("CREATE WAREHOUSE W STATEMENT_TIMEOUT_IN_SECONDS = 60")
    shown = {row["key"]: (row["value"], row["level"]) for row in deployer.run("SHOW PARAMETERS IN WAREHOUSE W")}
    assert shown["STATEMENT_TIMEOUT_IN_SECONDS"] == ("60", "WAREHOUSE")
    assert {"LOG_LEVEL", "DATA_RETENTION_TIME_IN_DAYS"} <= {
        row["key"] for row in deployer.run("SHOW PARAMETERS IN SCHEMA APPS.PUBLIC")
    }
    assert deployer.run("SHOW PARAMETERS LIKE 'DEFAULT_STREAMLIT%' FOR ACCOUNT")[0]["value"] == ""


def test_integrations_are_shown_together_and_apart(deployer: Driver) -> None:
    deployer.script(
        "CREATE NETWORK RULE APPS.PUBLIC.R TYPE = HOST_PORT VALUE_LIST = ('a.example') MODE = EGRESS",
        "CREATE EXTERNAL ACCESS INTEGRATION E ALLOWED_NETWORK_RULES = (APPS.PUBLIC.R) ENABLED = TRUE "
        "ALLOWED_AUTHENTICATION_SECRETS = (none) COMMENT = 'c'",
    )
    assert set(deployer.names("SHOW INTEGRATIONS")) == {"E", "EXCHANGE_CLOUD", "EXCHANGE_OAUTH", "GITHUB"}
    assert deployer.names("SHOW API INTEGRATIONS") == ["GITHUB"]
    assert deployer.names("SHOW SECURITY INTEGRATIONS LIKE '%cloud'") == ["EXCHANGE_CLOUD"]
    assert deployer.names("SHOW EXTERNAL ACCESS INTEGRATIONS") == ["E"]
    described = {row["property"]: row["property_value"] for row in deployer.run("DESCRIBE INTEGRATION E")}
    assert described == {
        "ENABLED": "true",
        "ALLOWED_NETWORK_RULES": "[APPS.PUBLIC.R]",
        "ALLOWED_API_AUTHENTICATION_INTEGRATIONS": "[]",
        "ALLOWED_AUTHENTICATION_SECRETS": "[]",
        "COMMENT": "c",
    }
    assert deployer.run("DESC INTEGRATION GITHUB")[0]["property_value"] == "true"


def test_allowed_secrets_are_all_of_them_or_listed(deployer: Driver) -> None:
    deployer.script(
        "USE SCHEMA APPS.PUBLIC",
        "CREATE SECRET S TYPE = GENERIC_STRING SECRET_STRING = 'x'",
        "CREATE NETWORK RULE R TYPE = HOST_PORT VALUE_LIST = ('a.example') MODE = EGRESS",
        "CREATE EXTERNAL ACCESS INTEGRATION E ALLOWED_NETWORK_RULES = (R) ENABLED = TRUE "
        "ALLOWED_AUTHENTICATION_SECRETS = all",
    )

    def allowed() -> str | None:
        described = deployer.run("DESCRIBE INTEGRATION E")
        return next(row["property_value"] for row in described if row["property"] == "ALLOWED_AUTHENTICATION_SECRETS")

    assert allowed() == "[all]"
    deployer.run("ALTER EXTERNAL ACCESS INTEGRATION E SET ALLOWED_AUTHENTICATION_SECRETS = (S)")
    assert allowed() == "[APPS.PUBLIC.S]"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2027-03-31", "1806451200"),
        ("2027-03-31 12:30", "1806496200"),
        ("2027-03-31 12:30:05", "1806496205"),
        ("2027-03-31 12:30 +0200", "1806489000"),
        ("2027-03-31 12:30 UTC", "1806496200"),
        ("2027-03-31 12:30 PDT", "1806521400"),
    ],
)
def test_the_end_of_a_refresh_token_is_a_moment(deployer: Driver, text: str, moment: str) -> None:
    deployer.script(
        "ALTER SESSION SET TIMEZONE = 'Asia/Tokyo'",
        "CREATE SECRET APPS.PUBLIC.S TYPE = OAUTH2 OAUTH_REFRESH_TOKEN = 't' "
        f"OAUTH_REFRESH_TOKEN_EXPIRY_TIME = '{text}' API_AUTHENTICATION = EXCHANGE_OAUTH",
    )
    answer = deployer.ask("DESCRIBE SECRET APPS.PUBLIC.S")["data"]
    (row,) = answer["rowset"]
    cells = {one["name"]: (one["type"], cell) for one, cell in zip(answer["rowtype"], row, strict=True)}
    assert cells["oauth_refresh_token_expiry_time"] == ("timestamp_ltz", f"{moment}.000000000")
    assert cells["oauth_access_token_expiry_time"] == ("timestamp_ltz", None)


def test_objects_are_altered_renamed_and_described(deployer: Driver) -> None:
    deployer.script(
        "USE SCHEMA APPS.PUBLIC",
        "CREATE NETWORK RULE R TYPE = HOST_PORT MODE = EGRESS "
        "VALUE_LIST = ('a.example', '*.b.example:0', 'c.example:80-443')",
        "ALTER NETWORK RULE R SET VALUE_LIST = ('a.example'), COMMENT = 'c'",
        "CREATE OR ALTER NETWORK RULE R TYPE = HOST_PORT VALUE_LIST = ('d.example') MODE = EGRESS",
        "ALTER NETWORK RULE IF EXISTS NOPE SET COMMENT = 'x'",
    )
    (rule,) = deployer.run("DESCRIBE NETWORK RULE R")
    assert (rule["value_list"], rule["comment"]) == ("d.example", "")
    deployer.script(
        "CREATE SECRET S TYPE = GENERIC_STRING SECRET_STRING = 'x' COMMENT = 'c'",
        "ALTER SECRET S SET COMMENT = NULL",
        "ALTER SECRET S RENAME TO T",
        "CREATE SECRET IF NOT EXISTS T TYPE = GENERIC_STRING SECRET_STRING = 'y'",
        "CREATE OR REPLACE SECRET T TYPE = PASSWORD USERNAME = 'u' PASSWORD = 'p'",
        "CREATE STAGE G DIRECTORY = (ENABLE = TRUE AUTO_REFRESH = FALSE) ENCRYPTION = (TYPE = 'SNOWFLAKE_SSE')",
        "ALTER STAGE G SET DIRECTORY = (ENABLE = FALSE) COMMENT = 'c'",
        "CREATE WAREHOUSE W WITH WAREHOUSE_SIZE = XSMALL INITIALLY_SUSPENDED = TRUE AUTO_SUSPEND = NULL",
        "ALTER WAREHOUSE W SET WAREHOUSE_SIZE = 'X-LARGE' WAIT_FOR_COMPLETION = TRUE",
        "ALTER WAREHOUSE W RESUME IF SUSPENDED",
        "CREATE COMPUTE POOL P MIN_NODES = 1 MAX_NODES = 2 INSTANCE_FAMILY = cpu_x64_s AUTO_SUSPEND_SECS = 60",
        "ALTER COMPUTE POOL P SUSPEND",
        "ALTER COMPUTE POOL P UNSET AUTO_SUSPEND_SECS",
        "ALTER COMPUTE POOL P STOP ALL",
        "CREATE OR REPLACE ROLE R2 COMMENT = 'c'",
        "ALTER ROLE R2 SET COMMENT = 'd'",
        "ALTER ROLE R2 RENAME TO R3",
    )
    (secret,) = deployer.run("DESCRIBE SECRET T")
    assert (secret["secret_type"], secret["username"]) == ("PASSWORD", "u")
    stage = {row["property"]: row["property_value"] for row in deployer.run("DESCRIBE STAGE G")}
    assert stage["ENABLE"] == "false"
    assert deployer.run("SHOW STAGES LIKE 'G'")[0]["type"] == "INTERNAL NO CSE"
    (warehouse,) = deployer.run("SHOW WAREHOUSES LIKE 'W'")
    assert (warehouse["size"], warehouse["state"], warehouse["auto_suspend"]) == ("X-Large", "STARTED", "0")
    (pool,) = deployer.run("DESCRIBE COMPUTE POOL P")
    assert (pool["state"], pool["instance_family"], pool["auto_suspend_secs"]) == ("SUSPENDED", "CPU_X64_S", "3600")
    assert deployer.run("SHOW ROLES LIKE 'R3'")[0]["comment"] == "d"
    assert {row["name"] for row in deployer.run("DESCRIBE SCHEMA APPS.PUBLIC")} == {"R", "T", "G"}
    assert {row["name"] for row in deployer.run("DESCRIBE DATABASE APPS")} == {"PUBLIC"}


def test_a_description_of_an_app_has_the_columns_of_the_documentation(deployer: Driver) -> None:
    deployer.run("CREATE STREAMLIT APPS.PUBLIC.A RUNTIME_NAME = 'SYSTEM$WAREHOUSE_RUNTIME' COMMENT = 'c'")
    row = deployer.run("DESCRIBE STREAMLIT APPS.PUBLIC.A")[0]
    assert "root_location" not in row
    assert (row["runtime_name"], row["comment"], row["live_version_location_uri"]) == (
        "SYSTEM$WAREHOUSE_RUNTIME",
        "c",
        None,
    )
    deployer.run("ALTER STREAMLIT APPS.PUBLIC.A ADD LIVE VERSION FROM LAST")
    row = deployer.run("DESC STREAMLIT APPS.PUBLIC.A")[0]
    assert row["live_version_location_uri"] == "snow://streamlit/APPS.PUBLIC.A/versions/live/"
