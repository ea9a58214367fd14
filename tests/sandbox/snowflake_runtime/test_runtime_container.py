"""What an app finds in the container runtime."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psutil
import pytest

from sandbox.snowflake_api.apps import AttachedSecret

from .account import HOST
from .served import World, files_with, needs_environment
from .world import OWNER, generic, password

pytestmark = needs_environment

KEY, WORD, REFRESHED = "fx-key-5f1c0a", "smtp-word-99ab", "oauth-7d7d7d"
SECRETS = {
    "fx_api_key": generic(KEY),
    "smtp": password("mailer", WORD),
    "crm": AttachedSecret("OAUTH2", {"access_token": REFRESHED}),
    "shadowed": generic("from-snowflake"),
}
FILES = {
    ".streamlit/secrets.toml": 'app_name = "My app"\nmax_results = 100\nshadowed = "from the file"\n[table]\nx = 1\n',
    ".streamlit/config.toml": """
[theme]
primaryColor = "#123456"
[theme.sidebar]
backgroundColor = "#eeeeee"
[runner]
fastReruns = false
[client]
showErrorDetails = "none"
toolbarMode = "developer"
[server]
maxUploadSize = 1
[logger]
level = "debug"
[snowflake.sleep]
streamlitSleepTimeoutMinutes = 5
""",
    "static/readme.txt": "served as it is",
    "helpers_of_the_app.py": "HERE = 'beside the script'",
}

# The Cortex call is the one on Snowflake's page about secrets and configuration.
SCRIPT = """
import io, json, os, pathlib, sys

import requests
import snowflake.connector
import streamlit as st
from snowflake.snowpark.context import get_active_session

import helpers_of_the_app

def refused(work):
    try:
        work()
    except Exception as error:
        return f"{type(error).__name__}: {error}"

def get_token():
    return open("/snowflake/session/token", "r").read()

def send_request(semantic_model_file, prompt, token):
    headers = {
        "Content-Type": "application/json",
        "accept": "application/json",
        "Authorization": f"Bearer {token}",
        "X-Snowflake-Authorization-Token-Type": "OAUTH",
    }
    request_body = {
        "messages": [{"role": "user", "content": [{"type": "text", "text": prompt}]}],
        "semantic_model_file": semantic_model_file,
    }
    url = "https://" + os.getenv("SNOWFLAKE_HOST") + "/api/v2/cortex/analyst/message"
    return requests.post(url, headers=headers, data=json.dumps(request_body))

conn = st.connection("snowflake")
session = conn.session()
own = snowflake.connector.connect(
    host=os.environ["SNOWFLAKE_HOST"],
    account=os.environ["SNOWFLAKE_ACCOUNT"],
    authenticator="oauth",
    token=get_token(),
)
token = pathlib.Path("/snowflake/session/token")
answer, stranger = send_request("@stage/model.yaml", "how much?", get_token()), send_request("", "", "stolen")
options = ("theme.primaryColor", "theme.sidebar.backgroundColor", "runner.fastReruns", "client.showErrorDetails",
           "client.toolbarMode", "server.maxUploadSize", "logger.level")

print("a careless print of", st.secrets["fx_api_key"], st.secrets.smtp.password)
report(
    role=session.sql("SELECT CURRENT_ROLE()").collect()[0][0],
    function=session.sql("SELECT GET_FX()").collect()[0][0],
    frame=conn.query("SELECT 1").to_dict("records"),
    own=own.cursor().execute("SELECT CURRENT_ROLE()").fetchall(),
    environment={name: value for name, value in os.environ.items()},
    same_key=st.secrets["fx_api_key"] == os.environ["fx_api_key"],
    secrets={name: st.secrets[name] for name in ("fx_api_key", "app_name", "max_results", "shadowed")},
    smtp=dict(st.secrets["smtp"]),
    aliases=sorted(st.secrets),
    token=[get_token(), token.read_text(), token.read_bytes().decode(), io.open(token).read(),
           os.read(os.open(token, os.O_RDONLY), 1000).decode()],
    token_seen=[os.path.exists(token), os.path.isfile(str(token)), token.exists(), os.access(token, os.R_OK)],
    token_size=token.stat().st_size,
    token_written=[refused(lambda: open(token, "w")), refused(lambda: os.open(token, os.O_WRONLY)),
                   os.access(token, os.W_OK)],
    cortex=[answer.status_code, answer.json(), stranger.status_code],
    module=refused(lambda: __import__("_snowflake")),
    active=refused(get_active_session),
    sandbox=refused(lambda: __import__("sandbox")),
    options={name: st.get_option(name) for name in options},
    helper=helpers_of_the_app.HERE,
    folder=os.getcwd(),
    arguments=sys.argv,
    pid=os.getpid(),
)
"""


@pytest.fixture(scope="module")
def found(world: World) -> dict[str, Any]:
    """What one app reports of itself."""
    app = world.create("Found", SCRIPT, secrets=SECRETS, files=FILES)
    return world.reported(app)


def test_a_connection_needs_no_configuration(found: dict[str, Any], world: World) -> None:
    assert found["role"] == OWNER
    assert found["function"] == "from-a-function"
    assert found["frame"] == [{"V": "1"}]
    login = world.snowflake.logins[0]
    assert (login["databaseName"], login["schemaName"], login["warehouse"]) == ("APPS", "FINANCE", "REPORTING")


def test_the_connector_reaches_the_account_by_its_name(found: dict[str, Any]) -> None:
    assert found["own"] == [[OWNER]]


def test_secrets_are_in_st_secrets_and_in_the_environment(found: dict[str, Any]) -> None:
    assert found["same_key"]
    assert found["secrets"]["fx_api_key"] == KEY
    assert found["smtp"] == {"username": "mailer", "password": WORD}
    assert (found["environment"]["smtp_USERNAME"], found["environment"]["smtp_PASSWORD"]) == ("mailer", WORD)
    assert "smtp" not in found["environment"]


def test_only_strings_and_passwords_come_in_that_way(found: dict[str, Any]) -> None:
    assert found["aliases"] == ["app_name", "fx_api_key", "max_results", "shadowed", "smtp", "table"]
    assert REFRESHED not in str(found["environment"])


def test_the_apps_own_file_is_merged_and_takes_precedence(found: dict[str, Any]) -> None:
    assert (found["secrets"]["app_name"], found["secrets"]["max_results"]) == ("My app", 100)
    assert found["secrets"]["shadowed"] == found["environment"]["shadowed"] == "from the file"
    assert (found["environment"]["app_name"], found["environment"]["max_results"]) == ("My app", "100")
    assert (found["environment"]["APP_NAME"], found["environment"]["MAX_RESULTS"]) == ("My app", "100")
    assert "FX_API_KEY" not in found["environment"]


def test_the_environment_of_a_container(found: dict[str, Any]) -> None:
    names = {name: value for name, value in found["environment"].items() if name.startswith("SNOWFLAKE_")}
    del names["SNOWFLAKE_DISABLE_PLATFORM_DETECTION"]
    assert names == {
        "SNOWFLAKE_HOST": HOST,
        "SNOWFLAKE_ACCOUNT": "SBX00001",
        "SNOWFLAKE_DATABASE": "APPS",
        "SNOWFLAKE_SCHEMA": "FINANCE",
    }


def test_nothing_of_the_programs_own_environment_comes_in(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", "not-for-apps")
    app = world.create("Bare", "import os\nreport(names=sorted(os.environ))")
    assert "CLOUDFLARE_API_TOKEN" not in world.reported(app)["names"]


def test_the_session_token_is_a_file(found: dict[str, Any], world: World) -> None:
    token = world.apps.token(world.apps.apps["found"])
    assert found["token"] == [token] * 5
    assert found["token_seen"] == [True] * 4
    assert found["token_size"] == len(token)


def test_the_session_token_is_not_writable_and_is_in_that_process_only(found: dict[str, Any]) -> None:
    assert found["token_written"][2] is False
    assert all(one.startswith("PermissionError") for one in found["token_written"][:2])
    assert not Path("/snowflake").exists()


def test_cortex_answers_the_session_token_and_nobody_else(found: dict[str, Any]) -> None:
    status, answer, stranger = found["cortex"]
    assert (status, stranger) == (200, 401)
    assert answer["message"]["content"][0]["text"] == f"{OWNER} asked: how much?"


def test_what_belongs_to_the_warehouse_runtime_is_not_there(found: dict[str, Any]) -> None:
    assert found["module"] == "ModuleNotFoundError: No module named '_snowflake'"
    # Also after a connection has made a session.
    assert found["active"].startswith("SnowparkSessionException: (1403): No default Session is found")


def test_settings_count_as_far_as_the_runtime_supports_them(found: dict[str, Any], world: World) -> None:
    assert found["options"] == {
        "theme.primaryColor": "#123456",
        "theme.sidebar.backgroundColor": "#eeeeee",
        "runner.fastReruns": False,
        "client.showErrorDetails": "none",
        "client.toolbarMode": "viewer",
        "server.maxUploadSize": 200,
        "logger.level": "info",
    }
    log = world.log(world.apps.apps["found"])
    assert "`maxUploadSize` in [server] does not count in the container runtime" in log
    assert "snowflake" not in log.split("does not count")[0]


def test_it_runs_from_the_live_folder_and_sees_nothing_of_the_sandbox(found: dict[str, Any], world: World) -> None:
    live = world.apps.apps["found"].live
    assert found["folder"] == str(live)
    assert found["arguments"] == [str(live / "streamlit_app.py")]  # type: ignore[operator]
    assert found["helper"] == "beside the script"
    assert found["sandbox"] == "ModuleNotFoundError: No module named 'sandbox'"
    assert not list(live.rglob("__pycache__"))  # type: ignore[union-attr]


def test_static_files_are_served(found: dict[str, Any], world: World) -> None:  # noqa: ARG001 # the app has to run
    with world.visiting("MIKA") as client:
        answer = client.get("/streamlit-apps/found/app/static/readme.txt")
        assert (answer.status_code, answer.text) == (200, "served as it is")


def test_a_main_file_in_a_folder_below(world: World) -> None:
    files = {".streamlit/secrets.toml": 'name = "root"', "pages_of_it.txt": "root"}
    script = 'import os, streamlit as st\nreport(name=st.secrets["name"], text=open("pages_of_it.txt").read())'
    app = world.create("Below", script, main_file="app/main.py", files=files)
    assert world.reported(app) == {"name": "root", "text": "root"}


def test_without_secrets_there_are_none(world: World) -> None:
    script = """
import streamlit as st
try:
    st.secrets["x"]
except Exception as error:
    report(error=type(error).__name__)
"""
    assert world.reported(world.create("Without", script)) == {"error": "StreamlitSecretNotFoundError"}


def test_values_are_in_no_file_no_argument_and_no_log(found: dict[str, Any], world: World) -> None:
    app = world.apps.apps["found"]
    values = (KEY, WORD, REFRESHED, world.apps.token(app))
    process = psutil.Process(found["pid"])
    assert not [value for value in values if value in " ".join(process.cmdline())]
    # What a process was started with; what it adds to its environment later is its own memory.
    assert not [value for value in values if value in " ".join(process.environ().values())]
    assert not [one for one in files_with(world.directory, values) if not one[0].endswith("Found.json")]
    assert "a careless print of [secret] [secret]" in world.log(app)
