"""The Snowflake stand-in against the local Snowflake: whole lives, drift made by hand, refusals, and its many roles."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from sandbox.plugins.snowflake.provider import TYPES
from sandbox.plugins.values import Properties, Secret
from tests.sandbox.provider_harness import Engine, urn
from tests.sandbox.snowflake_local import ADMIN, DEPLOYER, Local, local_snowflake
from tests.sandbox.snowflake_replay import snowflake_engine

KINDS = {kind.rsplit(":", 1)[-1]: kind for kind in TYPES}
PLACE: Properties = {"database": "APPS", "schema": "LEDGER"}
UNREADABLE = {
    "AccountRole": set(),
    "GrantAccountRole": set(),
    "GrantPrivilegesToAccountRole": set(),
    "NetworkRule": set(),
    "GitRepository": set(),
    "SecretWithClientCredentials": set(),
    # The time is told, but in another spelling.
    "SecretWithAuthorizationCodeGrant": {"oauthRefreshToken", "oauthRefreshTokenExpiryTime"},
    "SecretWithBasicAuthentication": {"password"},
    "SecretWithGenericString": {"secretString"},
    "ExternalAccessIntegration": {"allowedAuthenticationSecrets"},
    "FunctionPython": {"isAggregate", "isSecure"},
}
"""What an import cannot find out. Types that leave something to Snowflake differ by their word for that as well."""


class Deployment:
    """Resources of a program, in the order in which they were made."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._made: list[tuple[str, str]] = []
        self.states: dict[str, Properties] = {}

    def make(self, short: str, name: str, inputs: Properties) -> Properties:
        """Check and create; straight afterwards nothing differs, and it is read as it was made."""
        assert name not in self.states
        at = urn(KINDS[short], name)
        checked, failures = self.engine.check(at, inputs)
        assert failures == []
        ident, outputs = self.engine.create(at, checked)
        self._made.append((name, at))
        self.states[name] = outputs
        assert list(self.engine.diff(at, ident, outputs, checked).diffs) == []
        assert self.engine.read(at, ident, outputs, checked)[1] == outputs
        if short in UNREADABLE:
            found, imported, _ = self.engine.read(at, ident, {}, {})
            assert found == ident
            assert set(self.engine.diff(at, ident, imported, checked).diffs) == UNREADABLE[short]
        return outputs

    def change(self, name: str, inputs: Properties) -> list[str]:
        """Update; straight afterwards nothing differs, and it is read as it was left. The names of what changed."""
        at, state = self._at(name), self.states[name]
        checked, failures = self.engine.check(at, inputs)
        assert failures == []
        found = self.engine.diff(at, str(state["id"]), state, checked)
        assert list(found.replaces) == []
        outputs = self.engine.update(at, str(state["id"]), state, checked)
        self.states[name] = outputs
        assert list(self.engine.diff(at, str(outputs["id"]), outputs, checked).diffs) == []
        assert self.engine.read(at, str(outputs["id"]), outputs, checked)[1] == outputs
        return sorted(found.diffs)

    def drift(self, name: str, inputs: Properties) -> list[str]:
        """What a refresh finds, as the names of what an update would change. Then the update, and nothing is left."""
        at, state = self._at(name), self.states[name]
        checked, _ = self.engine.check(at, inputs)
        _, found, _ = self.engine.read(at, str(state["id"]), state, checked)
        diffs = sorted(self.engine.diff(at, str(state["id"]), found, checked).diffs)
        self.states[name] = found
        assert self.change(name, inputs) == diffs
        return diffs

    def end(self) -> None:
        """Delete everything, the latest first; afterwards it is gone."""
        for name, at in reversed(self._made):
            state = self.states[name]
            self.engine.delete(at, str(state["id"]), state)
            if "grantPrivileges" not in at and "Execute" not in at:
                assert self.engine.read(at, str(state["id"]), state, state)[0] == ""

    def _at(self, name: str) -> str:
        return next(at for known, at in self._made if known == name)


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    with local_snowflake(tmp_path / "account") as served:
        yield served


@pytest.fixture
def program(local: Local) -> Iterator[Deployment]:
    """As the role that deploys; its schema is there."""
    with snowflake_engine(local.config()) as engine:
        deployment = Deployment(engine)
        deployment.make("Schema", "schema", {"database": "APPS", "name": "LEDGER", "withManagedAccess": "true"})
        yield deployment


def test_schemas_roles_warehouses_and_pools_live(program: Deployment) -> None:
    schema: Properties = {"database": "APPS", "name": "LEDGER"}
    managed = {**schema, "withManagedAccess": "true", "comment": "c"}
    assert program.change("schema", managed) == ["comment"]
    assert program.change("schema", schema) == ["comment", "withManagedAccess"]
    program.make("AccountRole", "role", {"name": "FINANCE"})
    assert program.change("role", {"name": "FINANCE", "comment": "c"}) == ["comment"]
    assert program.change("role", {"name": "SALES", "comment": "c"}) == ["name"]
    assert program.states["role"]["id"] == "SALES"
    program.make("GrantAccountRole", "to role", {"roleName": "SALES", "parentRoleName": "SYSADMIN"})
    program.make("GrantAccountRole", "to user", {"roleName": "SALES", "userName": DEPLOYER})
    warehouse: Properties = {"name": "W", "warehouseSize": "XSMALL", "autoSuspend": 60, "initiallySuspended": True}
    program.make("Warehouse", "warehouse", warehouse)
    assert program.change("warehouse", {**warehouse, "autoSuspend": 90, "comment": "c"}) == ["autoSuspend", "comment"]
    assert program.change("warehouse", {**warehouse, "statementTimeoutInSeconds": 60, "autoSuspend": 90}) == [
        "comment",
        "statementTimeoutInSeconds",
    ]
    pool: Properties = {"name": "P", "minNodes": 1, "maxNodes": 1, "instanceFamily": "CPU_X64_XS"}
    program.make("ComputePool", "pool", pool)
    assert program.change("pool", {**pool, "maxNodes": 2, "autoSuspendSecs": 60}) == ["autoSuspendSecs", "maxNodes"]
    program.end()


def test_secrets_and_what_may_use_them_live(program: Deployment, local: Local) -> None:
    generic: Properties = {**PLACE, "name": "FX", "secretString": Secret("first value")}
    program.make("SecretWithGenericString", "generic", generic)
    assert program.change("generic", {**generic, "secretString": Secret("second"), "comment": "c"}) == [
        "comment",
        "secretString",
    ]
    password: Properties = {**PLACE, "name": "CRM", "username": Secret("anna"), "password": Secret("pass word")}
    program.make("SecretWithBasicAuthentication", "password", password)
    assert program.change("password", {**password, "username": Secret("bob")}) == ["username"]
    local.by_hand("GRANT USAGE ON INTEGRATION EXCHANGE_OAUTH TO ROLE GATEHOUSE")
    oauth: Properties = {**PLACE, "apiAuthentication": "EXCHANGE_OAUTH"}
    client: Properties = {**oauth, "name": "CLIENT", "oauthScopes": ["b", "a"]}
    program.make("SecretWithClientCredentials", "client", client)
    assert program.change("client", {**client, "oauthScopes": ["c"]}) == ["oauthScopes"]
    code: Properties = {
        **oauth,
        "name": "CODE",
        "oauthRefreshToken": Secret("refresh token"),
        "oauthRefreshTokenExpiryTime": "2030-01-02 15:04:01",
    }
    program.make("SecretWithAuthorizationCodeGrant", "code", code)
    assert program.change("code", {**code, "oauthRefreshToken": Secret("other token")}) == ["oauthRefreshToken"]

    rule: Properties = {**PLACE, "name": "EGRESS", "type": "HOST_PORT", "mode": "EGRESS", "valueLists": ["a.example"]}
    program.make("NetworkRule", "rule", rule)
    assert program.change("rule", {**rule, "valueLists": ["c.example:443", "b.example"]}) == ["valueLists"]
    secrets = [str(program.states[name]["fullyQualifiedName"]) for name in ("password", "generic")]
    integration: Properties = {
        "name": "LEDGER",
        "enabled": True,
        "allowedNetworkRules": [program.states["rule"]["fullyQualifiedName"]],
        "allowedAuthenticationSecrets": {"secrets": secrets},
    }
    program.make("ExternalAccessIntegration", "integration", integration)
    assert program.change("integration", {**integration, "allowedAuthenticationSecrets": {"none": True}}) == [
        "allowedAuthenticationSecrets"
    ]
    assert program.change("integration", integration) == ["allowedAuthenticationSecrets"]
    function: Properties = {
        **PLACE,
        "name": "GET_FX",
        "returnType": "VARCHAR",
        "runtimeVersion": "3.12",
        "handler": "get",
        "functionDefinition": "import _snowflake\ndef get():\n    return _snowflake.get_generic_secret_string('s')\n",
        "externalAccessIntegrations": ["LEDGER"],
        "secrets": [{"secretVariableName": "s", "secretId": secrets[1]}],
    }
    program.make("FunctionPython", "function", function)
    assert program.change("function", {**function, "comment": "c"}) == ["comment"]
    (row,) = local.by_hand('SELECT "APPS"."LEDGER"."GET_FX"()', DEPLOYER)
    assert list(row.values()) == ["second"]
    program.end()
    assert local.by_hand("SHOW SECRETS IN DATABASE APPS", DEPLOYER) == []


def test_grants_live(program: Deployment, local: Local) -> None:
    program.make("AccountRole", "role", {"name": "FINANCE"})
    program.make("Warehouse", "warehouse", {"name": "W", "initiallySuspended": True})
    to: Properties = {"accountRoleName": program.states["role"]["name"], "privileges": ["USAGE"]}
    warehouse: Properties = {**to, "onAccountObject": {"objectType": "WAREHOUSE", "objectName": "W"}}
    program.make("GrantPrivilegesToAccountRole", "on warehouse", warehouse)
    assert program.change("on warehouse", {**warehouse, "privileges": ["MONITOR", "OPERATE"]}) == ["privileges"]
    schema: Properties = {**to, "onSchema": {"schemaName": '"APPS"."LEDGER"'}}
    program.make("GrantPrivilegesToAccountRole", "on schema", {**schema, "privileges": ["USAGE", "CREATE STREAMLIT"]})
    program.make("SecretWithGenericString", "secret", {**PLACE, "name": "FX", "secretString": Secret("v")})
    secret: Properties = {**to, "onSchemaObject": {"objectType": "SECRET", "objectName": '"APPS"."LEDGER"."FX"'}}
    program.make("GrantPrivilegesToAccountRole", "on secret", {**secret, "privileges": ["READ", "USAGE"]})
    held = {(row["privilege"], row["granted_on"]) for row in local.by_hand("SHOW GRANTS TO ROLE FINANCE")}
    assert held == {
        ("OPERATE", "WAREHOUSE"), ("MONITOR", "WAREHOUSE"), ("USAGE", "SCHEMA"), ("CREATE STREAMLIT", "SCHEMA"),
        ("READ", "SECRET"), ("USAGE", "SECRET"),
    }  # fmt: skip
    local.by_hand("REVOKE READ ON SECRET APPS.LEDGER.FX FROM ROLE FINANCE")
    assert program.drift("on secret", {**secret, "privileges": ["READ", "USAGE"]}) == ["privileges"]
    program.end()


def test_a_git_repository_lives(program: Deployment, local: Local, tmp_path: Path) -> None:
    origin = tmp_path / "origin"
    subprocess.run(["git", "init", "--quiet", "--bare", str(origin)], check=True)
    local.by_hand("GRANT USAGE ON INTEGRATION GITHUB TO ROLE GATEHOUSE")
    repository: Properties = {**PLACE, "name": "CODE", "origin": f"file://{origin}", "apiIntegration": "GITHUB"}
    program.make("GitRepository", "code", repository)
    assert program.change("code", {**repository, "comment": "c"}) == ["comment"]
    program.end()


def test_drift_made_by_hand_is_found_and_undone(program: Deployment, local: Local) -> None:
    rule: Properties = {**PLACE, "name": "EGRESS", "type": "HOST_PORT", "mode": "EGRESS", "valueLists": ["a.example"]}
    program.make("NetworkRule", "rule", rule)
    local.by_hand("ALTER NETWORK RULE APPS.LEDGER.EGRESS SET VALUE_LIST = ('evil.example')", DEPLOYER)
    assert program.drift("rule", rule) == ["valueLists"]
    pool: Properties = {"name": "P", "minNodes": 1, "maxNodes": 1, "instanceFamily": "CPU_X64_XS"}
    program.make("ComputePool", "pool", pool)
    local.by_hand("ALTER COMPUTE POOL P SET AUTO_SUSPEND_SECS = 60", DEPLOYER)
    assert program.drift("pool", pool) == ["autoSuspendSecs"]
    warehouse: Properties = {"name": "W", "initiallySuspended": True}
    program.make("Warehouse", "warehouse", warehouse)
    local.by_hand("ALTER WAREHOUSE W SET STATEMENT_TIMEOUT_IN_SECONDS = 5", DEPLOYER)
    assert program.drift("warehouse", warehouse) == ["statementTimeoutInSeconds"]
    local.by_hand("ALTER WAREHOUSE W SET COMMENT = 'x' AUTO_RESUME = FALSE", DEPLOYER)
    assert program.drift("warehouse", warehouse) == ["autoResume", "comment"]
    integration: Properties = {
        "name": "E",
        "enabled": True,
        "allowedNetworkRules": [program.states["rule"]["fullyQualifiedName"]],
        "allowedAuthenticationSecrets": {"none": True},
    }
    program.make("ExternalAccessIntegration", "integration", integration)
    local.by_hand("ALTER EXTERNAL ACCESS INTEGRATION E SET ENABLED = FALSE", DEPLOYER)
    assert program.drift("integration", integration) == ["enabled"]
    local.by_hand("ALTER EXTERNAL ACCESS INTEGRATION E SET ALLOWED_AUTHENTICATION_SECRETS = ALL", DEPLOYER)
    assert program.drift("integration", integration) == ["allowedAuthenticationSecrets"]
    local.by_hand("ALTER SCHEMA APPS.LEDGER DISABLE MANAGED ACCESS", DEPLOYER)
    schema: Properties = {"database": "APPS", "name": "LEDGER", "withManagedAccess": "true"}
    assert program.drift("schema", schema) == ["withManagedAccess"]
    program.make("SecretWithGenericString", "secret", {**PLACE, "name": "FX", "secretString": Secret("v")})
    local.by_hand("ALTER SECRET APPS.LEDGER.FX SET COMMENT = 'x' SECRET_STRING = 'w'", DEPLOYER)
    # Nobody can read a value back, so that another one is not seen.
    assert program.drift("secret", {**PLACE, "name": "FX", "secretString": Secret("v")}) == ["comment"]


def test_a_secret_made_anew_as_another_type_is_replaced(program: Deployment, local: Local) -> None:
    inputs: Properties = {**PLACE, "name": "FX", "secretString": Secret("v")}
    state = program.make("SecretWithGenericString", "secret", inputs)
    local.by_hand("CREATE OR REPLACE SECRET APPS.LEDGER.FX TYPE = PASSWORD USERNAME = 'u' PASSWORD = 'p'", DEPLOYER)
    at = urn(KINDS["SecretWithGenericString"], "secret")
    _, found, _ = program.engine.read(at, str(state["id"]), state, inputs)
    answer = program.engine.diff(at, str(state["id"]), found, {**inputs, "__defaults": []})
    assert list(answer.replaces) == ["secretType"]
    assert answer.deleteBeforeReplace


def test_what_somebody_dropped_is_gone(program: Deployment, local: Local) -> None:
    states = {
        "SecretWithGenericString": program.make(
            "SecretWithGenericString", "s", {**PLACE, "name": "FX", "secretString": Secret("v")}
        ),
        "StageInternal": program.make("StageInternal", "f", {**PLACE, "name": "FILES"}),
    }
    local.by_hand("DROP SCHEMA APPS.LEDGER", DEPLOYER)
    for short, state in states.items():
        at = urn(KINDS[short], "x")
        assert program.engine.read(at, str(state["id"]), state, state)[0] == ""
        program.engine.delete(at, str(state["id"]), state)


def test_nothing_is_adopted_and_privileges_count(program: Deployment, local: Local) -> None:
    local.by_hand("CREATE ROLE FINANCE")
    with pytest.raises(grpc.RpcError, match="already exists"):
        program.make("AccountRole", "role", {"name": "FINANCE"})
    with pytest.raises(grpc.RpcError, match=r"[Ii]nsufficient privileges"):
        program.make("GrantAccountRole", "grant", {"roleName": "FINANCE", "parentRoleName": DEPLOYER})


def test_an_app_is_made_by_its_owner_role(program: Deployment, local: Local, tmp_path: Path) -> None:
    program.make("AccountRole", "owner", {"name": "OWNER"})
    program.make("GrantAccountRole", "login", {"roleName": "OWNER", "parentRoleName": DEPLOYER})
    program.make("Warehouse", "warehouse", {"name": "W", "initiallySuspended": True})
    for name, target, privileges in (
        ("on database", {"onAccountObject": {"objectType": "DATABASE", "objectName": "APPS"}}, ["USAGE"]),
        ("on schema", {"onSchema": {"schemaName": '"APPS"."LEDGER"'}}, ["USAGE", "CREATE STREAMLIT", "CREATE STAGE"]),
        ("on warehouse", {"onAccountObject": {"objectType": "WAREHOUSE", "objectName": "W"}}, ["USAGE"]),
    ):
        grant: Properties = {"accountRoleName": "OWNER", "privileges": privileges, **target}
        program.make("GrantPrivilegesToAccountRole", name, grant)
    file = tmp_path / "streamlit_app.py"
    file.write_text("the app")
    stage, app = '"APPS"."LEDGER"."FILES"', '"APPS"."LEDGER"."LEDGER"'
    with snowflake_engine(local.config(role="OWNER")) as engine:
        owner = Deployment(engine)
        owner.make("StageInternal", "stage", {**PLACE, "name": "FILES", "encryption": {"snowflakeSse": {}}})
        owner.make("Execute", "put", {
            "execute": f"PUT 'file://{file}' '@{stage}/abc/' AUTO_COMPRESS=FALSE OVERWRITE=TRUE",
            "revert": f"REMOVE '@{stage}/abc/streamlit_app.py'",
        })  # fmt: skip
        owner.make("Execute", "app", {
            "execute": f"CREATE STREAMLIT {app} MAIN_FILE = 'streamlit_app.py' "
            "RUNTIME_NAME = 'SYSTEM$WAREHOUSE_RUNTIME'",
            "revert": f"DROP STREAMLIT IF EXISTS {app}",
            "query": "SHOW STREAMLITS LIKE 'LEDGER' IN SCHEMA \"APPS\".\"LEDGER\"",
        })  # fmt: skip
        (row,) = owner.states["app"]["queryResults"]  # type: ignore[misc] # one row
        assert (row["name"], row["owner"]) == ("LEDGER", "OWNER")
        owner.make(
            "Execute", "live", {"execute": f"ALTER STREAMLIT {app} ADD LIVE VERSION FROM LAST", "revert": "SELECT 1"}
        )
        owner.make("Execute", "copy", {
            "execute": f"COPY FILES INTO 'snow://streamlit/APPS.LEDGER.LEDGER/versions/live/' FROM '@{stage}/abc/'",
            "revert": "SELECT 1",
            "query": "LIST 'snow://streamlit/APPS.LEDGER.LEDGER/versions/live/'",
        })  # fmt: skip
        assert "streamlit_app.py" in str(owner.states["copy"]["queryResults"])
        owner.end()
    program.end()


def test_a_provider_of_a_role_that_is_not_there_yet_says_so(local: Local) -> None:
    with (
        snowflake_engine(local.config(role="OWNER")) as engine,
        pytest.raises(grpc.RpcError, match=r"GATEHOUSE cannot log in .*Role 'OWNER'"),
    ):
        engine.create(urn(KINDS["AccountRole"], "r"), {"name": "R"})


def test_no_secret_is_logged_by_the_account(program: Deployment, local: Local) -> None:
    program.make("SecretWithGenericString", "s", {**PLACE, "name": "FX", "secretString": Secret("hunter2")})
    with pytest.raises(grpc.RpcError) as error:
        program.make("SecretWithGenericString", "t", {**PLACE, "name": "FX", "secretString": Secret("hunter2")})
    assert "already exists" in str(error.value.details())
    assert "hunter2" not in str(error.value.details())
    assert "hunter2" not in local.log()
    assert [row["name"] for row in local.by_hand("SHOW ROLES LIKE 'ACCOUNTADMIN'", ADMIN)] == ["ACCOUNTADMIN"]
