"""What is refused, and with which number, as a table."""

from __future__ import annotations

import pytest

from tests.sandbox.snowflake.conftest import Server
from tests.sandbox.snowflake.driver import Driver
from tests.sandbox.snowflake.estate import APP, READ_KEY, build

CONTAINER = "SYSTEM$ST_CONTAINER_RUNTIME_PY3_11"
IN = '"APPS"."LEDGER"'
LEDGER = "EXTERNAL ACCESS INTEGRATION GATEHOUSE_DEV_LEDGER"


def function(body: str = READ_KEY, handler: str = "read", runtime: str = "3.12", more: str = "") -> str:
    return (
        f"CREATE FUNCTION {IN}.F() RETURNS VARCHAR LANGUAGE PYTHON RUNTIME_VERSION = '{runtime}' "
        f"HANDLER = '{handler}' {more} AS $${body}$$"
    )


def rule(values: str, kind: str = "HOST_PORT", mode: str = "EGRESS") -> str:
    return f"CREATE NETWORK RULE {IN}.R TYPE = {kind} VALUE_LIST = ({values}) MODE = {mode}"


def app(more: str) -> str:
    return f"ALTER STREAMLIT {APP} SET {more}"


REFUSALS = [
    # statements that nobody knows
    ("FOO BAR", "001003", "unexpected 'FOO'"),
    ("CREATE NONSENSE x", "001003", "unexpected 'NONSENSE'"),
    ("SHOW NONSENSE", "001003", "unexpected 'NONSENSE'"),
    ("", "000900", "Empty SQL statement"),
    ("-- only a comment", "000900", "Empty SQL statement"),
    ("SELECT 1; SELECT 2", "000008", "statement count 2"),
    ("CREATE ROLE 'x", "001003", "not closed"),
    ("CREATE ROLE R NONSENSE = 1", "001420", "invalid property 'NONSENSE'"),
    ("CREATE ROLE R COMMENT = 'a' COMMENT = 'b'", "001003", "duplicate property 'COMMENT'"),
    ("CREATE ROLE R COMMENT = 'a' 'b'", "001003", "unexpected '...'"),
    ("DROP ROLE A.B", "001003", "is not the name of a role"),
    (f'CREATE ROLE "{"R" * 256}"', "001003", "256 characters"),
    ('CREATE ROLE ""', "001003", "empty"),
    ("CREATE SECRET A.B.C.D TYPE = GENERIC_STRING SECRET_STRING = 'x'", "001003", "unexpected"),
    ("CREATE OR REPLACE ROLE GATEHOUSE", "003001", "Insufficient privileges"),
    ("CREATE OR ALTER SECRET S TYPE = GENERIC_STRING SECRET_STRING = 'x'", "000002", "CREATE OR ALTER SECRET"),
    ("SELECT * FROM no_table", "002003", "Object 'NO_TABLE' does not exist or not authorized"),
    ("SELECT nonsense()", "002140", "Unknown function NONSENSE"),
    (f"SELECT {IN}.NONSENSE()", "002141", "Unknown user-defined function APPS.LEDGER.NONSENSE"),
    ("SELECT 1 +", "001003", "syntax error"),
    ("SELECT x", "000904", "invalid identifier 'X'"),
    ("SELECT 'a'::int", "100038", "not recognized"),
    # objects that are missing, or there already
    (f"DROP SECRET {IN}.NOPE", "002003", "Secret 'APPS.LEDGER.NOPE' does not exist or not authorized"),
    (f"DESCRIBE STREAMLIT {IN}.NOPE", "002003", "Streamlit 'APPS.LEDGER.NOPE' does not exist or not authorized"),
    ("DESCRIBE SECRET NOPE.NOPE.NOPE", "002003", "does not exist or not authorized"),
    (f"ALTER STAGE {IN}.NOPE SET COMMENT = 'x'", "002003", "does not exist or not authorized"),
    ("CREATE SECRET NOPE.NOPE.S TYPE = GENERIC_STRING SECRET_STRING = 'x'", "002003", "Schema 'NOPE.NOPE'"),
    ("SHOW SECRETS IN SCHEMA APPS.NOPE", "002043", "Object does not exist, or operation cannot be performed"),
    ("USE DATABASE NOPE", "002043", "Object does not exist"),
    ("USE ROLE NOPE", "002043", "Object does not exist"),
    ("USE ROLE ACCOUNTADMIN", "003013", "not assigned to the executing user"),
    ("GRANT ROLE NOPE TO ROLE GATEHOUSE", "002003", "Role 'NOPE'"),
    ("CREATE ROLE FINANCE", "002002", "Object 'FINANCE' already exists"),
    (f"CREATE STAGE {IN}.LEDGER_FILES", "002002", "already exists"),
    (f"CREATE STREAMLIT {APP} RUNTIME_NAME = 'SYSTEM$WAREHOUSE_RUNTIME'", "002002", "already exists"),
    (f"ALTER SECRET {IN}.KEY RENAME TO {IN}.KEY", "002002", "already exists"),
    # secrets
    (f"CREATE SECRET {IN}.S SECRET_STRING = 'x'", "001422", "missing required property 'TYPE'"),
    (f"CREATE SECRET {IN}.S TYPE = NONSENSE", "001008", "invalid value [NONSENSE]"),
    (f"CREATE SECRET {IN}.S TYPE = GENERIC_STRING", "001422", "SECRET_STRING"),
    (f"CREATE SECRET {IN}.S TYPE = PASSWORD USERNAME = 'u'", "001422", "PASSWORD"),
    (
        f"CREATE SECRET {IN}.S TYPE = PASSWORD USERNAME = 'u' PASSWORD = 'p' SECRET_STRING = 'x'",
        "001420",
        "SECRET_STRING",
    ),
    (f"CREATE SECRET {IN}.S TYPE = GENERIC_STRING SECRET_STRING = ''", "001008", "empty or too long"),
    (f"CREATE SECRET {IN}.S TYPE = OAUTH2 API_AUTHENTICATION = NOPE", "002003", "NOPE"),
    (f"CREATE SECRET {IN}.S TYPE = OAUTH2 API_AUTHENTICATION = EXCHANGE_CLOUD", "001008", "OAUTH_CLIENT_CREDENTIALS"),
    (
        f"CREATE SECRET {IN}.S TYPE = CLOUD_PROVIDER_TOKEN API_AUTHENTICATION = 'EXCHANGE_OAUTH'",
        "001008",
        "CLOUD_PROVIDER",
    ),
    (
        f"CREATE SECRET {IN}.S TYPE = OAUTH2 API_AUTHENTICATION = EXCHANGE_OAUTH OAUTH_REFRESH_TOKEN = 't'",
        "001422",
        "OAUTH_REFRESH_TOKEN_EXPIRY_TIME",
    ),
    (
        f"ALTER SECRET {IN}.KEY SET OAUTH_REFRESH_TOKEN_EXPIRY_TIME = 'soon'",
        "001008",
        "OAUTH_REFRESH_TOKEN_EXPIRY_TIME",
    ),
    (f"CREATE SECRET {IN}.S TYPE = SYMMETRIC_KEY ALGORITHM = NONSENSE", "001008", "ALGORITHM"),
    (f"ALTER SECRET {IN}.KEY SET PASSWORD = 'x'", "001420", "PASSWORD"),
    (f"ALTER SECRET {IN}.KEY SET TYPE = PASSWORD", "001420", "TYPE"),
    (f"ALTER SECRET {IN}.KEY SET", "001003", "unexpected '<EOF>'"),
    (f"ALTER SECRET {IN}.KEY UNSET SECRET_STRING", "001003", "unexpected 'SECRET_STRING'"),
    # network rules
    (rule("'*.*.example.com'"), "001008", "VALUE_LIST"),
    (rule("'a.*.example.com'"), "001008", "VALUE_LIST"),
    (rule("'under_score.example.com'"), "001008", "VALUE_LIST"),
    (rule("'https://example.com'"), "001008", "VALUE_LIST"),
    (rule("'example.com:99999'"), "001008", "VALUE_LIST"),
    (rule("'example.com:500-400'"), "001008", "VALUE_LIST"),
    (rule("'example.com', 'b.example.com'", "PRIVATE_HOST_PORT"), "001008", "exactly one domain"),
    (rule("'*.example.com'", "PRIVATE_HOST_PORT"), "001008", "VALUE_LIST"),
    (rule("'10.0.0.0/8'", "IPV4"), "001008", "MODE"),
    (rule("'nonsense'", "IPV4", "INGRESS"), "001008", "VALUE_LIST"),
    (rule("'example.com'", mode="INGRESS"), "001008", "MODE"),
    (rule("'example.com'", kind="NONSENSE"), "001008", "TYPE"),
    (f"CREATE NETWORK RULE {IN}.R TYPE = HOST_PORT MODE = EGRESS", "001422", "VALUE_LIST"),
    (f"ALTER NETWORK RULE {IN}.EGRESS SET MODE = INGRESS", "001420", "MODE"),
    (
        f"CREATE OR ALTER NETWORK RULE {IN}.EGRESS TYPE = IPV4 VALUE_LIST = ('10.0.0.1') MODE = INGRESS",
        "000002",
        "TYPE or MODE",
    ),
    (f"DROP NETWORK RULE {IN}.EGRESS", "099100", "integration 'GATEHOUSE_DEV_LEDGER' uses it"),
    # external access
    ("CREATE EXTERNAL ACCESS INTEGRATION E ENABLED = TRUE", "001422", "ALLOWED_NETWORK_RULES"),
    (f"CREATE EXTERNAL ACCESS INTEGRATION E ALLOWED_NETWORK_RULES = ({IN}.EGRESS)", "001422", "ENABLED"),
    ("CREATE EXTERNAL ACCESS INTEGRATION E ALLOWED_NETWORK_RULES = () ENABLED = TRUE", "001008", "At least one"),
    (f"CREATE EXTERNAL ACCESS INTEGRATION E ALLOWED_NETWORK_RULES = ({IN}.NOPE) ENABLED = TRUE", "002003", "NOPE"),
    (f"ALTER {LEDGER} SET ALLOWED_AUTHENTICATION_SECRETS = ({IN}.NOPE)", "002003", "Secret 'APPS.LEDGER.NOPE'"),
    (
        f"CREATE EXTERNAL ACCESS INTEGRATION IF NOT EXISTS E ALLOWED_NETWORK_RULES = ({IN}.EGRESS) ENABLED = TRUE",
        "001003",
        "no IF NOT EXISTS",
    ),
    (f"ALTER {LEDGER} SET ENABLED = MAYBE", "001008", "MAYBE"),
    ("CREATE API INTEGRATION I", "000002", "CREATE API INTEGRATION"),
    # functions
    (function(body="def read(:"), "100357", "SyntaxError"),
    (function(handler="other"), "100357", "no attribute 'other'"),
    (function(runtime="3.7"), "001008", "3.12"),
    (f"CREATE FUNCTION {IN}.F() RETURNS VARCHAR LANGUAGE PYTHON HANDLER = 'f' AS $$$$", "001422", "RUNTIME_VERSION"),
    (f"CREATE FUNCTION {IN}.F() RETURNS VARCHAR AS 'select 1'", "000002", "language other than Python"),
    (f"CREATE FUNCTION {IN}.F() RETURNS NONSENSE LANGUAGE PYTHON", "001003", "NONSENSE"),
    (f"CREATE FUNCTION {IN}.F() RETURNS TABLE (a INT) LANGUAGE PYTHON", "000002", "table functions"),
    (
        function(more=f"SECRETS = ('key' = {IN}.KEY)"),
        "099100",
        "not allowed by any of the external access integrations",
    ),
    (function(more="EXTERNAL_ACCESS_INTEGRATIONS = (NOPE)"), "002003", "NOPE"),
    (
        function(more=f"EXTERNAL_ACCESS_INTEGRATIONS = (GATEHOUSE_DEV_LEDGER) SECRETS = ('a b' = {IN}.KEY)"),
        "001008",
        "Python identifier",
    ),
    (f"DROP FUNCTION {IN}.GET_KEY(VARCHAR)", "002003", "GET_KEY(VARCHAR)"),
    (f"DROP FUNCTION {IN}.GET_KEY", "001003", "unexpected '<EOF>'"),
    # compute
    ("CREATE COMPUTE POOL P MIN_NODES = 2 MAX_NODES = 1 INSTANCE_FAMILY = CPU_X64_XS", "001008", "MIN_NODES"),
    ("CREATE COMPUTE POOL P MIN_NODES = 1 MAX_NODES = 1 INSTANCE_FAMILY = NONSENSE", "001008", "INSTANCE_FAMILY"),
    ("CREATE COMPUTE POOL P MIN_NODES = 1 MAX_NODES = 1", "001422", "INSTANCE_FAMILY"),
    ("CREATE WAREHOUSE W WAREHOUSE_SIZE = 'HUGE'", "001008", "WAREHOUSE_SIZE"),
    # apps
    (f"CREATE OR REPLACE STREAMLIT IF NOT EXISTS {IN}.A", "001003", "exclude each other"),
    (f"CREATE STREAMLIT {IN}.A MAIN_FILE = 'a.py'", "099100", "STREAMLIT_COMPUTE_POOL_NOT_SET"),
    (f"CREATE STREAMLIT {IN}.A RUNTIME_NAME = 'NONSENSE'", "001008", "RUNTIME_NAME"),
    (f"CREATE STREAMLIT {IN}.A ROOT_LOCATION = '@x' MAIN_FILE = 'a.py'", "001420", "ROOT_LOCATION"),
    (
        f"CREATE STREAMLIT {IN}.A FROM '@NOPE' RUNTIME_NAME = 'SYSTEM$WAREHOUSE_RUNTIME'",
        "002003",
        "Stage 'APPS.LEDGER.NOPE'",
    ),
    (f"CREATE STREAMLIT {IN}.A FROM '@{IN}.NOPE' RUNTIME_NAME = 'SYSTEM$WAREHOUSE_RUNTIME'", "002003", "NOPE"),
    (app("COMPUTE_POOL = NOPE"), "002003", "Compute pool 'NOPE'"),
    (app("QUERY_WAREHOUSE = NOPE"), "002003", "Warehouse 'NOPE'"),
    (app("MAIN_FILE = '../a.py'"), "001003", "leads out"),
    (app("MAIN_FILE = ''"), "001008", "MAIN_FILE"),
    (app("MAIN_FILE = 'pages/a.py' RUNTIME_NAME = 'SYSTEM$WAREHOUSE_RUNTIME'"), "001008", "beside everything else"),
    (app("IMPORTS = ('@x/y.py')"), "099100", "STREAMLIT_NO_IMPORTS_CONTAINER_RUNTIME"),
    (app("EXTERNAL_ACCESS_INTEGRATIONS = ()"), "099100", "not allowed by any"),
    (app("FROM = '@x'"), "001420", "FROM"),
    (f"ALTER STREAMLIT {APP} UNSET EXTERNAL_ACCESS_INTEGRATIONS", "099100", "not allowed by any"),
    (f"ALTER STREAMLIT {APP} UNSET MAIN_FILE", "001003", "unexpected 'MAIN_FILE'"),
    (f"ALTER STREAMLIT {APP} ADD LIVE VERSION FROM LAST", "099106", "already a live version"),
    (f"ALTER STREAMLIT {APP} COMMIT", "001003", "unexpected 'COMMIT'"),
    (f"GRANT OWNERSHIP ON STREAMLIT {APP} TO ROLE FINANCE", "000002", "GRANT OWNERSHIP ON STREAMLIT"),
    # grants
    (f"GRANT READ ON STREAMLIT {APP} TO ROLE FINANCE", "001003", "privilege 'READ'"),
    ("GRANT NONSENSE ON ACCOUNT TO ROLE FINANCE", "001003", "privilege 'NONSENSE'"),
    ("GRANT ROLE GATEHOUSE_DEV_FINANCE_APPS TO ROLE GATEHOUSE_DEV_FINANCE_APPS", "099100", "circle"),
    ("DROP ROLE PUBLIC", "003001", "PUBLIC"),
    # files
    (f"PUT 'a.py' '@{IN}.LEDGER_FILES/x/'", "001003", "has to begin with file://"),
    (f"PUT 'file:///a.py' '@{IN}.LEDGER_FILES/../x/'", "001003", "leads out"),
    ("PUT 'file:///a.py' 's3://bucket/x/'", "001003", "neither the path of a named stage"),
    ("PUT 'file:///a.py' '@~/x/'", "001003", "neither the path of a named stage"),
    (f"PUT 'file:///a.py' '@{IN}.LEDGER_FILES' OVERWRITE = MAYBE", "001008", "MAYBE"),
    (f"PUT 'file:///a.py' '@{IN}.LEDGER_FILES' SOURCE_COMPRESSION = RAR", "001008", "SOURCE_COMPRESSION"),
    (
        "PUT 'file:///a.py' 'snow://streamlit/APPS.LEDGER.LEDGER/versions/version$1/'",
        "000002",
        "other than the live one",
    ),
    ("LIST 'snow://streamlit/APPS.LEDGER.LEDGER/versions/nine/'", "002003", "File"),
    ("LIST 'snow://notebook/APPS.LEDGER.LEDGER/versions/live/'", "001003", "neither"),
    (f"LIST '@{IN}.LEDGER_FILES' PATTERN = '('", "001008", "PATTERN"),
    (f"COPY FILES INTO '@{IN}.LEDGER_FILES/a/' FROM '@{IN}.LEDGER_FILES/b/' FILES = ('x')", "002003", "File 'x'"),
    (f"COPY FILES INTO '@{IN}.LEDGER_FILES/a/' FROM (SELECT '@{IN}.LEDGER_FILES/x')", "002003", "File"),
    (f"COPY FILES INTO '@{IN}.LEDGER_FILES/a/' FROM (SELECT 'a', 'b', 'c')", "001003", "new paths"),
    # Git
    (
        f"CREATE GIT REPOSITORY {IN}.G ORIGIN = 'https://github.com/a/b' API_INTEGRATION = GITHUB",
        "099100",
        "of this machine only",
    ),
    (f"CREATE GIT REPOSITORY {IN}.G ORIGIN = '/nowhere' API_INTEGRATION = GITHUB", "099100", "Failed to access"),
    (f"CREATE GIT REPOSITORY {IN}.G ORIGIN = '/nowhere' API_INTEGRATION = EXCHANGE_OAUTH", "001008", "API_INTEGRATION"),
    (f"CREATE GIT REPOSITORY {IN}.G ORIGIN = '/nowhere'", "001422", "API_INTEGRATION"),
]


@pytest.fixture(scope="module")
def estate(snowflake_server: Server) -> Driver:
    """One account for the whole table: a refusal changes nothing."""
    snowflake_server.control("POST", "reset")
    deployer = snowflake_server.connect()
    build(deployer, snowflake_server.connect())
    return deployer


@pytest.mark.parametrize(("sql", "code", "words"), REFUSALS, ids=[one[0][:70] for one in REFUSALS])
def test_refusals(snowflake_server: Server, estate: Driver, sql: str, code: str, words: str) -> None:
    before = snowflake_server.objects()
    found, message = estate.refusal(sql)
    assert (found, words in message) == (code, True), f"{found} {message}"
    assert snowflake_server.objects() == before


def test_a_live_version_that_is_there_has_the_state_that_the_command_line_looks_for(estate: Driver) -> None:
    answer = estate.ask(f"ALTER STREAMLIT {APP} ADD LIVE VERSION FROM LAST")
    assert answer["data"]["sqlState"] == "42710"


def test_without_a_current_schema_names_have_to_be_whole(snowflake: Server) -> None:
    driver = snowflake.connect()
    sql = "CREATE SECRET S TYPE = GENERIC_STRING SECRET_STRING = 'x'"
    assert driver.refusal(sql)[0] == "090105"
    driver.run("CREATE SCHEMA APPS.HERE")
    driver.run("DROP SCHEMA APPS.HERE")
    assert driver.refusal(sql)[0] == "090106"
    driver.run("USE SCHEMA APPS.PUBLIC")
    driver.run(sql)
    assert driver.names("SHOW SECRETS") == ["S"]


def test_a_pool_that_does_not_wake_is_refused(snowflake: Server) -> None:
    driver = snowflake.connect()
    driver.run("CREATE COMPUTE POOL P MIN_NODES = 1 MAX_NODES = 1 INSTANCE_FAMILY = CPU_X64_XS AUTO_RESUME = FALSE")
    sql = f"CREATE STREAMLIT APPS.PUBLIC.A RUNTIME_NAME = '{CONTAINER}' COMPUTE_POOL = P"
    assert "STREAMLIT_COMPUTE_POOL_NO_AUTO_RESUME" in driver.refusal(sql)[1]
    driver.script("ALTER COMPUTE POOL P SET AUTO_RESUME = TRUE", sql)


def test_an_app_without_a_runtime_is_one_in_a_container(snowflake: Server) -> None:
    driver = snowflake.connect()
    driver.run("CREATE STREAMLIT APPS.PUBLIC.A COMPUTE_POOL = SYSTEM_COMPUTE_POOL_CPU")
    assert driver.run("DESCRIBE STREAMLIT APPS.PUBLIC.A")[0]["runtime_name"] == CONTAINER
    snowflake.connect("ADMIN").run("ALTER ACCOUNT SET DEFAULT_STREAMLIT_COMPUTE_POOL = SYSTEM_COMPUTE_POOL_CPU")
    driver.run("CREATE STREAMLIT APPS.PUBLIC.B")
    assert driver.run("DESCRIBE STREAMLIT APPS.PUBLIC.B")[0]["compute_pool"] == "SYSTEM_COMPUTE_POOL_CPU"


def test_secrets_of_other_types_are_not_for_containers(snowflake: Server) -> None:
    driver = snowflake.connect()
    driver.script(
        "USE SCHEMA APPS.PUBLIC",
        "CREATE SECRET O TYPE = OAUTH2 API_AUTHENTICATION = EXCHANGE_OAUTH OAUTH_SCOPES = ('read')",
        "CREATE NETWORK RULE R TYPE = HOST_PORT VALUE_LIST = ('a.example') MODE = EGRESS",
        "CREATE EXTERNAL ACCESS INTEGRATION E ALLOWED_NETWORK_RULES = (R) ENABLED = TRUE "
        "ALLOWED_API_AUTHENTICATION_INTEGRATIONS = (EXCHANGE_OAUTH)",
        "CREATE STREAMLIT A RUNTIME_NAME = 'SYSTEM$WAREHOUSE_RUNTIME'",
        "ALTER STREAMLIT A SET EXTERNAL_ACCESS_INTEGRATIONS = (E) SECRETS = ('o' = O)",
    )
    refused = f"ALTER STREAMLIT A SET RUNTIME_NAME = '{CONTAINER}' COMPUTE_POOL = SYSTEM_COMPUTE_POOL_CPU"
    assert "type OAUTH2 is read by a function" in driver.refusal(refused)[1]
    driver.run(f"{refused} SECRETS = ()")


def test_what_a_refusal_quotes_is_never_a_string(deployer: Driver) -> None:
    for sql in (
        "CREATE SECRET APPS.PUBLIC.S TYPE = GENERIC_STRING SECRET_STRING = 'hunter2' 'hunter2'",
        "CREATE SECRET APPS.PUBLIC.S TYPE = GENERIC_STRING SECRET_STRING 'hunter2'",
        "SELECT CAST('hunter2' AS INT)",
        "SELECT 'hunter2' +",
        "CREATE SECRET APPS.PUBLIC.S TYPE = GENERIC_STRING SECRET_STRING = 'hunter2",
    ):
        assert "hunter2" not in str(deployer.ask(sql)), sql
