"""`_snowflake`, the module of stored procedures, over the secrets that are attached to the app.

Functions as in "Python API for Secret Access" of Snowflake's documentation. What an alias that is not attached raises
is not documented: it is what `snowflake.snowpark.secrets` raises where it reads secrets itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import ModuleType, SimpleNamespace
from typing import Any

import requests

from sandbox.snowflake_runtime.inside.order import Order, Secret


class _Secrets:
    """The functions of one app."""

    def __init__(self, secrets: Mapping[str, Secret]) -> None:
        self._secrets = secrets

    def get_generic_secret_string(self, secret_name: str) -> str:
        return self._values(secret_name, "GENERIC_STRING")["secret_string"]

    def get_oauth_access_token(self, secret_name: str) -> str:
        return self._values(secret_name, "OAUTH2")["access_token"]

    def get_username_password(self, secret_name: str) -> SimpleNamespace:
        return SimpleNamespace(**self._values(secret_name, "PASSWORD"))

    def get_cloud_provider_token(self, secret_name: str) -> SimpleNamespace:
        return SimpleNamespace(**self._values(secret_name, "CLOUD_PROVIDER_TOKEN"))

    def get_secret_type(self, secret_name: str) -> str:
        return self._named(secret_name).type

    def _named(self, name: str) -> Secret:
        if name not in self._secrets:
            raise ValueError(f"Secret '{name}' does not exist or not authorized")
        return self._secrets[name]

    def _values(self, name: str, type_: str) -> Mapping[str, str]:
        secret = self._named(name)
        if secret.type != type_:
            raise ValueError(f"Secret '{name}' is of type {secret.type}, not {type_}")
        return secret.values


class _Account:
    """Requests to the account's own REST API, as the owner of the app."""

    def __init__(self, order: Order) -> None:
        self._host, self._token = order.host, order.token

    def send_snow_api_request(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
        body: object = None,
        request_guid: str | None = None,
        timeout_ms: int | None = None,
    ) -> dict[str, Any]:
        """Status, reason and text of the answer; an error of the API is an answer, too."""
        answer = requests.request(
            method,
            f"https://{self._host}{path}",
            headers={
                "Content-Type": "application/json",
                "Accept": "application/json",
                **(headers or {}),
                "Authorization": f"Bearer {self._token}",
                "X-Snowflake-Authorization-Token-Type": "OAUTH",
            },
            params={**(params or {}), **({"requestId": request_guid} if request_guid else {})},
            data=None if body is None else json.dumps(body),
            timeout=None if timeout_ms is None else timeout_ms / 1000,
        )
        return {"status": answer.status_code, "reason": answer.reason, "content": answer.text}


def made(order: Order) -> ModuleType:
    """The module."""
    module = ModuleType("_snowflake", "Functions of Snowflake's Python runtime.")
    for holder in (_Secrets(order.secrets), _Account(order)):
        for name in (one for one in dir(holder) if not one.startswith("_")):
            setattr(module, name, getattr(holder, name))
    return module
