"""Secret UDFs run for real: every accessor, every type, what goes wrong in them, and how little they are given."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import pytest

from sandbox.snowflake_api import udf
from tests.sandbox.snowflake.conftest import Server
from tests.sandbox.snowflake.driver import Driver

_REFRESHED = "OAUTH_REFRESH_TOKEN = 'refresh' OAUTH_REFRESH_TOKEN_EXPIRY_TIME = '2027-01-06 20:00:00'"
_ALLOWED = "ALLOWED_NETWORK_RULES = (N) ALLOWED_AUTHENTICATION_SECRETS = (G, P, O, A, C, K)"
SETTING = (
    "USE SCHEMA APPS.PUBLIC",
    "USE WAREHOUSE COMPUTE_WH",
    "CREATE SECRET G TYPE = GENERIC_STRING SECRET_STRING = 'value-1'",
    "CREATE SECRET P TYPE = PASSWORD USERNAME = 'user' PASSWORD = 'word'",
    "CREATE SECRET O TYPE = OAUTH2 API_AUTHENTICATION = EXCHANGE_OAUTH OAUTH_SCOPES = ('a', 'b')",
    f"CREATE SECRET A TYPE = OAUTH2 {_REFRESHED} API_AUTHENTICATION = EXCHANGE_OAUTH",
    "CREATE SECRET C TYPE = CLOUD_PROVIDER_TOKEN API_AUTHENTICATION = 'EXCHANGE_CLOUD' ENABLED = TRUE",
    "CREATE SECRET K TYPE = SYMMETRIC_KEY ALGORITHM = GENERIC",
    "CREATE NETWORK RULE N TYPE = HOST_PORT VALUE_LIST = ('a.example') MODE = EGRESS",
    f"CREATE EXTERNAL ACCESS INTEGRATION E {_ALLOWED} ENABLED = TRUE",
)
SECRETS = "EXTERNAL_ACCESS_INTEGRATIONS = (E) SECRETS = ('g' = G, 'p' = P, 'o' = O, 'a' = A, 'c' = C, 'k' = K)"


def function(body: str, returns: str = "VARCHAR", more: str = SECRETS, arguments: str = "") -> str:
    return (
        f"CREATE OR REPLACE FUNCTION F({arguments}) RETURNS {returns} LANGUAGE PYTHON RUNTIME_VERSION = 3.12 "
        f"HANDLER = 'f' {more} AS $$\nimport _snowflake\n{body}\n$$"
    )


@pytest.fixture
def setting(deployer: Driver) -> Driver:
    deployer.script(*SETTING)
    return deployer


@pytest.mark.parametrize(
    ("body", "returns", "expected"),
    [
        ("def f(): return _snowflake.get_generic_secret_string('g')", "VARCHAR", "value-1"),
        (
            "def f():\n p = _snowflake.get_username_password('p')\n return p.username + ':' + p.password",
            "STRING",
            "user:word",
        ),
        ("def f():\n p = _snowflake.get_username_password('p')\n return {'u': p.username}", "OBJECT", {"u": "user"}),
        ("def f(): return len(_snowflake.get_oauth_access_token('o'))", "NUMBER", 64),
        (
            "def f(): return _snowflake.get_oauth_access_token('a') != _snowflake.get_oauth_access_token('o')",
            "BOOLEAN",
            True,
        ),
        (
            "def f():\n t = _snowflake.get_cloud_provider_token('c')\n return sorted(vars(t))",
            "ARRAY",
            ["access_key_id", "secret_access_key", "token"],
        ),
        (
            "def f(): return [_snowflake.get_secret_type(x) for x in 'gpoack']",
            "VARIANT",
            ["GENERIC_STRING", "PASSWORD", "OAUTH2", "OAUTH2", "CLOUD_PROVIDER_TOKEN", "SYMMETRIC_KEY"],
        ),
        (
            "from snowflake.snowpark.secrets import get_generic_secret_string as g\ndef f(): return g('g')",
            "VARCHAR",
            "value-1",
        ),
        (
            "import snowflake.snowpark\ndef f(): return snowflake.snowpark.secrets.get_secret_type('g')",
            "TEXT",
            "GENERIC_STRING",
        ),
        ("class H:\n  pass\ndef f(): print('to nobody'); return 1.5", "FLOAT", 1.5),
        ("def f(): return None", "VARCHAR", None),
        ("f = lambda: '売上'", "VARCHAR", "売上"),
    ],
)
def test_the_body_runs_with_its_secrets(setting: Driver, body: str, returns: str, expected: object) -> None:
    setting.run(function(body, returns))
    answer = setting.value("SELECT F()")
    kinds = ("OBJECT", "ARRAY", "VARIANT", "NUMBER", "FLOAT")
    found = json.loads(answer) if returns in kinds and answer else answer
    assert found == ("1" if expected is True else expected)


def test_arguments_paths_and_casts(setting: Driver) -> None:
    setting.run(function("def f(a, b): return {'sum': a + b, 'list': [a]}", "OBJECT", "", "A NUMBER, B NUMBER"))
    assert setting.value("SELECT F(1, 2):sum") == "3"
    assert setting.value("SELECT F(1, 2):list[0]::int") == "1"
    assert setting.value("SELECT APPS.PUBLIC.F(1, 2):sum::string || '!' AS x") == "3!"
    assert setting.refusal("SELECT F(1)")[0] == "002140"
    assert setting.run("SHOW USER FUNCTIONS")[0]["arguments"] == "F(NUMBER, NUMBER) RETURN OBJECT"
    assert setting.run("DESCRIBE FUNCTION F(NUMBER, NUMBER)")[0]["value"] == "(A NUMBER, B NUMBER)"
    setting.run("DROP FUNCTION F(INT, INT)")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("def f(): return 1 / 0", "ZeroDivisionError: division by zero in function F with handler f"),
        ("def f(): return _snowflake.get_generic_secret_string('nope')", "Secret nope does not exist"),
        ("def f(): return _snowflake.get_generic_secret_string('p')", "of type PASSWORD, not GENERIC_STRING"),
        ("def f(): return object()", "returned value is no JSON"),
        ("def f(): return 1", "returned int, not VARCHAR"),
        ("import os\ndef f(): os._exit(3)", "ended with 3"),
        ("import nonsense_module\ndef f(): pass", "No module named 'nonsense_module'"),
        ("def f(x): pass", "missing 1 required positional argument"),
    ],
)
def test_what_goes_wrong_in_python_is_said_in_its_words(setting: Driver, body: str, words: str) -> None:
    setting.run(function(body))
    code, message = setting.refusal("SELECT F()")
    assert code == "100357"
    assert message.startswith("Python Interpreter Error:\n")
    assert words in message


def test_an_endless_function_is_ended(setting: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(udf, "TIME_LIMIT", 0.5)
    setting.run(function("def f():\n  while True: pass"))
    assert "longer than" in setting.refusal("SELECT F()")[1]


def test_secrets_come_neither_by_argument_nor_by_environment(setting: Driver, tmp_path: Path) -> None:
    setting.run(
        function(f"""import os, time
def f():
  open({str(tmp_path / "pid")!r}, 'w').write(str(os.getpid()))
  while not os.path.exists({str(tmp_path / "go")!r}): time.sleep(0.01)
  return ' '.join(os.environ)""")
    )
    found: list[str | None] = []
    asking = threading.Thread(target=lambda: found.append(setting.value("SELECT F()")))
    asking.start()
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
        time.sleep(0.02)
    process = Path("/proc", (tmp_path / "pid").read_text())
    seen = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
    (tmp_path / "go").touch()
    asking.join()
    assert b"value-1" not in seen
    assert b"word" not in seen
    assert set(str(found[0]).split()) <= {"PATH", "LANG", "LC_CTYPE"}


def test_others_are_answered_while_a_function_runs(snowflake: Server, setting: Driver, tmp_path: Path) -> None:
    setting.run(
        function(f"""import os, time
def f():
  while not os.path.exists({str(tmp_path / "go")!r}): time.sleep(0.01)
  return 'done'""")
    )
    found: list[str | None] = []
    asking = threading.Thread(target=lambda: found.append(setting.value("SELECT F()")))
    asking.start()
    other = snowflake.connect()
    assert other.value("SELECT 1") == "1"
    assert not found
    (tmp_path / "go").touch()
    asking.join()
    assert found == ["done"]


def test_a_changed_secret_is_read_at_the_next_call_and_tokens_stay(setting: Driver) -> None:
    setting.run(
        function("def f(): return _snowflake.get_generic_secret_string('g') + _snowflake.get_oauth_access_token('o')")
    )
    first = str(setting.value("SELECT F()"))
    assert first == setting.value("SELECT F()")
    setting.run("ALTER SECRET G SET SECRET_STRING = 'value-2'")
    assert setting.value("SELECT F()") == first.replace("value-1", "value-2")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("ALTER EXTERNAL ACCESS INTEGRATION E SET ENABLED = FALSE", "099100"),
        ("DROP EXTERNAL ACCESS INTEGRATION E", "099100"),
        ("ALTER EXTERNAL ACCESS INTEGRATION E SET ALLOWED_AUTHENTICATION_SECRETS = (P)", "099100"),
        ("ALTER EXTERNAL ACCESS INTEGRATION E UNSET ALLOWED_AUTHENTICATION_SECRETS", "099100"),
        ("DROP SECRET G", "002003"),
    ],
)
def test_a_function_without_its_integration_or_secret_does_not_run(setting: Driver, change: str, code: str) -> None:
    setting.run(function("def f(): return ''"))
    setting.run(change)
    assert setting.refusal("SELECT F()")[0] == code


def test_without_a_warehouse_nothing_runs(snowflake: Server, setting: Driver) -> None:
    setting.run(function("def f(): return ''"))
    snowflake.connect("ADMIN").run("ALTER USER GATEHOUSE UNSET DEFAULT_WAREHOUSE")
    bare = snowflake.connect()
    assert bare.refusal("SELECT APPS.PUBLIC.F()")[0] == "000606"


def test_a_function_runs_once_for_one_statement(setting: Driver, tmp_path: Path) -> None:
    file = tmp_path / "runs"
    setting.run(function(f"def f():\n  open({str(file)!r}, 'a').write('x')\n  return 'y'"))
    assert setting.value("SELECT F() || F() || F()") == "yyy"
    assert file.read_text() == "x"


def test_properties_of_a_function_can_be_changed_and_taken_away(setting: Driver) -> None:
    setting.run(function("def f(): return ''"))
    setting.run("ALTER FUNCTION F() SET COMMENT = 'new'")
    setting.run("ALTER FUNCTION F() SET SECRETS = ('g' = G)")
    described = {row["property"]: row["value"] for row in setting.run("DESCRIBE FUNCTION F()")}
    assert described["secrets"] == '{"g": "\\"APPS\\".\\"PUBLIC\\".\\"G\\""}'
    setting.run("ALTER FUNCTION F() UNSET SECRETS, EXTERNAL_ACCESS_INTEGRATIONS, COMMENT")
    described = {row["property"]: row["value"] for row in setting.run("DESCRIBE FUNCTION F()")}
    assert (described["secrets"], described["external_access_integrations"]) == ("{}", "[]")
    assert setting.run("SHOW USER FUNCTIONS")[0]["description"] == "user-defined function"
    setting.script("ALTER FUNCTION F() RENAME TO RENAMED", "DROP FUNCTION RENAMED()", "DROP FUNCTION IF EXISTS F()")
