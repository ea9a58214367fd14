"""The drivers' protocol: logins of every kind, tokens, sessions, odd bodies, cancelling, results fetched again."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import threading
import time
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.sandbox.snowflake.conftest import Server
from tests.sandbox.snowflake.driver import ACCOUNT, PASSWORDS, Driver, log_in

RIGHT: dict[str, object] = {"LOGIN_NAME": "GATEHOUSE", "PASSWORD": PASSWORDS["GATEHOUSE"]}


@pytest.mark.parametrize(
    ("login", "code"),
    [
        ({**RIGHT, "PASSWORD": "wrong"}, "390100"),
        ({**RIGHT, "PASSWORD": ""}, "390100"),
        ({"LOGIN_NAME": "GATEHOUSE"}, "390100"),
        ({**RIGHT, "LOGIN_NAME": "NOBODY"}, "390100"),
        ({}, "390100"),
        ({**RIGHT, "ACCOUNT_NAME": "OTHER-ACCOUNT"}, "390201"),
        ({**RIGHT, "AUTHENTICATOR": "SNOWFLAKE_JWT", "TOKEN": "a.b.c"}, "390144"),
        ({**RIGHT, "AUTHENTICATOR": "PROGRAMMATIC_ACCESS_TOKEN", "TOKEN": "x"}, "394400"),
        ({**RIGHT, "AUTHENTICATOR": "OAUTH", "TOKEN": "x"}, "390303"),
        ({**RIGHT, "AUTHENTICATOR": "OAUTH"}, "390303"),
        ({**RIGHT, "AUTHENTICATOR": "EXTERNALBROWSER"}, "390103"),
    ],
)
def test_wrong_logins(snowflake: Server, login: dict[str, object], code: str) -> None:
    answer = log_in(snowflake.http, login)
    assert (answer["success"], answer["code"]) == (False, code)
    assert PASSWORDS["GATEHOUSE"] not in str(answer)


def test_a_login_says_where_the_session_is(snowflake: Server, admin: Driver) -> None:
    answer = log_in(snowflake.http, RIGHT, roleName="gatehouse", databaseName="apps", warehouse='"COMPUTE_WH"')
    assert answer["data"]["sessionInfo"] == {
        "databaseName": "APPS",
        "schemaName": "PUBLIC",
        "warehouseName": "COMPUTE_WH",
        "roleName": "GATEHOUSE",
    }
    assert isinstance(answer["data"]["sessionId"], int)
    assert {one["name"]: one["value"] for one in answer["data"]["parameters"]}["AUTOCOMMIT"] is True
    lost = log_in(snowflake.http, RIGHT, databaseName="NOPE", warehouse="NOPE")
    assert lost["data"]["sessionInfo"]["databaseName"] is None
    assert log_in(snowflake.http, RIGHT, roleName="ACCOUNTADMIN")["code"] == "390189"
    assert log_in(snowflake.http, RIGHT, roleName="NOPE")["code"] == "390189"
    admin.run("ALTER USER GATEHOUSE SET DISABLED = TRUE")
    assert log_in(snowflake.http, RIGHT)["code"] == "390101"


def test_account_names_in_every_spelling(snowflake: Server) -> None:
    for name in (ACCOUNT, ACCOUNT.lower(), "example_sandbox", "SBX00001", "sbx00001.us-west-2.aws", "SANDBOX"):
        assert log_in(snowflake.http, {**RIGHT, "ACCOUNT_NAME": name})["success"], name


def test_a_programmatic_access_token_logs_in_also_as_a_password(snowflake: Server) -> None:
    token = "sandbox-snowflake-token"
    for login in (
        {"LOGIN_NAME": "GATEHOUSE", "AUTHENTICATOR": "PROGRAMMATIC_ACCESS_TOKEN", "TOKEN": token},
        {"AUTHENTICATOR": "PROGRAMMATIC_ACCESS_TOKEN", "TOKEN": token},
        {"LOGIN_NAME": "GATEHOUSE", "PASSWORD": token},
    ):
        assert log_in(snowflake.http, login)["success"]
    assert log_in(snowflake.http, {"LOGIN_NAME": "ADMIN", "PASSWORD": token})["code"] == "390100"


def test_a_key_pair_logs_in(snowflake: Server, admin: Driver) -> None:
    key, other = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
    der = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    printed = base64.b64encode(hashlib.sha256(der).digest()).decode()

    def token(signer: rsa.RSAPrivateKey, **more: object) -> str:
        subject = f"{ACCOUNT}.GATEHOUSE"
        claims = {"iss": f"{subject}.SHA256:{printed}", "sub": subject, "exp": int(time.time()) + 60, **more}
        return jwt.encode(claims, signer, algorithm="RS256")

    login: dict[str, object] = {"LOGIN_NAME": "GATEHOUSE", "AUTHENTICATOR": "SNOWFLAKE_JWT"}
    assert log_in(snowflake.http, {**login, "TOKEN": token(key)})["code"] == "390144", "no key is known yet"
    admin.run(f"ALTER USER GATEHOUSE SET RSA_PUBLIC_KEY = '{base64.b64encode(der).decode()}'")
    assert log_in(snowflake.http, {**login, "TOKEN": token(key)})["success"]
    # As the Go driver does it, and so the official provider.
    nameless = log_in(snowflake.http, {"AUTHENTICATOR": "SNOWFLAKE_JWT", "TOKEN": token(key)})
    assert nameless["data"]["sessionInfo"]["roleName"] == "GATEHOUSE"
    assert log_in(snowflake.http, {**login, "LOGIN_NAME": "ADMIN", "TOKEN": token(key)})["code"] == "390144"
    for wrong in (
        token(other),
        token(key, exp=int(time.time()) - 600),
        token(key, sub=f"{ACCOUNT}.ADMIN"),
        token(key, iss="someone"),
    ):
        assert log_in(snowflake.http, {**login, "TOKEN": wrong})["code"] == "390144"


def post(server: Server, path: str, token: str | None, **more: Any) -> dict[str, Any]:
    headers = {} if token is None else {"Authorization": f'Snowflake Token="{token}"'}
    response = server.http.post(path, headers={**headers, **more.pop("headers", {})}, **more)
    assert response.status_code == 200
    answer: dict[str, Any] = response.json()
    return answer


def test_tokens_are_renewed_and_sessions_closed(snowflake: Server, deployer: Driver) -> None:
    login = deployer.login
    assert post(snowflake, "/session/heartbeat", deployer.token)["success"]
    assert post(snowflake, "/session/token-request", deployer.token)["code"] == "390115", "that is no master token"
    renewed = post(snowflake, "/session/token-request", login["masterToken"], json={"requestType": "RENEW"})["data"]
    assert deployer.ask("SELECT 1")["code"] == "390111"
    fresh = Driver(snowflake.http, renewed["sessionToken"], login)
    assert fresh.value("SELECT CURRENT_SESSION()") == str(login["sessionId"])
    assert post(snowflake, "/session?delete=true", fresh.token)["success"]
    assert fresh.ask("SELECT 1")["code"] == "390111"
    assert post(snowflake, "/session/heartbeat", fresh.token)["code"] == "390111"
    assert post(snowflake, "/session/heartbeat", None)["code"] == "390101"


def test_an_expired_token_asks_for_renewal(deployer: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.snowflake_api.wire.time.time", lambda: 4e9)
    assert deployer.ask("SELECT 1")["code"] == "390112"


def test_bodies_may_be_compressed_and_odd_ones_are_refused_politely(snowflake: Server, deployer: Driver) -> None:
    body = gzip.compress(json.dumps({"sqlText": "SELECT 'x'"}).encode())
    asked = {"headers": {"Content-Encoding": "gzip"}, "content": body}
    assert post(snowflake, "/queries/v1/query-request", deployer.token, **asked)["data"]["rowset"] == [["x"]]
    for odd in (
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"sqlText": 1}',
        b'{"sqlText": null}',
        b'{"sqlText": "", "bindings": []}',
        b"\xff",
    ):
        assert post(snowflake, "/queries/v1/query-request", deployer.token, content=odd)["code"] == "000900", odd
    broken = {"headers": {"Content-Encoding": "gzip"}, "content": body[:-4]}
    assert not post(snowflake, "/queries/v1/query-request", deployer.token, **broken)["success"]
    assert not post(snowflake, "/session/v1/login-request", None, content=b"[]")["success"]
    for login in (
        {"SESSION_PARAMETERS": "x"},
        {"PASSWORD": 1},
        {"ACCOUNT_NAME": None},
        {"TOKEN": "\ud800", "AUTHENTICATOR": "OAUTH"},
    ):
        sent = json.dumps({"data": {**RIGHT, **login}}).encode()
        assert "code" in post(snowflake, "/session/v1/login-request", None, content=sent)
    assert post(snowflake, "/telemetry/send", deployer.token, json={"logs": []})["success"]


def test_pages_of_browsers_are_kept_out(snowflake: Server) -> None:
    for headers in ({"Origin": "https://example.com"}, {"Host": "rebound.example.com"}):
        assert snowflake.http.get("/__sandbox/health", headers=headers).status_code == 403
    host = {"Host": "example-sandbox.snowflakecomputing.test:8789"}
    assert snowflake.http.get("/__sandbox/health", headers=host).status_code == 200


def test_bindings_stand_for_question_marks(deployer: Driver) -> None:
    bindings = {
        "1": {"type": "TEXT", "value": "it's"},
        "2": {"type": "FIXED", "value": "42"},
        "3": {"type": "BOOLEAN", "value": "true"},
        "4": {"type": "TEXT", "value": None},
    }
    answer = deployer.ask("SELECT ?, ?, ?, ?", bindings=bindings)
    assert answer["data"]["rowset"] == [["it's", "42", "1", None]]
    assert [one["type"] for one in answer["data"]["rowtype"]] == ["text", "fixed", "boolean", "text"]
    assert deployer.ask("SELECT ?")["code"] == "002049"


def test_a_description_runs_nothing_that_changes_something(snowflake: Server, deployer: Driver) -> None:
    answer = deployer.ask("SELECT 1 AS A", describeOnly=True)
    assert (answer["data"]["rowset"], answer["data"]["rowtype"][0]["name"]) == ([], "A")
    assert deployer.ask("CREATE ROLE R", describeOnly=True)["success"]
    assert snowflake.objects() == {}


def test_results_are_fetched_again_by_id(snowflake: Server, deployer: Driver) -> None:
    first = deployer.ask("SELECT 1.5 AS A, 'x' AS B, PARSE_JSON('{\"k\": [true]}') AS C, NULL AS D")
    query_id = first["data"]["queryId"]
    again = deployer.ask(f"SELECT * FROM TABLE(RESULT_SCAN('{query_id}'))")  # noqa: S608 - our own id
    assert again["data"]["rowset"] == first["data"]["rowset"]
    assert deployer.value("SELECT LAST_QUERY_ID()") == again["data"]["queryId"]
    assert deployer.refusal("SELECT * FROM TABLE(RESULT_SCAN('nope'))")[0] == "000709"
    got = snowflake.http.get(f"/queries/{query_id}/result", headers=deployer.headers).json()
    assert got["data"]["rowset"] == first["data"]["rowset"]
    assert not snowflake.http.get("/queries/nope/result", headers=deployer.headers).json()["success"]
    other = snowflake.connect("ADMIN")
    assert not snowflake.http.get(f"/queries/{query_id}/result", headers=other.headers).json()["success"]
    assert not snowflake.http.get(f"/queries/{query_id}/result").json()["success"]


SLOW = """CREATE FUNCTION APPS.PUBLIC.SLOW() RETURNS VARCHAR LANGUAGE PYTHON RUNTIME_VERSION = 3.12 HANDLER = 'f' AS
$$
import os, time
def f():
    while not os.path.exists({go!r}): time.sleep(0.01)
    return 'done'
$$"""


def test_asynchronous_queries_are_answered_later(snowflake: Server, deployer: Driver, tmp_path: Path) -> None:
    deployer.run(SLOW.format(go=str(tmp_path / "go")))
    answer = deployer.ask("SELECT APPS.PUBLIC.SLOW()", asyncExec=True)
    assert answer["code"] == "333334"
    query_id = answer["data"]["queryId"]

    def status() -> str:
        rows = snowflake.http.get(f"/monitoring/queries/{query_id}", headers=deployer.headers).json()["data"]["queries"]
        return str(rows[0]["status"])

    assert status() == "RUNNING"
    (tmp_path / "go").touch()
    result = snowflake.http.get(answer["data"]["getResultUrl"], headers=deployer.headers).json()
    assert result["data"]["rowset"] == [["done"]]
    assert status() == "SUCCESS"
    failed = deployer.ask("SELECT nonsense()", asyncExec=True)["data"]["queryId"]
    snowflake.http.get(f"/queries/{failed}/result", headers=deployer.headers)
    rows = snowflake.http.get(f"/monitoring/queries/{failed}", headers=deployer.headers).json()["data"]["queries"]
    assert (rows[0]["status"], rows[0]["errorCode"]) == ("FAILED_WITH_ERROR", "002140")


def test_a_running_statement_can_be_cancelled(snowflake: Server, deployer: Driver, tmp_path: Path) -> None:
    deployer.run(SLOW.format(go=str(tmp_path / "never")))
    answers: list[dict[str, Any]] = []
    asking = threading.Thread(
        target=lambda: answers.append(deployer.ask("SELECT APPS.PUBLIC.SLOW()", request_id="r-1"))
    )
    asking.start()
    ended = {}
    while not ended.get("success"):
        ended = post(snowflake, "/queries/v1/abort-request", deployer.token, json={"requestId": "r-1"})
    asking.join()
    assert answers[0]["code"] == "000604"
    assert snowflake.statements()[-1]["code"] == "000604"
    assert post(snowflake, "/queries/v1/abort-request", deployer.token, json={"requestId": "r-1"})["code"] == "000605"


def test_a_fault_of_the_server_is_a_refusal_and_tells_nothing(
    deployer: Driver, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("".join(("hun", "ter2")))

    monkeypatch.setattr("sandbox.snowflake_api.execution.answer", broken)
    assert deployer.ask("CREATE ROLE R")["code"] == "000603"
    said = capfd.readouterr().err
    assert "RuntimeError" in said
    assert "hunter2" not in said
