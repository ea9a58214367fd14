"""The Snowflake stand-in's statements that are not in the recording, as the official provider's source has them."""

from __future__ import annotations

import re
from textwrap import dedent

import pytest

from sandbox.plugins.service import NothingDoneError
from sandbox.plugins.snowflake.account import Account
from sandbox.plugins.snowflake.answers import Row
from sandbox.plugins.snowflake.kind import ResourceType
from sandbox.plugins.snowflake.provider import TYPES, SnowflakeProvider
from sandbox.plugins.snowflake.sql import Statement
from sandbox.plugins.values import Properties
from tests.sandbox.provider_harness import urn

KINDS = {kind.rsplit(":", 1)[-1]: kind for kind in TYPES}
PLACE: Properties = {"database": "APPS", "schema": "LEDGER"}


class Program:
    """One resource through its life, in an account that has whatever is asked for and reads back what was wanted."""

    def __init__(self, short: str, inputs: Properties, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        self.rows: dict[str, list[Row]] = {}
        self._kind, self._urn = KINDS[short], urn(KINDS[short], "x")
        self._provider = SnowflakeProvider()
        self._provider.configure({
            "host": "127.0.0.1", "organizationName": "O", "accountName": "A", "user": "u", "password": "p",
            "previewFeaturesEnabled": [entry.preview_feature for entry in TYPES.values()],
        })  # fmt: skip
        self.inputs, self.state, self.ident = inputs, {}, ""

        def asked(_account: Account, statement: Statement) -> list[Row]:
            self.asked.append(statement.text)
            return self.rows.get(statement.text, [])

        def made(_provider: object, _entry: ResourceType, ident: str, wanted: Properties, _known: object) -> Properties:
            return {**wanted, "id": ident}

        monkeypatch.setattr(Account, "_asked", asked)
        monkeypatch.setattr(SnowflakeProvider, "_made", made)

    def create(self) -> list[str]:
        self.ident, self.state = self._provider.create(self._urn, self._kind, self._checked())
        return self.sent()

    def change(self, change: Properties) -> list[str]:
        self.inputs = {**self.inputs, **change}
        self.state = self._provider.update(self._urn, self._kind, self.ident, self._checked(), self.state)
        return self.sent()

    def delete(self) -> list[str]:
        self._provider.delete(self._kind, self.ident, self.state)
        return self.sent()

    def sent(self) -> list[str]:
        """Questions apart."""
        taken, self.asked = self.asked, []
        return [statement for statement in taken if not statement.startswith("SHOW")]

    def _checked(self) -> Properties:
        checked, faults = self._provider.check(self._urn, self._kind, self.inputs, {})
        assert faults == []
        return checked


# For each type its first inputs, and the statements; then changes of the inputs, each with its statements; then those
# of the deletion. A statement may go on in the next line.
LIVES: list[tuple[str, Properties, str, list[tuple[Properties, str]], str]] = [
    (
        "SecretWithClientCredentials",
        {**PLACE, "name": "S", "apiAuthentication": "EXCHANGE", "oauthScopes": ["b", "a"], "comment": "c"},
        """
        CREATE SECRET "APPS"."LEDGER"."S" TYPE = OAUTH2 API_AUTHENTICATION = "EXCHANGE" OAUTH_SCOPES = ('a', 'b')
            COMMENT = 'c'
        """,
        [
            ({"oauthScopes": ["x"]}, """ALTER SECRET "APPS"."LEDGER"."S" SET OAUTH_SCOPES = ('x')"""),
            ({"oauthScopes": []}, """ALTER SECRET "APPS"."LEDGER"."S" SET OAUTH_SCOPES = ()"""),
            ({"comment": None}, """ALTER SECRET "APPS"."LEDGER"."S" SET COMMENT = NULL"""),
            # The official provider has no statement for another integration.
            ({"apiAuthentication": "OTHER"}, ""),
        ],
        """DROP SECRET IF EXISTS "APPS"."LEDGER"."S\"""",
    ),
    (
        "SecretWithAuthorizationCodeGrant",
        {
            **PLACE,
            "name": "S",
            "apiAuthentication": "EXCHANGE",
            "oauthRefreshToken": "t",
            "oauthRefreshTokenExpiryTime": "2030-01-02 15:04:01",
        },
        """
        CREATE SECRET "APPS"."LEDGER"."S" TYPE = OAUTH2 OAUTH_REFRESH_TOKEN = 't'
            OAUTH_REFRESH_TOKEN_EXPIRY_TIME = '2030-01-02 15:04:01' API_AUTHENTICATION = "EXCHANGE"
        """,
        [
            (
                {"oauthRefreshToken": "t2", "oauthRefreshTokenExpiryTime": "2031-01-02 15:04:01", "comment": "c"},
                """
                ALTER SECRET "APPS"."LEDGER"."S" SET COMMENT = 'c' OAUTH_REFRESH_TOKEN = 't2'
                    OAUTH_REFRESH_TOKEN_EXPIRY_TIME = '2031-01-02 15:04:01'
                """,
            ),
            # The official provider has a SET without anything in it, which ends the update.
            (
                {"comment": None},
                """
                ALTER SECRET "APPS"."LEDGER"."S" SET
                ALTER SECRET "APPS"."LEDGER"."S" SET COMMENT = NULL
                """,
            ),
            ({"apiAuthentication": "OTHER"}, """ALTER SECRET "APPS"."LEDGER"."S" SET"""),
        ],
        """DROP SECRET IF EXISTS "APPS"."LEDGER"."S\"""",
    ),
    (
        "StageInternal",
        {**PLACE, "name": "FILES", "encryption": {"snowflakeSse": {}}, "comment": "c"},
        """CREATE STAGE "APPS"."LEDGER"."FILES" ENCRYPTION = (TYPE = 'SNOWFLAKE_SSE') COMMENT = 'c'""",
        [
            ({"comment": ""}, """ALTER STAGE "APPS"."LEDGER"."FILES" SET COMMENT = ''"""),
            ({"name": "F2"}, """ALTER STAGE "APPS"."LEDGER"."FILES" RENAME TO "APPS"."LEDGER"."F2\""""),
        ],
        """DROP STAGE IF EXISTS "APPS"."LEDGER"."F2\"""",
    ),
    (
        "Warehouse",
        {
            "name": "W",
            "warehouseSize": "2X-Large",
            "autoSuspend": 60,
            "autoResume": "true",
            "initiallySuspended": True,
            "comment": "c",
            "statementTimeoutInSeconds": 600,
        },
        """
        CREATE WAREHOUSE "W" WAREHOUSE_SIZE = 'XXLARGE' AUTO_SUSPEND = 60 AUTO_RESUME = true
            INITIALLY_SUSPENDED = true COMMENT = 'c' STATEMENT_TIMEOUT_IN_SECONDS = 600
        """,
        [
            (
                {"warehouseSize": "SMALL", "autoResume": "false"},
                """
                ALTER WAREHOUSE "W" SET WAREHOUSE_SIZE = 'SMALL' WAIT_FOR_COMPLETION = true AUTO_RESUME = false
                """,
            ),
            (
                {"autoSuspend": None, "autoResume": None, "comment": None},
                """
                ALTER WAREHOUSE "W" SET AUTO_SUSPEND = 600
                ALTER WAREHOUSE "W" UNSET AUTO_RESUME, COMMENT
                """,
            ),
            ({"autoSuspend": 0}, """ALTER WAREHOUSE "W" SET AUTO_SUSPEND = 0"""),
            (
                {"name": "W2", "comment": "d"},
                """
                ALTER WAREHOUSE "W" RENAME TO "W2"
                ALTER WAREHOUSE "W2" SET COMMENT = 'd'
                """,
            ),
            # The engine keeps the first id; the outputs know better.
            ({"comment": "e"}, """ALTER WAREHOUSE "W2" SET COMMENT = 'e'"""),
        ],
        """DROP WAREHOUSE IF EXISTS "W2\"""",
    ),
    (
        "Schema",
        {"database": "APPS", "name": "LEDGER", "withManagedAccess": "true", "isTransient": "true", "comment": "c"},
        """CREATE TRANSIENT SCHEMA "APPS"."LEDGER" WITH MANAGED ACCESS COMMENT = 'c'""",
        [
            (
                {"withManagedAccess": "false", "comment": None},
                """
                ALTER SCHEMA "APPS"."LEDGER" DISABLE MANAGED ACCESS
                ALTER SCHEMA "APPS"."LEDGER" UNSET COMMENT
                """,
            ),
            (
                {"name": "L2", "withManagedAccess": "true"},
                """
                ALTER SCHEMA "APPS"."LEDGER" RENAME TO "APPS"."L2"
                ALTER SCHEMA "APPS"."L2" ENABLE MANAGED ACCESS
                """,
            ),
        ],
        """DROP SCHEMA IF EXISTS "APPS"."L2\"""",
    ),
    (
        "GitRepository",
        {
            **PLACE,
            "name": "CODE",
            "origin": "https://git.example/x.git",
            "apiIntegration": "GITHUB",
            "gitCredentials": "APPS.LEDGER.PAT",
        },
        """
        CREATE GIT REPOSITORY "APPS"."LEDGER"."CODE" ORIGIN = 'https://git.example/x.git'
            API_INTEGRATION = "GITHUB" GIT_CREDENTIALS = "APPS"."LEDGER"."PAT"
        """,
        [
            (
                {"apiIntegration": "OTHER", "gitCredentials": None, "comment": "c"},
                """
                ALTER GIT REPOSITORY "APPS"."LEDGER"."CODE" SET API_INTEGRATION = "OTHER" COMMENT = 'c'
                ALTER GIT REPOSITORY "APPS"."LEDGER"."CODE" UNSET GIT_CREDENTIALS
                """,
            )
        ],
        """DROP GIT REPOSITORY IF EXISTS "APPS"."LEDGER"."CODE\"""",
    ),
    (
        "AccountRole",
        {"name": "R", "comment": "c"},
        """CREATE ROLE "R" COMMENT = 'c'""",
        [
            ({"comment": None}, """ALTER ROLE "R" UNSET COMMENT"""),
            ({"name": "R2"}, """ALTER ROLE "R" RENAME TO "R2\""""),
        ],
        """DROP ROLE IF EXISTS "R2\"""",
    ),
    (
        "ComputePool",
        {
            "name": "P",
            "minNodes": 1,
            "maxNodes": 2,
            "instanceFamily": "cpu_x64_xs",
            "autoResume": "true",
            "initiallySuspended": "true",
            "autoSuspendSecs": 0,
            "comment": "c",
        },
        """
        CREATE COMPUTE POOL "P" MIN_NODES = 1 MAX_NODES = 2 INSTANCE_FAMILY = CPU_X64_XS AUTO_RESUME = true
            INITIALLY_SUSPENDED = true AUTO_SUSPEND_SECS = 0 COMMENT = 'c'
        """,
        [
            (
                {"maxNodes": 3, "autoResume": None, "autoSuspendSecs": None, "comment": None},
                """
                ALTER COMPUTE POOL "P" SET MAX_NODES = 3
                ALTER COMPUTE POOL "P" UNSET AUTO_RESUME, AUTO_SUSPEND_SECS, COMMENT
                """,
            )
        ],
        """
        ALTER COMPUTE POOL IF EXISTS "P" STOP ALL
        DROP COMPUTE POOL IF EXISTS "P"
        """,
    ),
    (
        "ExternalAccessIntegration",
        {
            "name": "E",
            "enabled": True,
            "allowedNetworkRules": ["APPS.LEDGER.N"],
            "allowedAuthenticationSecrets": {"none": True},
        },
        """
        CREATE EXTERNAL ACCESS INTEGRATION "E" ALLOWED_NETWORK_RULES = ("APPS"."LEDGER"."N")
            ALLOWED_AUTHENTICATION_SECRETS = none ENABLED = true
        """,
        [
            (
                {"allowedAuthenticationSecrets": {"all": True}, "enabled": False},
                """
                ALTER EXTERNAL ACCESS INTEGRATION "E" SET ALLOWED_AUTHENTICATION_SECRETS = all ENABLED = false
                """,
            ),
            (
                {"allowedAuthenticationSecrets": None, "comment": "c"},
                """
                ALTER EXTERNAL ACCESS INTEGRATION "E" SET COMMENT = 'c'
                ALTER EXTERNAL ACCESS INTEGRATION "E" UNSET ALLOWED_AUTHENTICATION_SECRETS
                """,
            ),
        ],
        """DROP EXTERNAL ACCESS INTEGRATION IF EXISTS "E\"""",
    ),
    (
        "FunctionPython",
        {
            **PLACE,
            "name": "F",
            "returnType": "OBJECT",
            "runtimeVersion": "3.12",
            "handler": "get",
            "isSecure": "true",
            "nullInputBehavior": "strict",
            "functionDefinition": "def get(): return {}",
            "logLevel": "DEBUG",
        },
        """
        CREATE SECURE FUNCTION "APPS"."LEDGER"."F" () RETURNS OBJECT LANGUAGE PYTHON STRICT
            RUNTIME_VERSION = '3.12' COMMENT = 'user-defined function' HANDLER = 'get' AS $$def get(): return {}$$
        ALTER FUNCTION "APPS"."LEDGER"."F"() SET LOG_LEVEL = 'DEBUG'
        """,
        [
            (
                {
                    "isSecure": "false",
                    "externalAccessIntegrations": ["E"],
                    "secrets": [{"secretVariableName": "v", "secretId": "APPS.LEDGER.S"}],
                },
                """
                ALTER FUNCTION "APPS"."LEDGER"."F"() SET EXTERNAL_ACCESS_INTEGRATIONS = ("E"),
                    SECRETS = ('v' = "APPS"."LEDGER"."S")
                ALTER FUNCTION "APPS"."LEDGER"."F"() UNSET SECURE
                """,
            ),
            (
                {"externalAccessIntegrations": None, "secrets": None},
                """
                ALTER FUNCTION "APPS"."LEDGER"."F"() SET SECRETS = ()
                ALTER FUNCTION "APPS"."LEDGER"."F"() UNSET EXTERNAL_ACCESS_INTEGRATIONS
                """,
            ),
            ({"name": "G"}, """ALTER FUNCTION "APPS"."LEDGER"."F"() RENAME TO "APPS"."LEDGER"."G\""""),
        ],
        """DROP FUNCTION IF EXISTS "APPS"."LEDGER"."G"()""",
    ),
    (
        "GrantAccountRole",
        {"roleName": "R", "parentRoleName": "P"},
        """GRANT ROLE "R" TO ROLE "P\"""",
        [],
        """REVOKE ROLE "R" FROM ROLE "P\"""",
    ),
    (
        "GrantAccountRole",
        {"roleName": "R", "userName": "U"},
        """GRANT ROLE "R" TO USER "U\"""",
        [],
        """REVOKE ROLE "R" FROM USER "U\"""",
    ),
]


def _statements(text: str) -> list[str]:
    return re.sub(r"\n {4,}", " ", dedent(text)).strip().splitlines()


@pytest.mark.parametrize(("short", "inputs", "create", "changes", "drop"), LIVES)
def test_a_life(
    short: str,
    inputs: Properties,
    create: str,
    changes: list[tuple[Properties, str]],
    drop: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    program = Program(short, inputs, monkeypatch)
    assert program.create() == _statements(create)
    for change, alter in changes:
        assert program.change(change) == _statements(alter)
    assert program.delete() == _statements(drop)


def test_public_is_there_already_and_altered(monkeypatch: pytest.MonkeyPatch) -> None:
    program = Program(
        "Schema", {"database": "APPS", "name": "PUBLIC", "withManagedAccess": "true", "comment": "c"}, monkeypatch
    )
    program.rows["SHOW SCHEMAS LIKE 'PUBLIC' IN DATABASE \"APPS\""] = [{"name": "PUBLIC"}]
    assert program.create() == [
        'ALTER SCHEMA "APPS"."PUBLIC" ENABLE MANAGED ACCESS',
        'ALTER SCHEMA "APPS"."PUBLIC" SET COMMENT = \'c\'',
    ]


def test_a_new_size_is_looked_at_first(monkeypatch: pytest.MonkeyPatch) -> None:
    program = Program("Warehouse", {"name": "W", "warehouseSize": "SMALL"}, monkeypatch)
    program.create()
    program.inputs = {**program.inputs, "warehouseSize": "LARGE"}
    seen = program.asked
    program.change({})
    assert seen == [
        'SHOW PARAMETERS IN WAREHOUSE "W"',
        "SHOW WAREHOUSES LIKE 'W'",
        "ALTER WAREHOUSE \"W\" SET WAREHOUSE_SIZE = 'LARGE' WAIT_FOR_COMPLETION = true",
    ]


GRANTS: list[tuple[Properties, str, str]] = [
    ({"onAccount": True}, "ACCOUNT", "OnAccount"),
    (
        {"onAccountObject": {"objectType": "warehouse", "objectName": "W"}},
        'WAREHOUSE "W"',
        'OnAccountObject|WAREHOUSE|"W"',
    ),
    (
        {"onAccountObject": {"objectType": "COMPUTE POOL", "objectName": '"P"'}},
        'COMPUTE POOL "P"',
        'OnAccountObject|COMPUTE POOL|"P"',
    ),
    ({"onSchema": {"schemaName": "APPS.LEDGER"}}, 'SCHEMA "APPS"."LEDGER"', 'OnSchema|OnSchema|"APPS"."LEDGER"'),
    (
        {"onSchemaObject": {"objectType": "FUNCTION", "objectName": '"APPS"."LEDGER"."F"(NUMBER, VARCHAR)'}},
        'FUNCTION "APPS"."LEDGER"."F"(NUMBER, VARCHAR)',
        'OnSchemaObject|OnObject|FUNCTION|"APPS"."LEDGER"."F"(NUMBER, VARCHAR)',
    ),
]


@pytest.mark.parametrize(("target", "spelled", "in_id"), GRANTS)
@pytest.mark.parametrize("with_option", [False, True])
def test_a_grant(
    target: Properties, spelled: str, in_id: str, with_option: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs: Properties = {"accountRoleName": "R", "privileges": ["USAGE", "MONITOR"], "withGrantOption": with_option}
    program = Program("GrantPrivilegesToAccountRole", {**inputs, **target}, monkeypatch)
    option, word = (" WITH GRANT OPTION", "true") if with_option else ("", "false")
    assert program.create() == [f'GRANT USAGE, MONITOR ON {spelled} TO ROLE "R"{option}']
    assert program.ident == program.state["id"] == f'"R"|{word}|false|USAGE,MONITOR|{in_id}'
    revoked = [] if with_option else [f'REVOKE GRANT OPTION FOR OPERATE ON {spelled} FROM ROLE "R"']
    assert program.change({"privileges": ["OPERATE", "MONITOR"]}) == [
        *revoked,
        f'GRANT OPERATE ON {spelled} TO ROLE "R"{option}',
        f'REVOKE USAGE ON {spelled} FROM ROLE "R"',
    ]
    assert program.state["id"] == f'"R"|{word}|false|OPERATE,MONITOR|{in_id}'
    # The engine keeps the first id; the outputs know better.
    assert program.delete() == [f'REVOKE OPERATE, MONITOR ON {spelled} FROM ROLE "R"']


def test_a_grant_of_nothing_cannot_be_revoked(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the official provider, where somebody has revoked all of it by hand and the state knows."""
    program = Program(
        "GrantPrivilegesToAccountRole",
        {"accountRoleName": "R", "privileges": ["USAGE"], "onAccount": True},
        monkeypatch,
    )
    program.create()
    program.state["privileges"] = None
    with pytest.raises(NothingDoneError, match="take it out of the state"):
        program.delete()


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("it's", r"'it\'s'"),
        ("back\\slash", r"'back\\slash'"),
        ('"quoted"', r"'\"quoted\"'"),
        ("two\nlines", r"'two\nlines'"),
        ("a\tb", r"'a\tb'"),
    ],
)
def test_constants_are_escaped(written: str, sent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = Program("AccountRole", {"name": "R", "comment": written}, monkeypatch)
    assert program.create() == [f'CREATE ROLE "R" COMMENT = {sent}']
