"""The container runtime: environment, session token, connection and secrets; no `_snowflake`, no active session."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

import tomlkit

from sandbox.snowflake_runtime.inside import session_token
from sandbox.snowflake_runtime.inside.late import replace, when_imported
from sandbox.snowflake_runtime.inside.order import Order, Secret

ATTACHED = "attached to the Streamlit object.toml"
"""Stands among the files of `st.secrets` for the secrets that come from Snowflake."""


def prepare(order: Order) -> None:
    """Make this process such a container."""
    os.environ.update(
        SNOWFLAKE_HOST=order.host,
        SNOWFLAKE_ACCOUNT=order.account,
        SNOWFLAKE_DATABASE=order.database,
        SNOWFLAKE_SCHEMA=order.schema,
    )
    session_token.provide(order.token)
    _configure_connection(order)
    _attach(order.secrets)
    when_imported("snowflake.snowpark.context", _without_active_session)


def _configure_connection(order: Order) -> None:
    """What `snowflake.connector.connect()` uses when it is told nothing, and `st.connection("snowflake")` with it."""
    folder = Path.home() / ".snowflake"
    folder.mkdir(mode=0o700, exist_ok=True)
    file = folder / "connections.toml"
    file.touch(mode=0o600)
    file.write_text(tomlkit.dumps({"default": {**order.login(), "token_file_path": session_token.PATH}}), "utf-8")


def _attach(secrets: Mapping[str, Secret]) -> None:
    """Secrets as `st.secrets`, where Streamlit itself makes environment variables of strings."""
    from streamlit.runtime.secrets import Secrets

    found: dict[str, Any] = {}
    for alias, secret in secrets.items():
        # Containers get these two types only; others are read by a function in SQL.
        if secret.type == "GENERIC_STRING":
            found[alias] = secret.values["secret_string"]
        elif secret.type == "PASSWORD":
            found[alias] = {name: secret.values[name] for name in ("username", "password")}
            os.environ.update({f"{alias}_{name.upper()}": value for name, value in found[alias].items()})
    real = Secrets._parse_file_path

    def parsed(self: Secrets, path: str) -> tuple[Mapping[str, Any], bool]:
        return (found, bool(found)) if path == ATTACHED else real(self, path)

    # Streamlit reads secrets from files only.
    replace(Secrets, "_parse_file_path", parsed)
    _export_in_capitals(Secrets, found)


def _export_in_capitals(secrets: Any, attached: Mapping[str, Any]) -> None:
    """`api_endpoint` of secrets.toml as `API_ENDPOINT` too: Snowflake's page reads it so ("Use .streamlit/secrets.toml
    for non-secret environment variables"), while Streamlit itself keeps the case."""
    real = secrets._maybe_set_environment_variable

    def exported(name: Any, value: Any) -> None:
        real(name, value)
        if type(value) in (str, int, float) and name not in attached:
            os.environ.setdefault(str(name).upper(), str(value))

    replace(secrets, "_maybe_set_environment_variable", staticmethod(exported))


def _without_active_session(context: ModuleType) -> None:
    """A shared process has none, also after a connection has made sessions."""
    messages = importlib.import_module("snowflake.snowpark._internal.error_message").SnowparkClientExceptionMessages

    def get_active_session() -> NoReturn:
        raise messages.SERVER_NO_DEFAULT_SESSION()

    replace(context, "get_active_session", get_active_session)
