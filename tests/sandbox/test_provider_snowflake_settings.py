"""How the Snowflake stand-in is configured: by the program or the environment, for this machine only, and quietly."""

from __future__ import annotations

import json
from collections.abc import Iterator

import grpc
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from sandbox.plugins.snowflake.settings import faults, settings
from sandbox.plugins.values import UNKNOWN, Properties, Secret
from tests.sandbox.provider_harness import urn
from tests.sandbox.snowflake_replay import Replay, replay, snowflake_engine

ROLE = urn("snowflake:index/accountRole:AccountRole", "r")
HERE: Properties = {
    "host": "127.0.0.1",
    "organizationName": "ORG",
    "accountName": "SBX",
    "user": "deploy",
    "password": Secret("hunter2"),
}


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOST", "PORT", "PROTOCOL", "ORGANIZATION_NAME", "ACCOUNT_NAME", "USER", "PASSWORD", "TOKEN", "ROLE"):
        monkeypatch.delenv(f"SNOWFLAKE_{name}", raising=False)


@pytest.fixture
def server() -> Iterator[Replay]:
    with replay() as served:
        yield served


@pytest.mark.parametrize(
    "host", ["", "org-account.snowflakecomputing.com", "127.0.0.1.example.com", "10.0.0.1", "128.0.0.1", "192.168.1.1"]
)
def test_hosts_beyond_this_machine_are_refused(host: str) -> None:
    found = faults({**HERE, "host": host})
    assert [name for name, _ in found] == ["host"]
    with pytest.raises(grpc.RpcError, match=r"not on this machine|no host"), snowflake_engine({**HERE, "host": host}):
        pass


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "localhost", "::1"])
def test_hosts_of_this_machine_are_taken(host: str) -> None:
    assert faults({**HERE, "host": host}) == []


def test_the_environment_says_what_the_program_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {
        "SNOWFLAKE_HOST": "localhost",
        "SNOWFLAKE_PORT": "8788",
        "SNOWFLAKE_PROTOCOL": "http",
        "SNOWFLAKE_ORGANIZATION_NAME": "ORG",
        "SNOWFLAKE_ACCOUNT_NAME": "SBX",
        "SNOWFLAKE_USER": "somebody",
        "SNOWFLAKE_PASSWORD": "hunter2",
        "SNOWFLAKE_ROLE": "R",
        "SNOWFLAKE_WAREHOUSE": "W",
    }
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    assert faults({}) == []
    read = settings({"user": "deploy", "role": ""})
    assert (read.address, read.account) == ("http://localhost:8788", "ORG-SBX")
    assert (read.user, read.password, read.role, read.warehouse) == ("deploy", "hunter2", "R", "W")


def test_an_address_in_the_environment_is_no_way_around(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNOWFLAKE_HOST", "org-account.snowflakecomputing.com")
    assert [name for name, _ in faults({**HERE, "host": None})] == ["host"]


def test_a_port_is_that_of_the_protocol() -> None:
    assert settings(HERE).address == "https://127.0.0.1:443"
    assert settings({**HERE, "protocol": "http"}).address == "http://127.0.0.1:80"


def test_lists_and_maps_come_as_json_text() -> None:
    as_text = settings({**HERE, "params": '{"A": "1"}', "previewFeaturesEnabled": '["x", "y"]'})
    assert as_text == settings({**HERE, "params": {"A": "1"}, "previewFeaturesEnabled": ["x", "y"]})
    assert (as_text.parameters, as_text.previews) == ({"A": "1"}, frozenset({"x", "y"}))
    broken = faults({**HERE, "params": "A=1", "previewFeaturesEnabled": '{"x": 1}'})
    assert broken == [
        ("params", "`params` is no map, nor one as JSON text"),
        ("previewFeaturesEnabled", "`previewFeaturesEnabled` is no list, nor one as JSON text"),
    ]


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ({"user": None}, "user"),
        ({"organizationName": None}, "organizationName"),
        ({"accountName": None}, "accountName"),
        ({"password": None}, "authenticator"),
        ({"password": None, "privateKey": Secret("-----BEGIN")}, "authenticator"),
        ({"authenticator": "SNOWFLAKE_JWT"}, "authenticator"),
        ({"authenticator": "PROGRAMMATIC_ACCESS_TOKEN"}, "authenticator"),
        ({"authenticator": "EXTERNALBROWSER"}, "authenticator"),
        ({"port": "x"}, "port"),
        ({"protocol": "ftp"}, "protocol"),
        ({"loginTimeout": 5}, "loginTimeout"),
        ({"okta": "x"}, "okta"),
    ],
)
def test_what_it_could_not_work_with_is_refused(change: Properties, at: str) -> None:
    found = faults({**HERE, **change})
    assert [name for name, _ in found] == [at]
    assert "hunter2" not in str(found)


def test_what_is_not_known_yet_is_not_judged_and_dials_nobody(server: Replay) -> None:
    assert faults({"host": UNKNOWN, "loginTimeout": 5}) == []
    assert faults({**HERE, "role": UNKNOWN, "password": Secret(UNKNOWN)}) == []
    with snowflake_engine(server.config(role=UNKNOWN)) as engine:
        inputs, failures = engine.check(ROLE, {"name": "FINANCE"})
        assert failures == []
        assert engine.create(ROLE, inputs, preview=True)[1]["name"] == "FINANCE"
    assert server.logins == []


def _private_key(passphrase: bytes) -> str:
    key = rsa.generate_private_key(65537, 2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase)).decode()


@pytest.mark.parametrize(
    ("credentials", "sent"),
    [
        ({}, {"PASSWORD": "x", "AUTHENTICATOR": None}),
        (
            {"password": None, "authenticator": "PROGRAMMATIC_ACCESS_TOKEN", "token": Secret("pat")},
            {"TOKEN": "pat", "AUTHENTICATOR": "PROGRAMMATIC_ACCESS_TOKEN"},
        ),
        ({"password": None, "token": Secret("oauth")}, {"TOKEN": "oauth", "AUTHENTICATOR": "OAUTH"}),
    ],
)
def test_it_logs_in_with_what_it_was_given(server: Replay, credentials: Properties, sent: Properties) -> None:
    with snowflake_engine(server.config(**credentials)) as engine:
        engine.delete(ROLE, "R", {"id": "R"})
    (login,) = server.logins
    assert {name: login.get(name) for name in sent} == sent


def test_it_logs_in_with_a_key_that_has_a_passphrase(server: Replay) -> None:
    key = {
        "password": None,
        "authenticator": "SNOWFLAKE_JWT",
        "privateKey": Secret(_private_key(b"open")),
        "privateKeyPassphrase": Secret("open"),
    }
    with snowflake_engine(server.config(**key)) as engine:
        engine.delete(ROLE, "R", {"id": "R"})
    (login,) = server.logins
    assert login["AUTHENTICATOR"] == "SNOWFLAKE_JWT"
    assert str(login["TOKEN"]).count(".") == 2


def test_a_session_has_the_role_and_the_parameters_and_tells_nobody(server: Replay) -> None:
    with snowflake_engine(server.config(role="OWNER", params=json.dumps({"QUERY_TAG": "x"}))) as engine:
        engine.delete(ROLE, "R", {"id": "R"})
    (login,) = server.logins
    assert server.roles == ["OWNER"]
    parameters = login["SESSION_PARAMETERS"]
    assert isinstance(parameters, dict)
    assert (parameters["QUERY_TAG"], parameters["CLIENT_TELEMETRY_ENABLED"]) == ("x", "false")


def test_a_refused_login_names_user_and_address_and_no_password(server: Replay) -> None:
    server.is_shut = True
    with snowflake_engine(server.config(password=Secret("hunter2"))) as engine, pytest.raises(grpc.RpcError) as error:
        engine.delete(ROLE, "R", {"id": "R"})
    told = str(error.value.details())
    assert error.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert told.startswith(f"deploy cannot log in at http://127.0.0.1:{server.port}: ")
    assert "Incorrect username or password" in told
    assert "hunter2" not in told
    assert len(server.logins) == 1, "a wrong password must not be sent again"
