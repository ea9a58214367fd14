"""The statements of the page on secrets of Streamlit apps, as people copy them: unqualified, unquoted, with OR REPLACE.

One of them is out of date: an external access integration needs a network rule, which the page leaves out.
"""

from __future__ import annotations

import pytest

from tests.sandbox.snowflake.conftest import Server
from tests.sandbox.snowflake.driver import Driver
from tests.sandbox.snowflake.test_files import put

SECRET = """CREATE OR REPLACE SECRET my_secret
  TYPE = GENERIC_STRING
  SECRET_STRING = 'my_secret_value';
"""
WITHOUT_RULE = """CREATE OR REPLACE EXTERNAL ACCESS INTEGRATION my_eai
  ALLOWED_AUTHENTICATION_SECRETS = (my_secret)
  ENABLED = TRUE;
"""
RULE = "CREATE NETWORK RULE my_rule TYPE = HOST_PORT VALUE_LIST = ('api.example.com') MODE = EGRESS"
FUNCTION = """CREATE OR REPLACE FUNCTION get_my_secret()
  RETURNS STRING
  LANGUAGE PYTHON
  RUNTIME_VERSION = 3.12
  HANDLER = 'get_my_secret'
  EXTERNAL_ACCESS_INTEGRATIONS = (my_eai)
  SECRETS = ('my_secret' = my_secret)
  AS
$$
import _snowflake

def get_my_secret():
  return _snowflake.get_generic_secret_string('my_secret')
$$;
"""
CONTAINER = """CREATE STREAMLIT my_container_app
  FROM '@my_stage/app_folder'
  MAIN_FILE = 'streamlit_app.py'
  RUNTIME_NAME = 'SYSTEM$ST_CONTAINER_RUNTIME_PY3_11'
  COMPUTE_POOL = my_compute_pool
  QUERY_WAREHOUSE = my_warehouse
  EXTERNAL_ACCESS_INTEGRATIONS = (my_eai);
"""
ATTACHED = """ALTER STREAMLIT my_warehouse_app
  SET EXTERNAL_ACCESS_INTEGRATIONS = (my_eai)
  SECRETS = ('my_secret_key' = my_secret);
"""


@pytest.fixture
def session(deployer: Driver) -> Driver:
    deployer.script(
        "USE SCHEMA APPS.PUBLIC",
        "CREATE WAREHOUSE my_warehouse",
        "CREATE COMPUTE POOL my_compute_pool MIN_NODES = 1 MAX_NODES = 1 INSTANCE_FAMILY = CPU_X64_XS",
        "CREATE STAGE my_stage",
        SECRET,
        RULE,
    )
    return deployer


def test_the_statements_for_containers(snowflake: Server, session: Driver) -> None:
    assert session.refusal(WITHOUT_RULE)[0] == "001422"
    session.run(WITHOUT_RULE.replace("ENABLED", "ALLOWED_NETWORK_RULES = (my_rule)\n  ENABLED"))
    session.run(FUNCTION)
    put(session, "@my_stage/app_folder/", {"streamlit_app.py": "import streamlit", ".streamlit/config.toml": "[theme]"})
    session.script(CONTAINER, "ALTER STREAMLIT my_container_app ADD LIVE VERSION FROM LAST")
    assert session.value("SELECT get_my_secret()") == "my_secret_value"
    (app,) = snowflake.account.apps.all()
    assert (app.runtime, app.compute_pool, app.query_warehouse) == ("container", "MY_COMPUTE_POOL", "MY_WAREHOUSE")
    assert app.live is not None
    assert (app.live / ".streamlit" / "config.toml").read_text() == "[theme]"


def test_the_statements_for_warehouses(snowflake: Server, session: Driver) -> None:
    session.run("CREATE STREAMLIT my_warehouse_app RUNTIME_NAME = 'SYSTEM$WAREHOUSE_RUNTIME'")
    assert session.refusal(ATTACHED)[0] == "002003"
    session.run(WITHOUT_RULE.replace("ENABLED", "ALLOWED_NETWORK_RULES = (my_rule)\n  ENABLED"))
    alone = "ALTER STREAMLIT my_warehouse_app SET SECRETS = ('my_secret_key' = my_secret)"
    assert session.refusal(alone)[0] == "099100", "a secret is never attached alone"
    session.run(ATTACHED)
    (app,) = snowflake.account.apps.all()
    assert snowflake.account.apps.secrets(app)["my_secret_key"].values == {"secret_string": "my_secret_value"}
