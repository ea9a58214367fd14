"""What an app finds in the warehouse runtime."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.snowflake_api.apps import AttachedSecret

from .served import World, files_with, needs_environment
from .world import OWNER, generic, password

pytestmark = needs_environment

CLOUD = {"access_key_id": "AKIA-1", "secret_access_key": "cloud-secret-1", "token": "cloud-token-1"}
SECRETS = {
    "fx": generic("fx-key-31337"),
    "smtp": password("mailer", "smtp-word-31337"),
    "crm": AttachedSecret("OAUTH2", {"access_token": "oauth-31337"}),
    "cloud": AttachedSecret("CLOUD_PROVIDER_TOKEN", CLOUD),
}
FILES = {
    ".streamlit/secrets.toml": 'app_name = "never read"',
    ".streamlit/config.toml": '[theme]\nbase = "dark"\n[client]\nshowErrorDetails = "none"\n[runner]\n'
    "fastReruns = false\n",
}
SCRIPT = """
import json, os

import _snowflake
import snowflake.snowpark.secrets as public
import streamlit as st
from snowflake.snowpark.context import get_active_session

def refused(work):
    try:
        work()
    except Exception as error:
        return f"{type(error).__name__}: {error}"

def ask(body, **headers):
    return _snowflake.send_snow_api_request(
        "POST", "/api/v2/cortex/analyst/message", headers, {}, body, None, 30000
    )

session = get_active_session()
question = {"messages": [{"role": "user", "content": [{"type": "text", "text": "how much?"}]}]}
answer = ask(question)
cloud = _snowflake.get_cloud_provider_token("cloud")
smtp = _snowflake.get_username_password("smtp")
report(
    role=session.sql("SELECT CURRENT_ROLE()").collect()[0][0],
    same=st.connection("snowflake").session() is session is get_active_session(),
    frame=st.connection("snowflake").query("SELECT 1").to_dict("records"),
    fx=_snowflake.get_generic_secret_string("fx"),
    smtp=[smtp.username, smtp.password],
    crm=_snowflake.get_oauth_access_token("crm"),
    cloud=[cloud.access_key_id, cloud.secret_access_key, cloud.token],
    types=[_snowflake.get_secret_type(one) for one in ("fx", "smtp", "crm", "cloud")],
    public=[public.get_generic_secret_string("fx"), public.get_username_password("smtp").password],
    missing=refused(lambda: _snowflake.get_generic_secret_string("elsewhere")),
    missing_type=refused(lambda: _snowflake.get_secret_type("elsewhere")),
    other_type=refused(lambda: _snowflake.get_generic_secret_string("smtp")),
    cortex=[answer["status"], json.loads(answer["content"])],
    secrets=refused(lambda: st.secrets["app_name"]),
    names=sorted(os.environ),
    token=os.path.exists("/snowflake/session/token"),
    options={name: st.get_option(name) for name in ("theme.base", "client.showErrorDetails", "runner.fastReruns")},
)
"""


@pytest.fixture(scope="module")
def found(world: World) -> dict[str, Any]:
    """What one app reports of itself."""
    return world.reported(world.create("Board", SCRIPT, runtime="warehouse", secrets=SECRETS, files=FILES))


def test_the_active_session_is_the_owners_and_the_connections(found: dict[str, Any]) -> None:
    assert (found["role"], found["same"], found["frame"]) == (OWNER, True, [{"V": "1"}])


def test_secrets_of_every_type_come_from_the_module(found: dict[str, Any]) -> None:
    assert found["fx"] == "fx-key-31337"
    assert found["smtp"] == ["mailer", "smtp-word-31337"]
    assert found["crm"] == "oauth-31337"
    assert found["cloud"] == [*CLOUD.values()]
    assert found["types"] == ["GENERIC_STRING", "PASSWORD", "OAUTH2", "CLOUD_PROVIDER_TOKEN"]


def test_snowparks_own_module_for_secrets_works(found: dict[str, Any]) -> None:
    assert found["public"] == ["fx-key-31337", "smtp-word-31337"]


def test_what_is_not_attached_is_refused(found: dict[str, Any]) -> None:
    assert (
        found["missing"] == found["missing_type"] == "ValueError: Secret 'elsewhere' does not exist or not authorized"
    )
    assert found["other_type"] == "ValueError: Secret 'smtp' is of type PASSWORD, not GENERIC_STRING"


def test_requests_to_the_account_are_the_owners(found: dict[str, Any]) -> None:
    status, answer = found["cortex"]
    assert (status, answer["message"]["content"][0]["text"]) == (200, f"{OWNER} asked: how much?")


def test_what_belongs_to_containers_is_not_there(found: dict[str, Any]) -> None:
    assert found["secrets"].startswith("StreamlitSecretNotFoundError")
    assert not [
        name for name in found["names"] if name.startswith(("SNOWFLAKE_HOST", "SNOWFLAKE_ACCOUNT", "fx", "smtp"))
    ]
    assert found["token"] is False


def test_only_the_theme_counts(found: dict[str, Any]) -> None:
    assert found["options"] == {"theme.base": "dark", "client.showErrorDetails": "full", "runner.fastReruns": True}


def test_values_are_in_no_file(found: dict[str, Any], world: World) -> None:  # noqa: ARG001 # the app has run
    values = ("fx-key-31337", "smtp-word-31337", "oauth-31337", *CLOUD.values())
    assert not [one for one in files_with(world.directory, values) if not one[0].endswith("Board.json")]
