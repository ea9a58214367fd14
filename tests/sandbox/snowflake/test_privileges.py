"""Who may do what: ownership, privileges by hierarchy, the way through database and schema, managed access."""

from __future__ import annotations

import pytest

from tests.sandbox.snowflake.conftest import Server
from tests.sandbox.snowflake.driver import PASSWORDS, Driver, literal
from tests.sandbox.snowflake.estate import APP, OF_DEPLOYER, OF_OWNER, OWNER, TO_VIEWERS, VIEWER, build

IN = '"APPS"."LEDGER"'


@pytest.fixture
def built(snowflake: Server) -> tuple[Driver, Driver]:
    """A session of the deploy role and one of the owner role, with the app built."""
    deployer, owner = snowflake.connect(), snowflake.connect()
    build(deployer, owner)
    return deployer, owner


@pytest.fixture
def viewer(snowflake: Server, built: tuple[Driver, Driver]) -> Driver:
    """A session of a user who holds the viewers' role only."""
    deployer, admin = built[0], snowflake.connect("ADMIN")
    admin.script(
        f"CREATE USER VERA PASSWORD = {literal(PASSWORDS['VERA'])} DEFAULT_ROLE = {VIEWER}",
        f'GRANT USAGE ON WAREHOUSE COMPUTE_WH TO ROLE "{VIEWER}"',
    )
    deployer.run(f"GRANT ROLE {VIEWER} TO USER VERA")
    return snowflake.connect("VERA", warehouse="COMPUTE_WH")


@pytest.mark.parametrize(
    "left_out",
    [
        'GRANT USAGE ON DATABASE "APPS"',
        "GRANT USAGE, CREATE STREAMLIT, CREATE STAGE ON SCHEMA",
        'GRANT USAGE ON WAREHOUSE "GATEHOUSE_DEV_REPORTING"',
        "GRANT USAGE ON COMPUTE POOL",
        "GRANT USAGE, READ ON SECRET",
        "GRANT USAGE ON INTEGRATION",
    ],
)
def test_the_owner_role_needs_each_of_its_grants(snowflake: Server, left_out: str) -> None:
    deployer, owner = snowflake.connect(), snowflake.connect()
    missing = [one for one in OF_DEPLOYER if one.startswith(left_out) and OWNER in one]
    assert len(missing) == 1
    deployer.script(*(one for one in OF_DEPLOYER if one not in missing))
    owner.run(f'USE ROLE "{OWNER}"')
    codes = []
    for sql in OF_OWNER:
        answer = owner.ask(sql)
        codes += [] if answer["success"] else [answer["code"]]
    assert codes, f"everything worked without {missing}"
    assert set(codes) <= {"002003", "003001"}
    deployer.run(missing[0])
    for sql in OF_OWNER:
        answer = owner.ask(sql)
        assert answer["success"] or answer["code"] in ("002002", "099106"), answer["message"]


def test_the_deploy_role_hands_on_what_exists_in_the_account(built: tuple[Driver, Driver]) -> None:
    """As docs/first-account.md asks for it, for apps that name a warehouse or pool that no stack makes."""
    deployer, _ = built
    deployer.script(
        f'GRANT USAGE ON WAREHOUSE COMPUTE_WH TO ROLE "{OWNER}"',
        f'GRANT USAGE ON COMPUTE POOL SYSTEM_COMPUTE_POOL_CPU TO ROLE "{OWNER}"',
    )
    assert deployer.refusal(f'GRANT OPERATE ON WAREHOUSE COMPUTE_WH TO ROLE "{OWNER}"')[0] == "003001"


def test_the_owner_role_may_not_do_what_the_deploy_role_does(built: tuple[Driver, Driver]) -> None:
    _, owner = built
    for sql in (
        f"CREATE SECRET {IN}.S TYPE = GENERIC_STRING SECRET_STRING = 'x'",
        f"CREATE NETWORK RULE {IN}.R TYPE = HOST_PORT VALUE_LIST = ('a.example') MODE = EGRESS",
        "CREATE ROLE R",
        "CREATE WAREHOUSE W",
        "CREATE DATABASE D",
        "CREATE SCHEMA APPS.OTHER",
        f"ALTER SECRET {IN}.KEY SET SECRET_STRING = 'x'",
        f"DROP SECRET {IN}.KEY",
        TO_VIEWERS,
        "GRANT CREATE ROLE ON ACCOUNT TO ROLE FINANCE",
        "ALTER WAREHOUSE GATEHOUSE_DEV_REPORTING SET AUTO_SUSPEND = 1",
        f"ALTER SCHEMA {IN} DISABLE MANAGED ACCESS",
    ):
        assert owner.refusal(sql)[0] == "003001", sql


def test_the_owner_of_an_app_cannot_grant_it_in_a_managed_schema_and_the_schemas_owner_can(
    built: tuple[Driver, Driver],
) -> None:
    deployer, owner = built
    assert owner.refusal(TO_VIEWERS)[0] == "003001"
    deployer.run(f"REVOKE USAGE ON STREAMLIT {APP} FROM ROLE {VIEWER}")
    deployer.run(f"ALTER SCHEMA {IN} DISABLE MANAGED ACCESS")
    owner.run(TO_VIEWERS)


def test_a_viewer_sees_the_app_and_nothing_else(viewer: Driver) -> None:
    assert viewer.names("SHOW STREAMLITS IN ACCOUNT") == ["LEDGER"]
    assert viewer.run(f"DESCRIBE STREAMLIT {APP}")[0]["title"] == "Ledger"
    for plural in ("SECRETS", "STAGES", "NETWORK RULES", "USER FUNCTIONS", "EXTERNAL ACCESS INTEGRATIONS"):
        assert viewer.names(f"SHOW {plural}") == [], plural
    assert viewer.names("SHOW WAREHOUSES") == ["COMPUTE_WH"]
    assert set(viewer.names("SHOW ROLES")) >= {"FINANCE", "PUBLIC"}
    assert OWNER not in viewer.names("SHOW ROLES")
    assert viewer.refusal(f"SELECT {IN}.GET_KEY()")[0] == "002141"
    assert viewer.refusal(f"DESCRIBE SECRET {IN}.KEY")[0] == "002003"
    assert viewer.refusal(f"LIST '@{IN}.LEDGER_FILES'")[0] == "002003"
    assert viewer.refusal(f"DROP STREAMLIT {APP}")[0] == "003001"
    assert viewer.refusal(f"ALTER STREAMLIT {APP} SET TITLE = 'x'")[0] == "003001"
    live = "snow://streamlit/APPS.LEDGER.LEDGER/versions/live/"
    assert viewer.refusal(f"LIST '{live}'")[0] == "003001"
    assert viewer.refusal(f"PUT 'file:///x.py' '{live}'")[0] == "003001"
    assert viewer.refusal(f"USE ROLE {OWNER}")[0] == "003013"


@pytest.mark.parametrize(
    "sql",
    [
        f"REVOKE USAGE ON DATABASE APPS FROM ROLE {VIEWER}",
        f"REVOKE USAGE ON SCHEMA {IN} FROM ROLE {VIEWER}",
        f"REVOKE USAGE ON STREAMLIT {APP} FROM ROLE {VIEWER}",
    ],
)
def test_without_a_way_to_it_the_app_is_not_there(built: tuple[Driver, Driver], viewer: Driver, sql: str) -> None:
    built[0].run(sql)
    assert viewer.names("SHOW STREAMLITS IN ACCOUNT") == []
    assert viewer.refusal(f"DESCRIBE STREAMLIT {APP}")[0] == "002003"


def test_usage_of_a_function_is_what_lets_a_role_call_it(built: tuple[Driver, Driver]) -> None:
    deployer, owner = built
    owner.run("USE WAREHOUSE GATEHOUSE_DEV_REPORTING")
    assert owner.value(f"SELECT {IN}.GET_KEY()") == "k-1"
    deployer.run(f'REVOKE USAGE ON FUNCTION {IN}."GET_KEY"() FROM ROLE "{OWNER}"')
    assert owner.refusal(f"SELECT {IN}.GET_KEY()")[0] == "002141"


def test_inherited_roles_count_and_others_do_not(snowflake: Server) -> None:
    admin, deployer = snowflake.connect("ADMIN"), snowflake.connect()
    admin.script(
        "CREATE ROLE TOP",
        "CREATE ROLE MIDDLE",
        "CREATE ROLE LOW",
        "GRANT ROLE LOW TO ROLE MIDDLE",
        "GRANT ROLE MIDDLE TO ROLE TOP",
        "GRANT ROLE TOP TO USER GATEHOUSE",
    )
    deployer.run("GRANT USAGE ON DATABASE APPS TO ROLE LOW")
    other = snowflake.connect("GATEHOUSE", "TOP")
    assert other.names("SHOW DATABASES") == ["APPS"]
    other.run("USE ROLE LOW")
    assert other.names("SHOW DATABASES") == ["APPS"]
    other.run("USE ROLE PUBLIC")
    assert other.names("SHOW DATABASES") == []
    other.run("USE SECONDARY ROLES ALL")
    assert other.names("SHOW DATABASES") == ["APPS"]
    assert other.refusal("CREATE SCHEMA APPS.S")[0] == "003001", "secondary roles make nothing"
    admin.run("REVOKE ROLE MIDDLE FROM ROLE TOP")
    assert snowflake.connect("GATEHOUSE", "TOP").names("SHOW DATABASES") == []
    admin.run("GRANT ROLE MIDDLE TO ROLE TOP")
    assert admin.refusal("GRANT ROLE TOP TO ROLE LOW")[0] == "099100"


def test_grant_option_lets_a_role_hand_on(snowflake: Server) -> None:
    deployer, admin = snowflake.connect(), snowflake.connect("ADMIN")
    admin.script("CREATE ROLE A", "CREATE ROLE B", "GRANT ROLE A TO USER GATEHOUSE")
    deployer.script(
        "GRANT USAGE ON DATABASE APPS TO ROLE A",
        "GRANT USAGE ON SCHEMA APPS.PUBLIC TO ROLE A",
        "CREATE STAGE APPS.PUBLIC.S",
        "GRANT READ ON STAGE APPS.PUBLIC.S TO ROLE A",
    )
    a = snowflake.connect("GATEHOUSE", "A")
    assert a.refusal("GRANT READ ON STAGE APPS.PUBLIC.S TO ROLE B")[0] == "003001"
    deployer.run("GRANT READ ON STAGE APPS.PUBLIC.S TO ROLE A WITH GRANT OPTION")
    a.run("GRANT READ ON STAGE APPS.PUBLIC.S TO ROLE B")
    rows = {
        (row["privilege"], row["grantee_name"], row["grant_option"], row["granted_by"])
        for row in deployer.run("SHOW GRANTS ON STAGE APPS.PUBLIC.S")
    }
    assert rows == {
        ("OWNERSHIP", "GATEHOUSE", "1", "GATEHOUSE"),
        ("READ", "A", "1", "GATEHOUSE"),
        ("READ", "B", "0", "A"),
    }
    deployer.run("REVOKE GRANT OPTION FOR READ ON STAGE APPS.PUBLIC.S FROM ROLE A")
    assert a.refusal("GRANT READ ON STAGE APPS.PUBLIC.S TO ROLE B")[0] == "003001"
    deployer.run("REVOKE ALL PRIVILEGES ON STAGE APPS.PUBLIC.S FROM ROLE A")
    assert a.names("SHOW STAGES IN ACCOUNT") == []


def test_read_and_write_of_a_stage_are_two_things(snowflake: Server) -> None:
    deployer, admin = snowflake.connect(), snowflake.connect("ADMIN")
    admin.script("CREATE ROLE A", "GRANT ROLE A TO USER GATEHOUSE")
    deployer.script(
        "GRANT USAGE ON DATABASE APPS TO ROLE A",
        "GRANT USAGE ON SCHEMA APPS.PUBLIC TO ROLE A",
        "CREATE STAGE APPS.PUBLIC.S",
        "GRANT READ ON STAGE APPS.PUBLIC.S TO ROLE A",
    )
    a = snowflake.connect("GATEHOUSE", "A")
    a.run("LIST @APPS.PUBLIC.S")
    assert a.refusal("PUT file:///x @APPS.PUBLIC.S")[0] == "003001"
    assert a.refusal("REMOVE @APPS.PUBLIC.S")[0] == "003001"
    deployer.script("REVOKE READ ON STAGE APPS.PUBLIC.S FROM ROLE A", "GRANT WRITE ON STAGE APPS.PUBLIC.S TO ROLE A")
    a.run("REMOVE @APPS.PUBLIC.S")
    assert a.refusal("LIST @APPS.PUBLIC.S")[0] == "003001"


def test_future_grants_reach_what_is_made_later(snowflake: Server) -> None:
    deployer, admin = snowflake.connect(), snowflake.connect("ADMIN")
    deployer.script("CREATE ROLE V", "CREATE SCHEMA APPS.S WITH MANAGED ACCESS")
    deployer.run("GRANT USAGE ON FUTURE STREAMLITS IN SCHEMA APPS.S TO ROLE V")
    (row,) = deployer.run("SHOW FUTURE GRANTS IN SCHEMA APPS.S")
    assert (row["privilege"], row["grant_on"], row["name"], row["grantee_name"]) == (
        "USAGE",
        "STREAMLIT",
        "APPS.S.<STREAMLIT>",
        "V",
    )
    deployer.run("CREATE STREAMLIT APPS.S.A COMPUTE_POOL = SYSTEM_COMPUTE_POOL_CPU")
    grants = {(one["privilege"], one["grantee_name"]) for one in deployer.run("SHOW GRANTS ON STREAMLIT APPS.S.A")}
    assert grants == {("OWNERSHIP", "GATEHOUSE"), ("USAGE", "V")}
    deployer.run("REVOKE USAGE ON FUTURE STREAMLITS IN SCHEMA APPS.S FROM ROLE V")
    assert deployer.run("SHOW FUTURE GRANTS IN SCHEMA APPS.S") == []
    deployer.run("CREATE SCHEMA APPS.PLAIN")
    assert deployer.refusal("GRANT USAGE ON FUTURE STREAMLITS IN SCHEMA APPS.PLAIN TO ROLE V")[0] == "003001"
    admin.run("GRANT USAGE ON FUTURE STREAMLITS IN SCHEMA APPS.PLAIN TO ROLE V")


def test_ownership_goes_over_with_or_without_its_grants(snowflake: Server) -> None:
    deployer = snowflake.connect()
    deployer.script(
        "CREATE ROLE A", "CREATE ROLE B", "CREATE STAGE APPS.PUBLIC.S", "GRANT READ ON STAGE APPS.PUBLIC.S TO ROLE B"
    )
    assert deployer.refusal("GRANT OWNERSHIP ON STAGE APPS.PUBLIC.S TO ROLE A")[0] == "003008"
    deployer.run("GRANT OWNERSHIP ON STAGE APPS.PUBLIC.S TO ROLE A COPY CURRENT GRANTS")
    assert snowflake.connect("ADMIN").run("SHOW STAGES IN ACCOUNT")[0]["owner"] == "A"
    assert deployer.refusal("DROP STAGE APPS.PUBLIC.S")[0] == "002003"
    deployer.run("GRANT ROLE A TO ROLE GATEHOUSE")
    deployer.run("GRANT OWNERSHIP ON STAGE APPS.PUBLIC.S TO ROLE GATEHOUSE REVOKE CURRENT GRANTS")
    assert len(deployer.run("SHOW GRANTS ON STAGE APPS.PUBLIC.S")) == 1


def test_a_dropped_role_leaves_its_objects_to_who_drops_it_and_no_grants(snowflake: Server) -> None:
    deployer = snowflake.connect()
    deployer.script(
        "CREATE ROLE A",
        "GRANT ROLE A TO ROLE GATEHOUSE",
        "GRANT CREATE STAGE, USAGE ON SCHEMA APPS.PUBLIC TO ROLE A",
        "GRANT USAGE ON DATABASE APPS TO ROLE A",
    )
    snowflake.connect("GATEHOUSE", "A").run("CREATE STAGE APPS.PUBLIC.S")
    deployer.run("DROP ROLE A")
    assert deployer.run("SHOW STAGES IN ACCOUNT")[0]["owner"] == "GATEHOUSE"
    assert all(row["grantee_name"] != "A" for row in deployer.run("SHOW GRANTS ON SCHEMA APPS.PUBLIC"))


def test_who_holds_a_role_and_what_a_role_holds(built: tuple[Driver, Driver]) -> None:
    deployer, _ = built
    members = [
        (row["role"], row["granted_to"], row["grantee_name"]) for row in deployer.run(f"SHOW GRANTS OF ROLE {OWNER}")
    ]
    assert members == [(OWNER, "ROLE", "GATEHOUSE")]
    held = {(row["privilege"], row["granted_on"], row["name"]) for row in deployer.run(f"SHOW GRANTS TO ROLE {OWNER}")}
    assert ("USAGE", "FUNCTION", "APPS.LEDGER.GET_KEY():VARCHAR") in held
    assert ("OWNERSHIP", "STREAMLIT", "APPS.LEDGER.LEDGER") in held
    assert ("CREATE STREAMLIT", "SCHEMA", "APPS.LEDGER") in held
    assert [row["role"] for row in deployer.run("SHOW GRANTS TO USER GATEHOUSE")] == ["GATEHOUSE"]
    on_account = {
        row["privilege"] for row in deployer.run("SHOW GRANTS ON ACCOUNT") if row["grantee_name"] == "GATEHOUSE"
    }
    assert on_account == {"CREATE ROLE", "CREATE INTEGRATION", "CREATE WAREHOUSE", "CREATE COMPUTE POOL"}


def test_replacing_an_app_mints_a_new_address_and_loses_its_grants(built: tuple[Driver, Driver]) -> None:
    deployer, owner = built
    before = owner.run(f"DESCRIBE STREAMLIT {APP}")[0]["url_id"]
    owner.run(f"ALTER STREAMLIT {APP} SET TITLE = 'Other' MAIN_FILE = 'other.py'")
    assert owner.run(f"DESCRIBE STREAMLIT {APP}")[0]["url_id"] == before
    assert VIEWER in {row["grantee_name"] for row in deployer.run(f"SHOW GRANTS ON STREAMLIT {APP}")}
    owner.run(f"CREATE OR REPLACE STREAMLIT {APP} RUNTIME_NAME = 'SYSTEM$WAREHOUSE_RUNTIME'")
    assert owner.run(f"DESCRIBE STREAMLIT {APP}")[0]["url_id"] != before
    assert VIEWER not in {row["grantee_name"] for row in deployer.run(f"SHOW GRANTS ON STREAMLIT {APP}")}


def test_everything_can_be_taken_down_again(snowflake: Server, built: tuple[Driver, Driver]) -> None:
    deployer, owner = built
    owner.script(f"DROP STREAMLIT IF EXISTS {APP}", f"DROP STAGE {IN}.LEDGER_FILES")
    deployer.script(
        f"DROP FUNCTION {IN}.GET_KEY()",
        "DROP EXTERNAL ACCESS INTEGRATION GATEHOUSE_DEV_LEDGER",
        f"DROP SCHEMA {IN}",
        "DROP COMPUTE POOL GATEHOUSE_DEV_STREAMLIT",
        "DROP WAREHOUSE GATEHOUSE_DEV_REPORTING",
        f"DROP ROLE {OWNER}",
        f"DROP ROLE {VIEWER}",
        f"DROP ROLE IF EXISTS {VIEWER}",
    )
    assert snowflake.objects() == {}
    assert not [one for kind in (snowflake.directory / "files").glob("*") for one in kind.iterdir()]
