"""The account survives restarts, kills and torn files, and costs no more as it grows."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from sandbox.snowflake_api import load_world, open_account, store
from sandbox.snowflake_api.catalogue import Catalogue
from sandbox.snowflake_api.control import begin
from sandbox.snowflake_api.store import Store
from sandbox.snowflake_api.things import Role, Stage
from tests.sandbox.snowflake.conftest import Server
from tests.sandbox.snowflake.driver import Driver, client, connect
from tests.sandbox.snowflake.estate import APP, VIEWER, build


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@contextmanager
def program(directory: Path, end: signal.Signals) -> Iterator[httpx.Client]:
    """The program on a folder, ended with that signal."""
    api = free_port()
    command = [sys.executable, "-m", "sandbox.snowflake", "--dir", str(directory), "--api-port", str(api)]
    process = subprocess.Popen([*command, "--https-port", str(free_port())])
    try:
        with client(f"http://127.0.0.1:{api}") as http:
            until = time.monotonic() + 30
            while True:
                try:
                    http.get("/__sandbox/health").raise_for_status()
                    break
                except httpx.TransportError:
                    assert time.monotonic() < until, "the program did not start"
                    assert process.poll() is None, "the program ended"
                    time.sleep(0.05)
            yield http
    finally:
        process.send_signal(end)
        code = process.wait(20)
    assert code == (0 if end is signal.SIGTERM else -end)


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_what_was_answered_is_there_after_the_end(tmp_path: Path, end: signal.Signals) -> None:
    with program(tmp_path, end) as http:
        deployer = connect(http)
        build(deployer, connect(http))
        deployer.run("ALTER SECRET APPS.LEDGER.KEY SET SECRET_STRING = 'k-2'")
        objects = http.get("/__sandbox/objects").json()
        described = deployer.run(f"DESCRIBE STREAMLIT {APP}")
        grants = deployer.run(f"SHOW GRANTS ON STREAMLIT {APP}")
        number = http.get("/__sandbox/statements").json()["statements"][-1]["n"]
    assert (tmp_path / "state.json").stat().st_mode & 0o777 == 0o600
    with program(tmp_path, signal.SIGTERM) as http:
        deployer = connect(http)
        assert http.get("/__sandbox/objects").json() == objects
        assert deployer.run(f"DESCRIBE STREAMLIT {APP}") == described
        assert deployer.run(f"SHOW GRANTS ON STREAMLIT {APP}") == grants
        assert VIEWER in {row["grantee_name"] for row in grants}
        assert deployer.value("SELECT APPS.LEDGER.GET_KEY()") == "k-2"
        assert deployer.names("LS 'snow://streamlit/APPS.LEDGER.LEDGER/versions/live/'") == [
            "/versions/live/streamlit_app.py"
        ]
        statements = http.get("/__sandbox/statements").json()["statements"]
        assert [one["n"] for one in statements] == list(range(1, len(statements) + 1))
        assert len(statements) > number


def account_in(directory: Path) -> Catalogue:
    catalogue = Catalogue(Store(directory), directory / "files")
    begin(catalogue, load_world())
    return catalogue


def test_half_a_line_at_the_end_is_a_statement_that_was_never_answered(tmp_path: Path) -> None:
    catalogue = account_in(tmp_path)
    catalogue.create(("A",), "GATEHOUSE", Role())
    catalogue.commit()
    with (tmp_path / "changes.jsonl").open("a") as out:
        out.write('{"body": "Role", "path": ["B"]')
    again = Store(tmp_path)
    assert ("ROLE", ("A",)) in again.things
    assert ("ROLE", ("B",)) not in again.things
    assert not (tmp_path / "changes.jsonl").exists()


def test_every_object_is_read_back_as_it_was(snowflake: Server, tmp_path: Path) -> None:
    deployer = snowflake.connect()
    build(deployer, snowflake.connect())
    deployer.run("GRANT USAGE ON FUTURE STREAMLITS IN SCHEMA APPS.LEDGER TO ROLE FINANCE")
    for name in ("state.json", "changes.jsonl"):
        if (snowflake.directory / name).exists():
            (tmp_path / name).write_bytes((snowflake.directory / name).read_bytes())
    assert Store(tmp_path).things == snowflake.account.catalogue.store.things
    assert Store(tmp_path).things == snowflake.account.catalogue.store.things, "and once more from the snapshot"


def test_changes_are_folded_into_the_snapshot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_SMALLEST", 2000)
    catalogue = account_in(tmp_path)
    for _ in range(100):
        thing = catalogue.create(("A",), "GATEHOUSE", Role(), "x" * 500)
        catalogue.commit()
        catalogue.drop(thing, heir="")
        catalogue.commit()
    changes = tmp_path / "changes.jsonl"
    assert not changes.exists() or changes.stat().st_size < 20000
    assert Store(tmp_path).things == catalogue.store.things


def test_a_state_of_another_version_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text('{"version": 99, "records": []}')
    with pytest.raises(ValueError, match="version 99"):
        open_account(tmp_path)
    assert json.loads((tmp_path / "state.json").read_text())["version"] == 99


def test_folders_without_an_owner_are_swept_away(tmp_path: Path) -> None:
    catalogue = account_in(tmp_path)
    catalogue.create(("APPS", "PUBLIC", "S"), "GATEHOUSE", Stage(folder="stages/kept"))
    catalogue.commit()
    for name in ("kept", "left"):
        (tmp_path / "files" / "stages" / name).mkdir(parents=True)
    open_account(tmp_path)
    assert [one.name for one in (tmp_path / "files" / "stages").iterdir()] == ["kept"]


def test_what_fails_leaves_nothing_behind(snowflake: Server, deployer: Driver) -> None:
    deployer.run("CREATE ROLE A")
    before = snowflake.account.catalogue.store.things.copy()
    deployer.refusal("GRANT OWNERSHIP ON ALL STREAMLITS IN SCHEMA APPS.PUBLIC TO ROLE NOPE")
    deployer.script(
        "CREATE STREAMLIT APPS.PUBLIC.B COMPUTE_POOL = SYSTEM_COMPUTE_POOL_CPU", "DROP STREAMLIT APPS.PUBLIC.B"
    )
    assert snowflake.account.catalogue.store.things == before


def test_a_statement_takes_a_few_milliseconds_however_much_there_is(deployer: Driver) -> None:
    deployer.script("CREATE SCHEMA APPS.MANY", "USE SCHEMA APPS.MANY")

    def per_statement(number: int) -> float:
        began = time.process_time()
        for one in range(25):
            deployer.run(f"CREATE SECRET S_{number}_{one} TYPE = GENERIC_STRING SECRET_STRING = 'x' COMMENT = 'c'")
            deployer.run(f"SHOW SECRETS LIKE 'S_{number}_{one}' IN SCHEMA APPS.MANY")
        return (time.process_time() - began) / 50

    first = per_statement(0)
    rest = [per_statement(number) for number in range(1, 20)]
    assert len(deployer.run("SHOW SECRETS")) == 500
    # Processor time of client and server together, with room for a slow machine.
    assert max(rest) < 0.05
    assert min(rest[-5:]) < 4 * max(first, 0.004)


def test_a_renamed_schema_takes_its_contents_along(deployer: Driver) -> None:
    deployer.script(
        "CREATE SCHEMA APPS.A",
        "CREATE STAGE APPS.A.S",
        "ALTER SCHEMA APPS.A RENAME TO APPS.B",
        "DESCRIBE STAGE APPS.B.S",
        "ALTER DATABASE APPS RENAME TO OTHER",
        "DESCRIBE STAGE OTHER.B.S",
    )
    assert deployer.refusal("DESCRIBE STAGE APPS.A.S")[0] == "002003"


def test_notes_are_read_back_in_the_order_of_their_writing(tmp_path: Path) -> None:
    kept = Store(tmp_path)
    for value in (["a"], ["b"], ["a"]):
        kept.note("faults", value)
    kept.commit()
    assert Store(tmp_path).notes == {"faults": ["a"]}


def test_replacing_a_role_takes_what_it_held(deployer: Driver) -> None:
    deployer.script("CREATE ROLE R", "GRANT USAGE ON DATABASE APPS TO ROLE R", "CREATE OR REPLACE ROLE R")
    assert [row["privilege"] for row in deployer.run("SHOW GRANTS TO ROLE R")] == []
