"""Where an app runs, and its way to Snowflake from there."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast

import streamlit as st

if TYPE_CHECKING:
    from streamlit.connections import SnowflakeConnection

Runtime = Literal["warehouse", "container", "elsewhere"]
# docs.snowflake.com, "Secrets and configuration in Streamlit in Snowflake"
TOKEN_FILE = Path("/snowflake/session/token")


class SnowflakeModule(Protocol):
    """The module `_snowflake` (docs.snowflake.com, "Python API for secret access"); only warehouse runtimes have it."""

    def get_secret_type(self, name: str) -> str: ...
    def get_generic_secret_string(self, name: str) -> str: ...
    def get_oauth_access_token(self, name: str) -> str: ...
    def get_username_password(self, name: str) -> object: ...
    def get_cloud_provider_token(self, name: str) -> object: ...
    # Method, path, headers, parameters, body, request id, milliseconds; the answer has `status` and `content`.
    def send_snow_api_request(self, *request: object) -> dict[str, Any]: ...


def runtime() -> Runtime:
    """Where this app runs: in one of Snowflake's two runtimes, or elsewhere (behind Cloudflare, at a developer's)."""
    if snowflake_module() is not None:
        return "warehouse"
    return "elsewhere" if session_token() is None else "container"


def connection() -> SnowflakeConnection:
    """`st.connection("snowflake")`: in Snowflake with the rights of the app's owner role, elsewhere as configured."""
    return st.connection("snowflake")


def snowflake_module() -> SnowflakeModule | None:
    """`_snowflake`, or None where there is none."""
    try:
        return cast("SnowflakeModule", importlib.import_module("_snowflake"))
    except ImportError:
        return None


def session_token() -> str | None:
    """The token of this container, or None outside of one. Snowflake replaces it, so it is read for every call."""
    try:
        return TOKEN_FILE.read_text(encoding="utf-8").strip()
    except OSError:
        return None
