"""The whole program `python -m sandbox.snowflake`: apps made by statements run, for those who were granted them."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import snowflake.connector

from sandbox.places import REPOSITORY
from sandbox.serving import HOST, listen, port_of

from .served import files_with, is_alive, needs_environment

pytestmark = needs_environment

KEY, WORD = "key-7f9c2ba4e8", "word-1c8f00aa"
CONTAINER = """
import os, requests, streamlit as st

session = st.connection("snowflake").session()
role, key = session.sql("SELECT CURRENT_ROLE()").collect()[0][0], session.sql("SELECT GET_KEY()").collect()[0][0]
assert role == "FINANCE_APPS", role
assert key == st.secrets["key"] == os.environ["key"], "another key"
assert st.secrets["smtp"]["username"] == os.environ["smtp_USERNAME"] == "mailer"
assert st.connection("snowflake").query("SELECT CURRENT_ROLE() AS R").to_dict("records") == [{"R": role}]
answer = requests.post(
    f"https://{os.environ['SNOWFLAKE_HOST']}/api/v2/cortex/analyst/message",
    json={
        "messages": [{"role": "user", "content": [{"type": "text", "text": "how much?"}]}],
        "semantic_model_file": "@models/sales.yaml",
    },
    headers={
        "Authorization": f"Bearer {open('/snowflake/session/token').read()}",
        "X-Snowflake-Authorization-Token-Type": "OAUTH",
    },
)
assert answer.status_code == 200 and answer.json()["message"]["content"], answer.text
st.title("It holds its key")
"""
WAREHOUSE = """
import _snowflake, json, streamlit as st
from snowflake.snowpark.context import get_active_session

assert get_active_session().sql("SELECT GET_KEY()").collect()[0][0] == _snowflake.get_generic_secret_string("key")
assert _snowflake.get_username_password("smtp").password
assert _snowflake.get_secret_type("smtp") == "PASSWORD"
question = {"messages": [{"role": "user", "content": [{"type": "text", "text": "how much?"}]}],
            "semantic_model_file": "@models/sales.yaml"}
answer = _snowflake.send_snow_api_request("POST", "/api/v2/cortex/analyst/message", {}, {}, question, None, 30000)
assert answer["status"] == 200 and json.loads(answer["content"])["message"]["content"], answer
st.title("It holds its key")
"""
FUNCTION = "import _snowflake\ndef get():\n    return _snowflake.get_generic_secret_string('key')"
SETUP = f"""
CREATE ROLE "FINANCE_APPS"
CREATE ROLE "FINANCE"
GRANT ROLE "FINANCE_APPS" TO ROLE "GATEHOUSE"
CREATE SCHEMA "APPS"."FINANCE" WITH MANAGED ACCESS
CREATE SECRET "APPS"."FINANCE"."KEY" TYPE = GENERIC_STRING SECRET_STRING = '{KEY}'
CREATE SECRET "APPS"."FINANCE"."SMTP" TYPE = PASSWORD USERNAME = 'mailer' PASSWORD = '{WORD}'
CREATE NETWORK RULE "APPS"."FINANCE"."EGRESS" TYPE = HOST_PORT VALUE_LIST = ('api.example.com') MODE = EGRESS
CREATE EXTERNAL ACCESS INTEGRATION "FINANCE_ACCESS" ALLOWED_NETWORK_RULES = ("APPS"."FINANCE"."EGRESS")
  ALLOWED_AUTHENTICATION_SECRETS = ("APPS"."FINANCE"."KEY", "APPS"."FINANCE"."SMTP") ENABLED = TRUE
CREATE FUNCTION "APPS"."FINANCE"."GET_KEY"() RETURNS VARCHAR LANGUAGE PYTHON RUNTIME_VERSION = '3.12' HANDLER = 'get'
  EXTERNAL_ACCESS_INTEGRATIONS = ("FINANCE_ACCESS") SECRETS = ('key' = "APPS"."FINANCE"."KEY") AS $$
{FUNCTION}
$$
GRANT USAGE ON DATABASE "APPS" TO ROLE "FINANCE_APPS"
GRANT USAGE, CREATE STREAMLIT, CREATE STAGE ON SCHEMA "APPS"."FINANCE" TO ROLE "FINANCE_APPS"
GRANT USAGE ON INTEGRATION "FINANCE_ACCESS" TO ROLE "FINANCE_APPS"
GRANT USAGE, READ ON SECRET "APPS"."FINANCE"."KEY" TO ROLE "FINANCE_APPS"
GRANT USAGE, READ ON SECRET "APPS"."FINANCE"."SMTP" TO ROLE "FINANCE_APPS"
GRANT USAGE ON FUNCTION "APPS"."FINANCE"."GET_KEY"() TO ROLE "FINANCE_APPS"
GRANT USAGE ON DATABASE "APPS" TO ROLE "FINANCE"
GRANT USAGE ON SCHEMA "APPS"."FINANCE" TO ROLE "FINANCE"
"""
APP = """
CREATE STREAMLIT "APPS"."FINANCE"."{name}" MAIN_FILE = 'streamlit_app.py' RUNTIME_NAME = 'SYSTEM$WAREHOUSE_RUNTIME'
ALTER STREAMLIT "APPS"."FINANCE"."{name}" ADD LIVE VERSION FROM LAST
ALTER STREAMLIT "APPS"."FINANCE"."{name}" SET RUNTIME_NAME = '{runtime}' {pool} QUERY_WAREHOUSE = "COMPUTE_WH"
  TITLE = '{name}' EXTERNAL_ACCESS_INTEGRATIONS = ("FINANCE_ACCESS")
  SECRETS = ('key' = "APPS"."FINANCE"."KEY", 'smtp' = "APPS"."FINANCE"."SMTP")
PUT 'file://{file}' '@"APPS"."FINANCE"."FILES"/{name}/' AUTO_COMPRESS=FALSE OVERWRITE=TRUE
COPY FILES INTO 'snow://streamlit/APPS.FINANCE.{name}/versions/live/' FROM '@"APPS"."FINANCE"."FILES"/{name}/'
"""
RUNTIMES = {"CONTAINER": "SYSTEM$ST_CONTAINER_RUNTIME_PY3_11", "WAREHOUSE": "SYSTEM$WAREHOUSE_RUNTIME"}


@dataclass(frozen=True)
class Program:
    """The running program."""

    directory: Path
    port: int
    pid: int

    @property
    def origin(self) -> str:
        return f"http://{HOST}:{self.port}"

    def execute(self, role: str, text: str) -> None:
        """Statements as a deployment sends them, one a line; further lines of one are not at its left edge."""
        opened = snowflake.connector.connect(
            host=HOST,
            port=self.port,
            protocol="http",
            account="EXAMPLE-SANDBOX",
            user="GATEHOUSE",
            password="sandbox-snowflake-password",
            role=role,
            enable_server_session_keep_alive_auto_detection=False,
        )
        with closing(opened) as connection, closing(connection.cursor()) as cursor:
            for statement in statements(text):
                cursor.execute(statement)

    def apps(self, query: str = "") -> dict[str, dict[str, str]]:
        rows = httpx.get(f"{self.origin}/__sandbox/apps{query}", timeout=120, trust_env=False).json()
        return {row["title"]: row for row in rows}


def statements(text: str) -> list[str]:
    """Statements begin with a word in capitals at the left edge; the lines of a function's body do not."""
    found: list[str] = []
    for line in text.strip().splitlines():
        if line.split(" ")[0] in ("CREATE", "GRANT", "REVOKE", "ALTER", "PUT", "COPY", "DROP"):
            found.append(line)
        else:
            found[-1] += f"\n{line}"
    return found


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """The program, with two apps in it and somebody who may open them."""
    directory = tmp_path_factory.mktemp("snowflake")
    with listen(0) as api, listen(0) as https:
        ports = port_of(api), port_of(https)
    words = ["--dir", str(directory), "--api-port", str(ports[0]), "--https-port", str(ports[1])]
    with subprocess.Popen([sys.executable, "-m", "sandbox.snowflake", *words], cwd=REPOSITORY) as process:
        started = Program(directory, ports[0], process.pid)
        try:
            _deploy(started, directory / "sources")
            yield started
        finally:
            process.terminate()
            assert process.wait(20) == 0


def _deploy(program: Program, sources: Path) -> None:
    until = time.monotonic() + 20
    while True:
        try:
            httpx.get(f"{program.origin}/__sandbox/health", trust_env=False).raise_for_status()
            break
        except httpx.HTTPError:
            assert time.monotonic() < until
            time.sleep(0.05)
    people = [{"name": "MIKA", "display_name": "Mika Tanaka", "roles": ["FINANCE"]}]
    httpx.put(f"{program.origin}/__sandbox/people", json=people, trust_env=False).raise_for_status()
    program.execute("GATEHOUSE", SETUP)
    program.execute("FINANCE_APPS", 'CREATE STAGE "APPS"."FINANCE"."FILES" ENCRYPTION = (TYPE = \'SNOWFLAKE_SSE\')')
    for name, script in {"CONTAINER": CONTAINER, "WAREHOUSE": WAREHOUSE}.items():
        file = sources / name / "streamlit_app.py"
        file.parent.mkdir(parents=True)
        file.write_text(script)
        pool = 'COMPUTE_POOL = "SYSTEM_COMPUTE_POOL_CPU"' if name == "CONTAINER" else ""
        program.execute("FINANCE_APPS", APP.format(name=name, runtime=RUNTIMES[name], pool=pool, file=file))
        program.execute("GATEHOUSE", f'GRANT USAGE ON STREAMLIT "APPS"."FINANCE"."{name}" TO ROLE "FINANCE"')


def test_both_apps_hold_their_secrets_and_reach_the_account(program: Program) -> None:
    found = program.apps("?wake=1")
    assert {title: row["status"] for title, row in found.items()} == {"CONTAINER": "serving", "WAREHOUSE": "serving"}
    assert {row["owner"] for row in found.values()} == {"FINANCE_APPS"}
    assert {tuple(row["roles"]) for row in found.values()} == {("FINANCE",)}


def test_values_are_on_disk_where_the_account_keeps_them_only(program: Program) -> None:
    program.apps("?wake=1")
    assert {Path(file).name for file, _ in files_with(program.directory, (KEY, WORD))} <= {
        "state.json",
        "changes.jsonl",
    }


def test_a_visit_by_invitation_until_usage_is_revoked(program: Program) -> None:
    app = program.apps()["CONTAINER"]
    with httpx.Client(base_url=program.origin, trust_env=False, timeout=60, follow_redirects=True) as client:
        link = client.post("/__sandbox/invitations", json={"person": "MIKA", "url_id": app["url_id"]}).json()["url"]
        page = client.get(link)
        assert (page.status_code, "<title>Streamlit</title>" in page.text) == (200, True)
        assert "CONTAINER" in client.get("/").text
        program.execute("GATEHOUSE", 'REVOKE USAGE ON STREAMLIT "APPS"."FINANCE"."CONTAINER" FROM ROLE "FINANCE"')
        assert client.get(app["url"]).status_code == 404
        assert "APPS.FINANCE.CONTAINER" not in client.get("/").text


def test_a_new_value_of_a_secret_restarts_the_app(program: Program) -> None:
    assert program.apps("?wake=1")["CONTAINER"]["status"] == "serving"
    program.execute("GATEHOUSE", f'ALTER SECRET "APPS"."FINANCE"."KEY" SET SECRET_STRING = \'{KEY}-new\'')
    # The app itself compares what the function says with what it was started with.
    assert program.apps("?wake=1")["CONTAINER"]["status"] == "serving"


def test_a_dropped_app_is_gone(program: Program) -> None:
    program.execute("FINANCE_APPS", 'DROP STREAMLIT "APPS"."FINANCE"."WAREHOUSE"')
    assert set(program.apps()) == {"CONTAINER"}
    assert is_alive(program.pid)
