"""What becomes of operations in the Snowflake stand-in: refusals, lost answers, halves, and what is no longer there."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from google.rpc import status_pb2
from pulumi.runtime.proto import provider_pb2

from sandbox.plugins.snowflake.account import SESSIONS
from sandbox.plugins.values import Properties, Secret, decode
from tests.sandbox.provider_harness import Engine, urn
from tests.sandbox.snowflake_replay import ABSENT, DONE, LOST, Replay, Reply, refused, replay, snowflake_engine, table

SECRET = urn("snowflake:index/secretWithGenericString:SecretWithGenericString", "s")
ROLE = urn("snowflake:index/accountRole:AccountRole", "r")
EXECUTE = urn("snowflake:index/execute:Execute", "e")
FUNCTION = urn("snowflake:index/functionPython:FunctionPython", "f")
GRANT = urn("snowflake:index/grantPrivilegesToAccountRole:GrantPrivilegesToAccountRole", "g")
STAGE = urn("snowflake:index/stageInternal:StageInternal", "t")
WAREHOUSE = urn("snowflake:index/warehouse:Warehouse", "w")
POOL = urn("snowflake:index/computePool:ComputePool", "p")

VALUE = 'it\'s a "secret"\nof two lines'
SECRET_ID = '"APPS"."LEDGER"."S"'
SECRET_INPUTS: Properties = {"database": "APPS", "schema": "LEDGER", "name": "S", "secretString": Secret(VALUE)}
SECRET_STATE: Properties = {**SECRET_INPUTS, "id": SECRET_ID, "comment": ""}
SPELLINGS = (VALUE, "two lines", "it's", "it\\'s")


@pytest.fixture
def server() -> Iterator[Replay]:
    with replay() as served:
        yield served


@pytest.fixture
def engine(server: Replay) -> Iterator[Engine]:
    with snowflake_engine(server.config()) as ready:
        yield ready


def _answering(*pairs: tuple[str, Reply]) -> Callable[[str], Reply]:
    """By the first pattern that the statement begins with."""
    return lambda statement: next((reply for start, reply in pairs if re.match(start, statement)), DONE)


def _told(error: pytest.ExceptionInfo[grpc.RpcError]) -> str:
    return str(error.value.details())


def _asked(server: Replay, what: str) -> list[str]:
    return [statement for statement in server.statements if statement.startswith(what)]


def test_a_refusal_says_number_state_and_message_and_no_secret(server: Replay, engine: Engine) -> None:
    escaped = VALUE.replace("'", "\\'").replace('"', '\\"').replace("\n", "\\n")
    quoted = f"SQL compilation error: syntax error line 1 at position 80 unexpected '{VALUE}' or '{escaped}'."
    server.answer = _answering(("CREATE", refused(quoted, "001003")))
    with pytest.raises(grpc.RpcError) as error:
        engine.create(SECRET, SECRET_INPUTS)
    assert error.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert _told(error).startswith("001003 (42000): SQL compilation error: syntax error")
    assert _told(error).endswith("unexpected '***' or '***'.")
    assert len(_asked(server, "CREATE")) == 1


def test_what_exists_already_is_not_adopted(server: Replay, engine: Engine) -> None:
    exists = refused("SQL compilation error:\nObject 'R' already exists.", "002002")
    server.answer = _answering(("CREATE", exists))
    with pytest.raises(grpc.RpcError, match="Object 'R' already exists"):
        engine.create(ROLE, {"name": "R"})
    assert server.statements[-1] == 'CREATE ROLE "R"'


@pytest.mark.parametrize("work", ["create", "update", "delete"])
def test_a_lost_answer_is_an_unknown_outcome_and_sent_once(server: Replay, engine: Engine, work: str) -> None:
    server.answer = _answering(("CREATE|ALTER|DROP", LOST))
    with pytest.raises(grpc.RpcError) as error:
        {
            "create": lambda: engine.create(SECRET, SECRET_INPUTS),
            "update": lambda: engine.update(SECRET, SECRET_ID, SECRET_STATE, {**SECRET_INPUTS, "comment": "c"}),
            "delete": lambda: engine.delete(SECRET, SECRET_ID, SECRET_STATE),
        }[work]()
    assert error.value.code() is grpc.StatusCode.UNKNOWN
    assert f"the connection to http://127.0.0.1:{server.port} was lost" in _told(error)
    assert not any(spelling in _told(error) for spelling in SPELLINGS)
    assert len([text for text in server.statements if text.startswith(("CREATE", "ALTER", "DROP"))]) == 1


def test_after_a_lost_session_comes_a_new_one(server: Replay, engine: Engine) -> None:
    server.answer = _answering(("DROP", LOST))
    with pytest.raises(grpc.RpcError):
        engine.delete(ROLE, "R", {"id": "R"})
    server.answer = _answering()
    engine.delete(ROLE, "R", {"id": "R"})
    assert len(server.logins) == 2
    assert len(_asked(server, "SELECT 1")) == 2, "the greeting is sent once"


def _half(error: pytest.ExceptionInfo[grpc.RpcError]) -> provider_pb2.ErrorResourceInitFailed:
    trailing = dict(error.value.trailing_metadata())  # type: ignore[attr-defined] # a call that failed is one
    status = status_pb2.Status.FromString(trailing["grpc-status-details-bin"])
    found = provider_pb2.ErrorResourceInitFailed()
    assert status.details[0].Unpack(found)
    return found


@pytest.mark.parametrize("reply", [refused("Insufficient privileges."), LOST])
def test_made_and_unreadable_is_half_done(server: Replay, engine: Engine, reply: Reply) -> None:
    server.answer = _answering(("SHOW SECRETS", reply))
    with pytest.raises(grpc.RpcError) as error:
        engine.create(SECRET, SECRET_INPUTS)
    half = _half(error)
    assert half.id == SECRET_ID
    state = decode(half.properties)
    assert (state["id"], state["name"], state["secretString"]) == (SECRET_ID, "S", Secret(VALUE))
    assert "it is there, but cannot be read" in half.reasons[0]


def test_a_second_statement_that_is_refused_is_half_done(server: Replay, engine: Engine) -> None:
    server.answer = _answering(("ALTER FUNCTION", refused("invalid value 'X'")))
    inputs: Properties = {
        "database": "APPS", "schema": "LEDGER", "name": "F", "returnType": "VARCHAR", "runtimeVersion": "3.12",
        "handler": "get", "logLevel": "X",
    }  # fmt: skip
    with pytest.raises(grpc.RpcError) as error:
        engine.create(FUNCTION, inputs)
    half = _half(error)
    assert half.id == '"APPS"."LEDGER"."F"()'
    assert decode(half.properties)["handler"] == "get"


def test_an_update_that_stops_half_way_keeps_the_state(server: Replay, engine: Engine) -> None:
    server.answer = _answering(
        ("ALTER ROLE .* SET", refused("no")), ("SHOW ROLES", table("name", "comment", rows=(("R", "old"),)))
    )
    state: Properties = {"id": "R", "name": "R", "comment": "old"}
    with pytest.raises(grpc.RpcError) as error:
        engine.update(ROLE, "R", state, {"name": "NEW", "comment": "new"})
    assert decode(_half(error).properties) == state


def test_removed_while_it_was_made_is_an_error(server: Replay, engine: Engine) -> None:
    server.answer = _answering(("SHOW ROLES", table("name")))
    with pytest.raises(grpc.RpcError, match="was removed while it was made"):
        engine.create(ROLE, {"name": "R"})


GONE: list[tuple[str, str, Properties, tuple[tuple[str, Reply], ...]]] = [
    (SECRET, SECRET_ID, SECRET_STATE, (("SHOW SECRETS", table("name")),)),
    (SECRET, SECRET_ID, SECRET_STATE, (("SHOW SECRETS", ABSENT), ("SHOW SCHEMAS", table("name")))),
    (SECRET, SECRET_ID, SECRET_STATE, (("SHOW SECRETS|SHOW SCHEMAS", ABSENT), ("SHOW DATABASES", table("name")))),
    (ROLE, "R", {"id": "R", "name": "R"}, (("SHOW ROLES", table("name", rows=(("r",),))),)),
    (POOL, "P", {"id": "P", "name": "P"}, (("SHOW COMPUTE POOLS", table("name")),)),
    (
        FUNCTION,
        '"APPS"."LEDGER"."F"()',
        {"name": "F"},
        (("SHOW USER FUNCTIONS", table("name", "arguments", rows=(("F", "F(NUMBER)"),))),),
    ),
    (
        FUNCTION,
        '"APPS"."LEDGER"."F"()',
        {"name": "F"},
        (("SHOW USER FUNCTIONS", table("name", "arguments", rows=(("F", "F() RETURN X"),))), ("DESCRIBE", ABSENT)),
    ),
    (GRANT, '"R"|false|false|USAGE|OnAccount', {}, (("SHOW ROLES", table("name")),)),
    (
        GRANT,
        '"R"|false|false|USAGE|OnAccountObject|WAREHOUSE|"W"',
        {},
        (("SHOW ROLES", table("name", rows=(("R",),))), ("SHOW GRANTS", ABSENT)),
    ),
]


@pytest.mark.parametrize(("at", "ident", "state", "answers"), GONE)
def test_what_is_gone_is_gone(
    server: Replay, engine: Engine, at: str, ident: str, state: Properties, answers: tuple[tuple[str, Reply], ...]
) -> None:
    server.answer = _answering(*answers)
    assert engine.read(at, ident, state, state)[0] == ""


def test_not_being_allowed_to_see_is_not_being_gone(server: Replay, engine: Engine) -> None:
    there = table("name", rows=(("LEDGER",), ("APPS",)))
    server.answer = _answering(("SHOW SECRETS", ABSENT), ("SHOW SCHEMAS|SHOW DATABASES", there))
    with pytest.raises(grpc.RpcError, match="does not exist or not authorized"):
        engine.read(SECRET, SECRET_ID, SECRET_STATE, SECRET_INPUTS)


def test_what_went_with_its_schema_counts_as_deleted(server: Replay, engine: Engine) -> None:
    server.answer = _answering(("DROP", ABSENT), ("SHOW SCHEMAS", table("name")))
    engine.delete(SECRET, SECRET_ID, SECRET_STATE)
    server.answer = _answering(("DROP", ABSENT), ("SHOW", table("name", rows=(("LEDGER",), ("APPS",)))))
    with pytest.raises(grpc.RpcError, match="does not exist or not authorized"):
        engine.delete(SECRET, SECRET_ID, SECRET_STATE)


def test_drift_is_read_and_shown_as_a_change(server: Replay, engine: Engine) -> None:
    columns = ("name", "min_nodes", "max_nodes", "instance_family", "auto_suspend_secs", "comment")

    def shown(*row: str) -> Reply:
        return table(*columns, rows=(row,))

    server.answer = _answering(("SHOW|DESCRIBE", shown("P", "1", "2", "CPU_X64_XS", "3600", "")))
    inputs, _ = engine.check(POOL, {"name": "P", "minNodes": 1, "maxNodes": 2, "instanceFamily": "CPU_X64_XS"})
    ident, state = engine.create(POOL, inputs)
    server.answer = _answering(("SHOW|DESCRIBE", shown("P", "1", "5", "CPU_X64_XS", "60", "by hand")))
    _, outputs, read = engine.read(POOL, ident, state, inputs)
    assert (outputs["maxNodes"], outputs["comment"], outputs["autoSuspendSecs"]) == (5, "by hand", 60)
    assert read["maxNodes"] == 5
    assert set(engine.diff(POOL, ident, outputs, inputs).diffs) == {"maxNodes", "comment", "autoSuspendSecs"}


def test_a_grant_counts_what_is_granted_as_it_wants_it(server: Replay, engine: Engine) -> None:
    columns = ("privilege", "granted_on", "granted_to", "grantee_name", "grant_option", "granted_by")
    rows = (
        ("USAGE", "WAREHOUSE", "ROLE", "R", "false", "X"),
        ("OPERATE", "WAREHOUSE", "ROLE", "R", "true", "X"),
        ("MONITOR", "WAREHOUSE", "ROLE", "OTHER", "false", "X"),
        ("MODIFY", "WAREHOUSE", "ROLE", "R", "false", ""),
        ("APPLYBUDGET", "WAREHOUSE", "ROLE", "R", "false", "X"),
    )
    server.answer = _answering(
        ("SHOW ROLES", table("name", rows=(("R",),))), ("SHOW GRANTS", table(*columns, rows=rows))
    )
    inputs: Properties = {
        "accountRoleName": "R",
        "privileges": ["USAGE", "OPERATE", "MONITOR", "MODIFY"],
        "onAccountObject": {"objectType": "WAREHOUSE", "objectName": "W"},
    }
    _, outputs = engine.create(GRANT, inputs)
    assert outputs["privileges"] == ["USAGE"]


@pytest.mark.parametrize(
    ("wanted", "value", "level", "differs"),
    [
        (600, "600", "WAREHOUSE", False),
        # What the object only inherits is set, also where the value would be the same.
        (600, "600", "ACCOUNT", True),
        (600, "600", "", True),
        (None, "600", "ACCOUNT", False),
        (None, "600", "WAREHOUSE", True),
        (None, "700", "ACCOUNT", True),
    ],
)
def test_parameters_are_asked_for_while_an_update_is_planned(
    server: Replay, engine: Engine, wanted: int | None, value: str, level: str, differs: bool
) -> None:
    row = ("STATEMENT_TIMEOUT_IN_SECONDS", value, "172800", level)
    server.answer = _answering(("SHOW PARAMETERS IN WAREHOUSE", table("key", "value", "default", "level", rows=(row,))))
    inputs, _ = engine.check(WAREHOUSE, {"name": "W", "statementTimeoutInSeconds": wanted})
    state: Properties = {**inputs, "id": "W", "statementTimeoutInSeconds": 600}
    assert list(engine.diff(WAREHOUSE, "W", state, inputs).diffs) == ["statementTimeoutInSeconds"] * differs


def test_a_stage_tells_its_file_format_and_a_directory_made_by_hand(server: Replay, engine: Engine) -> None:
    columns = ("parent_property", "property", "property_type", "property_value")
    csv = (
        ("STAGE_FILE_FORMAT", "TYPE", "String", "CSV"),
        ("STAGE_FILE_FORMAT", "SKIP_HEADER", "Integer", "1"),
        ("STAGE_FILE_FORMAT", "TRIM_SPACE", "Boolean", "false"),
        ("STAGE_FILE_FORMAT", "NULL_IF", "List", "[\\N]"),
    )

    def described(enabled: str) -> Reply:
        return table(*columns, rows=(*csv, ("DIRECTORY", "ENABLE", "Boolean", enabled)))

    shown = table("name", "type", rows=(("S", "INTERNAL"),))
    server.answer = _answering(("SHOW STAGES", shown), ("DESCRIBE STAGE", described("false")))
    inputs: Properties = {"database": "A", "schema": "B", "name": "S"}
    ident, state = engine.create(STAGE, inputs)
    (found,) = state["describeOutputs"]  # type: ignore[misc] # a list of one
    (formats,) = found["fileFormats"]
    assert formats["csvs"] == [{"type": "CSV", "skipHeader": 1, "trimSpace": False, "nullIfs": ["\\N"]}]
    assert (formats["formatName"], formats["jsons"]) == ("", [])
    server.answer = _answering(("SHOW STAGES", shown), ("DESCRIBE STAGE", described("true")))
    _, outputs, _ = engine.read(STAGE, ident, state, inputs)
    assert list(engine.diff(STAGE, ident, outputs, inputs).replaces) == ["directory"]


EXECUTED: Properties = {"execute": "EXECUTE 1", "revert": "REVERT 1", "query": "QUERY 1"}


def test_a_statement_is_carried_out_and_then_its_question_asked(server: Replay, engine: Engine) -> None:
    server.answer = _answering(("QUERY", table("a", "B", rows=(("1", None), ("2", "x")))))
    ident, outputs = engine.create(EXECUTE, EXECUTED)
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", ident)
    assert server.take()[4:] == ["EXECUTE 1", "QUERY 1"]
    assert outputs["queryResults"] == [{"a": "1", "B": ""}, {"a": "2", "B": "x"}]

    outputs = engine.update(EXECUTE, ident, outputs, {**EXECUTED, "revert": "REVERT 2"})
    assert server.take() == []
    assert outputs["revert"] == "REVERT 2"
    outputs = engine.update(EXECUTE, ident, outputs, {**EXECUTED, "revert": "REVERT 2", "query": "QUERY 2"})
    assert server.take() == ["QUERY 2"]

    assert engine.read(EXECUTE, ident, outputs, EXECUTED)[0] == ident
    assert server.take() == ["QUERY 2"]
    engine.delete(EXECUTE, ident, outputs)
    assert server.take() == ["REVERT 2"]


def test_a_statement_without_a_question_asks_nothing(server: Replay, engine: Engine) -> None:
    inputs: Properties = {"execute": "EXECUTE 1", "revert": "REVERT 1"}
    ident, outputs = engine.create(EXECUTE, inputs)
    assert outputs["queryResults"] == []
    assert engine.read(EXECUTE, ident, outputs, inputs) == (ident, outputs, inputs)
    assert server.take()[4:] == ["EXECUTE 1"]


def test_another_statement_is_carried_out_before_the_old_one_is_undone(engine: Engine) -> None:
    found = engine.diff(EXECUTE, "x", {**EXECUTED, "id": "x"}, {**EXECUTED, "execute": "EXECUTE 2"})
    assert list(found.replaces) == ["execute"]
    assert not found.deleteBeforeReplace


def test_a_question_that_is_refused_has_no_answer_and_what_it_asks_for_is_not_gone(
    server: Replay, engine: Engine
) -> None:
    server.answer = _answering(("QUERY", ABSENT))
    state: Properties = {**EXECUTED, "id": "x", "queryResults": [{"a": "1"}]}
    ident, outputs, inputs = engine.read(EXECUTE, "x", state, EXECUTED)
    assert (ident, outputs["queryResults"], inputs) == ("x", [], EXECUTED)
    assert list(engine.diff(EXECUTE, "x", outputs, EXECUTED).diffs) == []


def test_a_secret_statement_is_quoted_by_no_error(server: Replay, engine: Engine) -> None:
    text = "CREATE SECRET S TYPE = SYMMETRIC_KEY SECRET_STRING = 'hunter2'"
    answer = f"syntax error line 1 at position 60 unexpected ''hunter2''.\n{text}"
    server.answer = _answering(("CREATE", refused(answer, "001003")))
    with pytest.raises(grpc.RpcError) as error:
        engine.create(EXECUTE, {"execute": Secret(text), "revert": "SELECT 1"})
    assert "hunter2" not in _told(error)
    assert "syntax error line 1 at position 60" in _told(error)
    # What is not marked is nothing to hide.
    with pytest.raises(grpc.RpcError, match="hunter2"):
        engine.create(EXECUTE, {"execute": text, "revert": "SELECT 1"})


def test_a_few_sessions_serve_many_operations_and_are_closed(server: Replay) -> None:
    together, most, lock = 0, 0, threading.Lock()

    def answer(_statement: str) -> Reply:
        nonlocal together, most
        with lock:
            together += 1
            most = max(most, together)
        time.sleep(0.02)
        with lock:
            together -= 1
        return DONE

    server.answer = answer
    with snowflake_engine(server.config()) as engine, ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda number: engine.delete(ROLE, f"R{number}", {"id": f"R{number}"}), range(24)))
    assert 1 < most <= SESSIONS
    assert len(server.logins) <= SESSIONS
    assert server.closed == len(server.logins)
    assert len(_asked(server, "DROP")) == 24
    assert len(_asked(server, "SELECT 1")) == 2


def test_providers_of_two_roles_have_sessions_of_their_own(server: Replay) -> None:
    with (
        snowflake_engine(server.config(role="DEPLOY")) as deploy,
        snowflake_engine(server.config(role="OWNER")) as owner,
    ):
        deploy.delete(ROLE, "R", {"id": "R"})
        owner.delete(ROLE, "R", {"id": "R"})
        deploy.delete(ROLE, "R", {"id": "R"})
    assert server.roles == ["DEPLOY", "OWNER"]


def test_a_function_of_the_sdk_is_unknown(engine: Engine) -> None:
    with pytest.raises(grpc.RpcError, match="has no function"):
        engine.invoke("snowflake:index/getRoles:getRoles", {})
