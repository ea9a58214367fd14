"""The places where an app may run, as far as `streamlit_runtime` sees them; each begins without any secret."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Self

import pytest
import streamlit as st

TOKEN = "session-token-of-the-container"
HOST = "example-sandbox.snowflakecomputing.test"
# What each function of `_snowflake` gives a value of.
TYPES = {
    "get_generic_secret_string": "GENERIC_STRING",
    "get_oauth_access_token": "OAUTH2",
    "get_username_password": "PASSWORD",
    "get_cloud_provider_token": "CLOUD_PROVIDER_TOKEN",
}


class Cursor:
    """Answers the statements that it knows, with the next of several results; an exception is raised."""

    def __init__(self, results: Mapping[str, list[object]], asked: list[str]) -> None:
        self._results, self._asked = results, asked
        self._result: object = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def execute(self, statement: str) -> Self:
        self._asked.append(statement)
        self._result = self._results[statement].pop(0)
        if isinstance(self._result, Exception):
            raise self._result
        return self

    def fetchone(self) -> tuple[object, ...] | None:
        if self._result is None or isinstance(self._result, tuple):
            return self._result
        return (self._result,)


class Connection:
    """What `st.connection("snowflake")` gives; it knows which statements came, and how often it was reset."""

    def __init__(self, results: Mapping[str, list[object]], token: str, server: str) -> None:
        self._results = results
        self.asked: list[str] = []
        self.resets = 0
        self.raw_connection = SimpleNamespace(rest=SimpleNamespace(token=token, server_url=server))

    def cursor(self) -> Cursor:
        return Cursor(self._results, self.asked)

    def reset(self) -> None:
        self.resets += 1


class NoFile(dict[str, object]):
    """st.secrets where there is no secrets.toml."""

    def __getitem__(self, name: str) -> object:
        raise FileNotFoundError("No secrets found.")


class Places:
    """Puts the test's process into one place after another."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self._patch = monkeypatch
        self._token, self._functions = folder / "token", folder / "functions.json"
        monkeypatch.setattr("streamlit_runtime.surroundings.TOKEN_FILE", self._token)
        monkeypatch.setattr("streamlit_runtime.secrets.FUNCTIONS", self._functions)
        monkeypatch.setitem(sys.modules, "_snowflake", None)  # importing it fails
        monkeypatch.setattr(st, "secrets", NoFile())
        self.unconnected(RuntimeError("no connection"))
        st.cache_resource.clear()

    def warehouse(self, secrets: Mapping[str, tuple[str, object]], answer: object = None) -> list[tuple[object, ...]]:
        """With `_snowflake` and attached secrets, by alias their type and value. Gives the requests that it is sent."""
        requests: list[tuple[object, ...]] = []
        module: Any = ModuleType("_snowflake")

        def get(alias: str, wanted: str) -> object:
            kind, value = secrets[alias]
            if kind != wanted:
                raise ValueError("The secret is of another type.")
            return value

        def send_snow_api_request(*request: object) -> object:
            requests.append(request)
            if isinstance(answer, Exception):
                raise answer
            return answer

        module.get_secret_type = lambda alias: secrets[alias][0]
        for name, kind in TYPES.items():
            setattr(module, name, lambda alias, kind=kind: get(alias, kind))
        module.send_snow_api_request = send_snow_api_request
        self._patch.setitem(sys.modules, "_snowflake", module)
        return requests

    def container(self, secrets: Mapping[str, str | Mapping[str, str]] | None = None) -> None:
        """With a session token, and attached secrets in st.secrets and in the environment, as Snowflake has them."""
        self.renew(TOKEN)
        self._patch.setenv("SNOWFLAKE_HOST", HOST)
        self.toml(secrets or {})
        for alias, value in (secrets or {}).items():
            if isinstance(value, str):
                self._patch.setenv(alias, value)
            else:
                for part, text in value.items():
                    self._patch.setenv(f"{alias}_{part.upper()}", text)

    def renew(self, token: str) -> None:
        """Snowflake writes the container's token anew."""
        self._token.write_text(f"{token}\n", encoding="utf-8")

    def toml(self, values: Mapping[str, object]) -> None:
        """What st.secrets holds."""
        self._patch.setattr(st, "secrets", values)

    def functions(self, functions: Mapping[str, Mapping[str, str]]) -> None:
        """What a bundle puts beside the package."""
        self._functions.write_text(json.dumps(functions), encoding="utf-8")

    def connected(self, results: Mapping[str, list[object]], token: str = "", server: str = "") -> Connection:
        """A connection to Snowflake, with results by statement."""
        found = Connection(results, token, server)
        self._patch.setattr(st, "connection", {"snowflake": found}.__getitem__)
        return found

    def unconnected(self, error: Exception) -> None:
        """A connection that cannot be made."""

        def fail(_: str) -> object:
            raise error

        self._patch.setattr(st, "connection", fail)
