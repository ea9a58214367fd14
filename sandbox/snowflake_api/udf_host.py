"""Runs one Python function in a process of its own: the body and the secrets come in by stdin, the value goes out.

This file is started alone (`python -I udf_host.py`), so it imports nothing of the sandbox.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import traceback
import types
from typing import Any

ACCESSORS = (
    "get_generic_secret_string",
    "get_username_password",
    "get_oauth_access_token",
    "get_cloud_provider_token",
    "get_secret_type",
)


class _Values:
    """What a secret of several parts gives: one attribute each."""

    def __init__(self, values: dict[str, str]) -> None:
        self.__dict__.update(values)


def _module(name: str, secrets: dict[str, dict[str, Any]]) -> types.ModuleType:
    """`_snowflake`, and the public `snowflake.snowpark.secrets` with the same functions."""
    module = types.ModuleType(name)

    def values(alias: str, kind: str) -> dict[str, str]:
        if alias not in secrets:
            raise ValueError(f"Secret {alias} does not exist or is not authorized for use.")
        if secrets[alias]["type"] != kind:
            raise ValueError(f"Secret {alias} is of type {secrets[alias]['type']}, not {kind}.")
        found: dict[str, str] = secrets[alias]["values"]
        return found

    def secret_type(alias: str) -> str:
        if alias not in secrets:
            raise ValueError(f"Secret {alias} does not exist or is not authorized for use.")
        return str(secrets[alias]["type"])

    functions = {
        "get_generic_secret_string": lambda alias: values(alias, "GENERIC_STRING")["secret_string"],
        "get_username_password": lambda alias: _Values(values(alias, "PASSWORD")),
        "get_oauth_access_token": lambda alias: values(alias, "OAUTH2")["access_token"],
        "get_cloud_provider_token": lambda alias: _Values(values(alias, "CLOUD_PROVIDER_TOKEN")),
        "get_secret_type": secret_type,
    }
    for one in ACCESSORS:
        setattr(module, one, functions[one])
    return module


def _install(secrets: dict[str, dict[str, Any]]) -> None:
    sys.modules["_snowflake"] = _module("_snowflake", secrets)
    for name in ("snowflake", "snowflake.snowpark"):
        package = types.ModuleType(name)
        package.__path__ = []
        sys.modules[name] = package
    sys.modules["snowflake.snowpark.secrets"] = _module("snowflake.snowpark.secrets", secrets)
    sys.modules["snowflake.snowpark"].secrets = sys.modules["snowflake.snowpark.secrets"]  # type: ignore[attr-defined]
    sys.modules["snowflake"].snowpark = sys.modules["snowflake.snowpark"]  # type: ignore[attr-defined]


def _answer(order: dict[str, Any]) -> dict[str, Any]:
    _install(order["secrets"])
    module = types.ModuleType("_udf_code")
    sys.modules["_udf_code"] = module
    try:
        exec(compile(order["body"], "_udf_code.py", "exec"), module.__dict__)  # noqa: S102 - that is what it is for
        handler: Any = module
        for part in order["handler"].split("."):
            handler = getattr(handler, part)
        return {"value": handler(*order["arguments"])}
    except Exception as error:
        lines = [
            f'  File "{one.filename}", line {one.lineno}, in {one.name}'
            for one in traceback.extract_tb(error.__traceback__)[1:]
        ]
        own = traceback.format_exception_only(error)[-1].strip()
        return {"error": "\n".join(("Traceback (most recent call last):", *lines, own))}


def main() -> None:
    order = json.loads(sys.stdin.read())
    with contextlib.redirect_stdout(io.StringIO()):
        answer = _answer(order)
    try:
        text = json.dumps(answer)
    except (TypeError, ValueError) as error:
        text = json.dumps({"error": f"TypeError: the returned value is no JSON: {error}"})
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
