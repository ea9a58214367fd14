"""Real clients, unchanged: the Python connector of both kinds, snowpark, and the `snow` command line.

The newer connector is in the tests' own environment; the other clients have one of their own beside it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import snowflake.connector as newer

from tests.sandbox.snowflake.conftest import Server
from tests.sandbox.snowflake.driver import ACCOUNT, PASSWORDS, Driver
from tests.sandbox.snowflake.estate import APP, build

ENVIRONMENT = Path(sys.prefix) / "snowflake"
OTHERS = pytest.mark.skipif(
    not (ENVIRONMENT / "bin" / "snow").exists(),
    reason=f"NO CLIENTS: {ENVIRONMENT} IS MISSING, SO CONNECTOR 4.x, SNOWPARK AND THE snow COMMAND ARE NOT TRIED",
)
QUERY = (
    "SELECT 1 AS A, 1.25 AS B, 'it''s 売上' AS C, NULL AS D, TRUE AS E, FALSE AS F, CURRENT_TIMESTAMP() AS G, 1e3 AS H"
)
IN = "APPS.LEDGER"


def how(server: Server) -> dict[str, Any]:
    """The arguments that every connector takes."""
    return {
        "account": ACCOUNT.lower(),
        "host": "127.0.0.1",
        "port": server.port,
        "protocol": "http",
        "user": "GATEHOUSE",
        "password": PASSWORDS["GATEHOUSE"],
        "role": "GATEHOUSE",
        "warehouse": "COMPUTE_WH",
    }


@pytest.fixture
def built(snowflake: Server) -> Driver:
    deployer = snowflake.connect()
    build(deployer, snowflake.connect())
    return deployer


@pytest.fixture
def connection(
    snowflake: Server, built: Driver, monkeypatch: pytest.MonkeyPatch
) -> Iterator[newer.SnowflakeConnection]:
    """The newer connector, logged in where the app is."""
    assert built.names("SHOW STREAMLITS IN ACCOUNT") == ["LEDGER"]
    monkeypatch.setenv("SNOWFLAKE_DISABLE_PLATFORM_DETECTION", "true")
    connected = newer.connect(**how(snowflake), enable_server_session_keep_alive_auto_detection=False)
    yield connected
    connected.close()


def test_the_newer_connector_reads_every_type(connection: newer.SnowflakeConnection) -> None:
    assert newer.__version__.startswith("5.")
    cursor = connection.cursor()
    ((*values, moment, real),) = cursor.execute(QUERY).fetchall()
    assert values == [1, Decimal("1.25"), "it's 売上", None, True, False]
    assert abs(moment - datetime.now(UTC)).total_seconds() < 60
    assert real == 1000.0
    assert [one[0] for one in cursor.description] == list("ABCDEFGH")
    assert cursor.execute("SHOW COMPUTE POOLS LIKE 'GATEHOUSE%'").fetchall()[0][9] is True
    assert cursor.execute(f"SELECT {IN}.GET_KEY()").fetchone() == ("k-1",)
    assert cursor.execute("SELECT %s", ("it's",)).fetchone() == ("it's",)


def test_the_newer_connector_is_refused_with_number_and_state(connection: newer.SnowflakeConnection) -> None:
    for sql, number, state in (
        ("FOO", 1003, "42000"),
        ("DROP ROLE NOPE", 2003, "02000"),
        ("CREATE ROLE FINANCE", 2002, "42710"),
        (f"ALTER STREAMLIT {APP} ADD LIVE VERSION FROM LAST", 99106, "42710"),
    ):
        with pytest.raises(newer.ProgrammingError) as refused:
            connection.cursor().execute(sql)
        assert (refused.value.errno, refused.value.sqlstate) == (number, state)


def test_the_newer_connector_puts_and_gets_files(
    connection: newer.SnowflakeConnection, built: Driver, tmp_path: Path
) -> None:
    built.run(f"CREATE STAGE {IN}.S")
    source = tmp_path / "app é 1.py"
    source.write_text("first")
    cursor = connection.cursor()
    put = f"PUT 'file://{source}' '@{IN}.S/v 1/.streamlit/' AUTO_COMPRESS=FALSE"
    assert cursor.execute(f"{put} OVERWRITE=TRUE").fetchone()[6] == "UPLOADED"
    source.write_text("other")
    assert cursor.execute(f"{put} OVERWRITE=FALSE").fetchone()[6] == "SKIPPED"
    (tmp_path / "got").mkdir()
    cursor.execute(f"GET '@{IN}.S/v 1/' 'file://{tmp_path}/got/'")
    assert (tmp_path / "got" / source.name).read_text() == "first"
    assert cursor.execute(f"{put} OVERWRITE=TRUE").fetchone()[6] == "UPLOADED"
    cursor.execute(f"PUT 'file://{source}' @{IN}.S/packed/")
    names = built.names(f"LIST '@{IN}.S'")
    assert names == ["s/packed/app é 1.py.gz", f"s/v 1/.streamlit/{source.name}"]
    live = "snow://streamlit/APPS.LEDGER.LEDGER/versions/live"
    built.run("USE ROLE GATEHOUSE_DEV_FINANCE_APPS")
    cursor.execute(f"PUT 'file://{source}' '{live}/pages/' AUTO_COMPRESS=FALSE OVERWRITE=TRUE")
    assert f"/versions/live/pages/{source.name}" in built.names(f"LS '{live}/'")


def test_the_storage_is_for_those_who_were_given_a_token(snowflake: Server) -> None:
    for headers in ({}, {"Authorization": "Bearer nope"}):
        for method in ("PUT", "GET", "HEAD"):
            assert snowflake.http.request(method, "/storage/files/x", headers=headers).status_code == 401


SCRIPT = """
import json, sys
order = json.load(sys.stdin)
import snowflake.connector as c
connected = c.connect(**order["how"])
out = []
for sql in order["statements"]:
    cursor = connected.cursor()
    try:
        rows = cursor.execute(sql).fetchall()
        plain = (bool, int, float, type(None))
        out.append([[cell if isinstance(cell, plain) else str(cell) for cell in row] for row in rows])
    except c.Error as error:
        out.append([error.errno, error.sqlstate])
connected.close()
print(json.dumps([c.__version__, out]))
"""
SNOWPARK = """
import json, sys
order = json.load(sys.stdin)
from snowflake.snowpark import Session
session = Session.builder.configs({**order["how"], "database": "APPS", "schema": "LEDGER"}).create()
session.query_tag = "tag"
session.sql("SELECT 1").show()
out = [
    [row.asDict() for row in session.sql("SELECT 1 AS A, 'x' AS B").collect()],
    session.sql("SELECT GET_KEY()").collect()[0][0],
    [session.get_current_role(), session.get_current_database()],
    [session.get_current_schema(), session.get_current_warehouse()],
    session.sql("SELECT ? AS A", params=["it's"]).collect()[0][0],
    [tuple(row) for row in session.create_dataframe([[1, "a"], [2, "b"]], schema=["n", "t"]).collect()],
    session.sql("SELECT 5 AS A").collect_nowait().result()[0][0],
    session.file.put(order["file"], "@S/x/", auto_compress=False)[0].status,
    [row.name for row in session.sql("LIST @S").collect()],
]
session.close()
print("\\n" + json.dumps(out))
"""


def inside(script: str, order: dict[str, object], home: Path) -> Any:
    """What a script in the other environment prints at the end."""
    done = subprocess.run(
        [ENVIRONMENT / "bin" / "python", "-W", "ignore", "-c", script],
        input=json.dumps(order),
        capture_output=True,
        text=True,
        check=False,
        env=environment(home),
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def environment(home: Path) -> dict[str, str]:
    """Nothing of ours, and nothing that asks the network."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "SNOWFLAKE_DISABLE_PLATFORM_DETECTION": "true",
        "SNOWFLAKE_CLI_IGNORE_NEW_VERSION_WARNING": "true",
    }


@OTHERS
def test_the_older_connector(snowflake: Server, built: Driver, tmp_path: Path) -> None:
    built.run(f"CREATE STAGE {IN}.S")
    (tmp_path / "a.py").write_text("text")
    (tmp_path / "got").mkdir()
    statements = [
        QUERY,
        "DROP ROLE NOPE",
        f"PUT 'file://{tmp_path}/a.py' '@{IN}.S/v/' AUTO_COMPRESS=FALSE OVERWRITE=TRUE",
        f"PUT 'file://{tmp_path}/a.py' '@{IN}.S/v/' OVERWRITE=TRUE",
        f"LIST @{IN}.S",
        f"GET @{IN}.S/v/a.py 'file://{tmp_path}/got/'",
        f"SELECT {IN}.GET_KEY()",
        "SHOW COMPUTE POOLS LIKE 'GATEHOUSE%'",
    ]
    version, out = inside(SCRIPT, {"how": how(snowflake), "statements": statements}, tmp_path)
    assert version.startswith("4.")
    assert out[0][0][:6] == [1, "1.25", "it's 売上", None, True, False]
    assert out[1] == [2003, "02000"]
    assert (out[2][0][6], out[3][0][1]) == ("UPLOADED", "a.py.gz")
    assert [row[0] for row in out[4]] == ["s/v/a.py", "s/v/a.py.gz"]
    assert out[5][0][2] == "DOWNLOADED"
    assert (tmp_path / "got" / "a.py").read_text() == "text"
    assert out[6] == [["k-1"]]
    assert out[7][0][9] is True


@OTHERS
def test_snowpark(snowflake: Server, built: Driver, tmp_path: Path) -> None:
    built.run(f"CREATE STAGE {IN}.S")
    (tmp_path / "a.py").write_text("text")
    out = inside(SNOWPARK, {"how": how(snowflake), "file": f"file://{tmp_path}/a.py"}, tmp_path)
    assert out == [
        [{"A": 1, "B": "x"}],
        "k-1",
        ['"GATEHOUSE"', '"APPS"'],
        ['"LEDGER"', '"COMPUTE_WH"'],
        "it's",
        [[1, "a"], [2, "b"]],
        5,
        "UPLOADED",
        ["s/x/a.py"],
    ]


@pytest.fixture
def snow(snowflake: Server, built: Driver, tmp_path: Path) -> Snow:
    config = tmp_path / "config.toml"
    lines = [f"{key} = {json.dumps(value)}" for key, value in how(snowflake).items()]
    config.write_text(
        "\n".join(
            ["default_connection_name = 'x'", "[connections.x]", *lines, 'database = "APPS"', 'schema = "LEDGER"', ""]
        )
    )
    config.chmod(0o600)
    return Snow(config, built)


class Snow:
    """The command line with a connection to the server."""

    def __init__(self, config: Path, deployer: Driver) -> None:
        self.config, self.deployer, self.home = config, deployer, config.parent

    def text(self, *arguments: str) -> str:
        command = [str(ENVIRONMENT / "bin" / "snow"), "--config-file", str(self.config), *arguments]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=environment(self.home), cwd=self.home, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def rows(self, *arguments: str) -> Any:
        return json.loads(self.text(*arguments, "--format", "JSON"))


@OTHERS
def test_the_command_line_looks_around(snow: Snow) -> None:
    assert snow.rows("connection", "test")["Status"] == "OK"
    assert snow.rows("sql", "-q", "SELECT 1 AS A; SELECT CURRENT_ROLE() AS B") == [[{"A": 1}], [{"B": "GATEHOUSE"}]]
    (listed,) = snow.rows("streamlit", "list")
    assert (listed["name"], listed["title"], listed["database_name"]) == ("LEDGER", "Ledger", "APPS")
    (described,) = snow.rows("streamlit", "describe", "LEDGER")
    assert described["runtime_name"] == "SYSTEM$ST_CONTAINER_RUNTIME_PY3_11"
    assert snow.rows("stage", "list-files", "snow://streamlit/APPS.LEDGER.LEDGER/versions/live/")[0]["size"] > 0


PROJECT = """
definition_version: 2
entities:
  cli_app:
    type: streamlit
    identifier: cli_app
    title: From the command line
    query_warehouse: COMPUTE_WH
    main_file: streamlit_app.py
    runtime_name: SYSTEM$ST_CONTAINER_RUNTIME_PY3_11
    compute_pool: SYSTEM_COMPUTE_POOL_CPU
    external_access_integrations: [GATEHOUSE_DEV_LEDGER]
    secrets: {key: KEY}
    artifacts: [streamlit_app.py, pages/a.py]
"""


@OTHERS
def test_the_command_line_deploys_an_app(snow: Snow) -> None:
    (snow.home / "pages").mkdir()
    for name, text in (("snowflake.yml", PROJECT), ("streamlit_app.py", "import streamlit"), ("pages/a.py", "x = 1")):
        (snow.home / name).write_text(text)
    assert "successfully deployed" in snow.text("streamlit", "deploy")
    live = "snow://streamlit/APPS.LEDGER.CLI_APP/versions/live/"
    before = snow.deployer.run("DESCRIBE STREAMLIT APPS.LEDGER.CLI_APP")[0]
    assert set(snow.deployer.names(f"LIST '{live}'")) == {
        "/versions/live/streamlit_app.py",
        "/versions/live/pages/a.py",
    }
    (snow.home / "pages" / "a.py").write_text("x = 2")
    snow.text("streamlit", "deploy", "--replace", "--prune")
    after = snow.deployer.run("DESCRIBE STREAMLIT APPS.LEDGER.CLI_APP")[0]
    assert after["url_id"] == before["url_id"]
    assert after["title"] == "From the command line"
    snow.text("streamlit", "drop", "cli_app")
    assert snow.deployer.names("SHOW STREAMLITS IN ACCOUNT") == ["LEDGER"]


def test_the_newer_connector_renews_its_token(
    snowflake: Server, connection: newer.SnowflakeConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert connection.cursor().execute("SELECT 1").fetchone() == (1,)
    monkeypatch.setattr("sandbox.snowflake_api.sessions.VALIDITY", -1)
    short = newer.connect(**how(snowflake), enable_server_session_keep_alive_auto_detection=False)
    first = short.session_id
    monkeypatch.undo()
    monkeypatch.setenv("SNOWFLAKE_DISABLE_PLATFORM_DETECTION", "true")
    assert short.cursor().execute("SELECT CURRENT_SESSION()").fetchone() == (str(first),)
    short.close()
