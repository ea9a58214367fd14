"""What whoever runs the apps gets to know of them, the control endpoints, and Cortex."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sandbox.snowflake_api import StreamlitApp, open_account
from tests.sandbox.snowflake.conftest import Server
from tests.sandbox.snowflake.driver import Driver, log_in
from tests.sandbox.snowflake.estate import APP, OWNER, VIEWER, build
from tests.sandbox.snowflake.test_files import put

IN = '"APPS"."LEDGER"'
PEOPLE = [
    {"name": "vera@example.com", "display_name": "Vera", "roles": [VIEWER, "LATER"]},
    {"name": "otto@example.com", "roles": ["LATER"]},
]
CORTEX = "/api/v2/cortex/analyst/message"


@pytest.fixture
def built(snowflake: Server) -> tuple[Driver, Driver]:
    deployer, owner = snowflake.connect(), snowflake.connect()
    build(deployer, owner)
    return deployer, owner


def only(server: Server) -> StreamlitApp:
    (app,) = server.account.apps.all()
    return app


def test_an_app_is_described(snowflake: Server, built: tuple[Driver, Driver]) -> None:
    app = only(snowflake)
    assert (app.database, app.schema, app.name, app.title, app.owner) == ("APPS", "LEDGER", "LEDGER", "Ledger", OWNER)
    assert (app.main_file, app.runtime, app.query_warehouse) == (
        "streamlit_app.py",
        "container",
        "GATEHOUSE_DEV_REPORTING",
    )
    assert app.compute_pool == "GATEHOUSE_DEV_STREAMLIT"
    assert app.url_id == built[1].run("SHOW STREAMLITS")[0]["url_id"]
    assert app.live is not None
    assert (app.live / "streamlit_app.py").exists()
    apps = snowflake.account.apps
    assert apps.find(app.url_id) == app
    assert apps.find("nope") is None
    assert apps.viewer_roles(app) == (VIEWER,)
    assert apps.secrets(app)["key"].values == {"secret_string": "k-1"}
    assert "k-1" not in repr(apps.secrets(app)) + repr(app)


def test_before_the_live_version_there_are_no_files(snowflake: Server, deployer: Driver) -> None:
    deployer.run("CREATE STREAMLIT APPS.PUBLIC.A RUNTIME_NAME = 'SYSTEM$WAREHOUSE_RUNTIME'")
    app = only(snowflake)
    assert (app.live, app.runtime, app.title) == (None, "warehouse", "A")


@pytest.mark.parametrize(
    ("who", "sql"),
    [
        (0, f"ALTER SECRET {IN}.KEY SET SECRET_STRING = 'k-2'"),
        (0, "ALTER EXTERNAL ACCESS INTEGRATION GATEHOUSE_DEV_LEDGER SET ENABLED = FALSE"),
        (1, f"ALTER STREAMLIT {APP} SET TITLE = 'Other'"),
        (1, f"ALTER STREAMLIT {APP} SET RUNTIME_NAME = 'SYSTEM$WAREHOUSE_RUNTIME'"),
        (1, f"ALTER STREAMLIT {APP} UNSET SECRETS, EXTERNAL_ACCESS_INTEGRATIONS"),
        (1, "REMOVE 'snow://streamlit/APPS.LEDGER.LEDGER/versions/live/streamlit_app.py'"),
        (1, "CALL SYSTEM$RESTART_STREAMLIT('APPS.LEDGER.LEDGER')"),
    ],
)
def test_the_revision_follows_properties_secrets_and_files(
    snowflake: Server, built: tuple[Driver, Driver], who: int, sql: str
) -> None:
    before = only(snowflake)
    assert only(snowflake).revision == before.revision
    built[who].run(sql)
    assert only(snowflake).revision != before.revision
    assert only(snowflake).url_id == before.url_id


def test_other_changes_leave_the_revision(snowflake: Server, built: tuple[Driver, Driver]) -> None:
    before = only(snowflake).revision
    built[0].script(
        "CREATE ROLE R", f"GRANT USAGE ON STREAMLIT {APP} TO ROLE R", f"ALTER SECRET {IN}.KEY SET COMMENT = 'x'"
    )
    assert only(snowflake).revision == before
    put(built[1], "snow://streamlit/APPS.LEDGER.LEDGER/versions/live/", {"new.py": "x"})
    assert only(snowflake).revision != before


def test_only_secrets_that_an_enabled_integration_allows_are_given(
    snowflake: Server, built: tuple[Driver, Driver]
) -> None:
    apps = snowflake.account.apps
    built[0].run("ALTER EXTERNAL ACCESS INTEGRATION GATEHOUSE_DEV_LEDGER SET ENABLED = FALSE")
    assert apps.secrets(only(snowflake)) == {}
    built[0].run("ALTER EXTERNAL ACCESS INTEGRATION GATEHOUSE_DEV_LEDGER SET ENABLED = TRUE")
    assert set(apps.secrets(only(snowflake))) == {"key"}
    built[0].run("ALTER EXTERNAL ACCESS INTEGRATION GATEHOUSE_DEV_LEDGER UNSET ALLOWED_AUTHENTICATION_SECRETS")
    assert apps.secrets(only(snowflake)) == {}


def test_people_see_apps_through_any_of_their_roles(snowflake: Server, built: tuple[Driver, Driver]) -> None:
    deployer, _ = built
    snowflake.control("PUT", "people", PEOPLE)
    apps = snowflake.account.apps

    def seen(name: str) -> list[str]:
        return [one.name for one in apps.visible_to(name)]

    assert [(one.name, one.display_name, one.roles) for one in apps.users()] == [
        ("otto@example.com", "otto@example.com", ()),
        ("vera@example.com", "Vera", (VIEWER,)),
    ]
    assert (seen("vera@example.com"), seen("otto@example.com"), seen("nobody")) == (["LEDGER"], [], [])
    deployer.script("CREATE ROLE LATER", f"GRANT ROLE {VIEWER} TO ROLE LATER")
    assert seen("otto@example.com") == ["LEDGER"], "a role counts as soon as it exists, and so does what it inherits"
    deployer.run(f"REVOKE USAGE ON SCHEMA {IN} FROM ROLE {VIEWER}")
    assert seen("vera@example.com") == []
    snowflake.control("PUT", "people", {"people": PEOPLE[:1]})
    assert [one.name for one in apps.users()] == ["vera@example.com"]
    assert snowflake.control("GET", "people")["people"] == [PEOPLE[0]]
    assert "vera@example.com" not in str(snowflake.objects())


@pytest.mark.parametrize("people", [[{"display_name": "x"}], ["x"], [{"name": "ADMIN"}]])
def test_people_need_names_of_their_own(snowflake: Server, people: object) -> None:
    assert snowflake.http.put("/__sandbox/people", json=people).status_code == 400


def test_an_apps_token_is_a_session_of_its_owner_role(snowflake: Server, built: tuple[Driver, Driver]) -> None:
    apps, app = snowflake.account.apps, only(snowflake)
    token = apps.token(app)
    answer = log_in(snowflake.http, {"AUTHENTICATOR": "OAUTH", "TOKEN": token}, roleName="ACCOUNTADMIN")
    assert answer["data"]["sessionInfo"] == {
        "databaseName": "APPS",
        "schemaName": "LEDGER",
        "warehouseName": "GATEHOUSE_DEV_REPORTING",
        "roleName": OWNER,
    }
    session = Driver(snowflake.http, answer["data"]["token"], answer["data"])
    assert session.value("SELECT GET_KEY()") == "k-1"
    assert session.refusal("USE ROLE GATEHOUSE")[0] == "000002"
    session.run("USE SECONDARY ROLES ALL")
    assert session.refusal("CREATE ROLE R")[0] == "003001"
    assert snowflake.statements()[-1]["app"] == app.url_id
    assert (apps.app_of(token), apps.app_of("nope"), apps.app_of("")) == (app, None, None)
    built[1].run(f"ALTER STREAMLIT {APP} SET TITLE = 'x'")
    assert apps.token(app) == token
    built[1].run(f"DROP STREAMLIT {APP}")
    assert apps.app_of(token) is None
    assert log_in(snowflake.http, {"AUTHENTICATOR": "OAUTH", "TOKEN": token})["code"] == "390303"
    with pytest.raises(LookupError):
        apps.token(app)


def test_what_is_beyond_the_world_is_listed_and_reset_takes_it_away(
    snowflake: Server, built: tuple[Driver, Driver]
) -> None:
    found = snowflake.objects()
    assert found["STREAMLIT"] == ["APPS.LEDGER.LEDGER"]
    assert found["FUNCTION"] == ["APPS.LEDGER.GET_KEY():VARCHAR"]
    assert found["INTEGRATION"] == ["GATEHOUSE_DEV_LEDGER"]
    assert f"USAGE ON DATABASE APPS TO ROLE {OWNER}" in found["GRANT"]
    assert found.keys() == {
        *("COMPUTE POOL", "FUNCTION", "GRANT", "INTEGRATION", "NETWORK RULE", "ROLE", "SCHEMA", "SECRET", "STAGE"),
        *("STREAMLIT", "WAREHOUSE"),
    }
    snowflake.control("POST", "reset")
    assert snowflake.objects() == {}
    assert built[0].ask("SELECT 1")["code"] == "390111"
    assert snowflake.statements() == []
    assert not [one for kind in (snowflake.directory / "files").glob("*") for one in kind.iterdir()]


def test_statements_fail_on_order(snowflake: Server, deployer: Driver) -> None:
    made = snowflake.control(
        "POST", "faults", {"match": "create role .*b", "code": "000625", "message": "no", "times": 2}
    )
    assert snowflake.control("GET", "faults")["faults"] == [made]
    deployer.run("CREATE ROLE A")
    assert deployer.refusal("CREATE ROLE B") == ("000625", "no")
    assert deployer.refusal("CREATE ROLE B") == ("000625", "no")
    deployer.run("CREATE ROLE B")
    assert snowflake.control("GET", "faults")["faults"] == []
    snowflake.control("POST", "faults", {"match": "SELECT", "times": 0})
    assert all(deployer.refusal("SELECT 1")[0] == "000603" for _ in range(5))
    snowflake.control("DELETE", "faults")
    deployer.run("SELECT 1")
    assert snowflake.http.post("/__sandbox/faults", json={"match": "("}).status_code == 400


def question(**more: object) -> dict[str, Any]:
    content = [{"type": "text", "text": "How much?"}]
    return {"messages": [{"role": "user", "content": content}], "semantic_model_file": "@A.B.C/m.yaml", **more}


def test_cortex_answers_whoever_shows_a_valid_token(snowflake: Server, built: tuple[Driver, Driver]) -> None:
    token = snowflake.account.apps.token(only(snowflake))
    oauth = {"Authorization": f"Bearer {token}", "X-Snowflake-Authorization-Token-Type": "OAUTH"}
    for headers in (oauth, built[0].headers):
        answer = snowflake.http.post(CORTEX, json=question(), headers=headers)
        assert answer.status_code == 200
        body = answer.json()
        assert body["message"]["role"] == "analyst"
        assert [one["type"] for one in body["message"]["content"]] == ["text", "sql", "suggestions"]
        assert "How much?" in body["message"]["content"][0]["text"]
        assert body["request_id"]
    for headers in (
        {},
        {"Authorization": f"Bearer {token}"},
        {**oauth, "Authorization": "Bearer x"},
        {"Authorization": 'Snowflake Token="x"'},
    ):
        refused = snowflake.http.post(CORTEX, json=question(), headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (401, "390303")
        assert token not in refused.text


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "messages"),
        (question(semantic_model_file=None), "semantic_model_file"),
        (question(messages=[]), "messages"),
        (question(messages=[{"role": "robot", "content": []}]), "role"),
        (question(messages=[{"role": "user", "content": "x"}]), "content"),
        (question(messages=[{"role": "user", "content": [{"type": "image"}]}]), "type: text"),
        (question(messages=[{"role": "analyst", "content": [{"type": "text", "text": "x"}]}]), "the last one"),
        ([], "messages"),
    ],
)
def test_cortex_says_what_is_wrong_with_a_body(snowflake: Server, deployer: Driver, body: object, words: str) -> None:
    answer = snowflake.http.post(CORTEX, json=body, headers=deployer.headers)
    assert answer.status_code == 400
    assert words in answer.json()["message"]
    broken = snowflake.http.post(CORTEX, content=b"{", headers=deployer.headers)
    assert broken.status_code == 400


@pytest.mark.usefixtures("built")
def test_a_token_is_the_same_after_a_restart(tmp_path: Path, snowflake: Server) -> None:
    for name in ("state.json", "changes.jsonl"):
        if (snowflake.directory / name).exists():
            (tmp_path / name).write_bytes((snowflake.directory / name).read_bytes())
    again = open_account(tmp_path)
    assert again.apps.token(only(snowflake)) == snowflake.account.apps.token(only(snowflake))
