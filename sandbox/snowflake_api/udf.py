"""Calling Python functions: whether the session may, what secrets the code gets, and the process that runs it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path as File
from typing import Any

from sandbox.snowflake_api import refusals
from sandbox.snowflake_api.call import Call
from sandbox.snowflake_api.expressions import Value, cast
from sandbox.snowflake_api.functions import PYTHON_ERROR
from sandbox.snowflake_api.integrations import allowed
from sandbox.snowflake_api.names import dotted, quoted
from sandbox.snowflake_api.secret_values import values_of
from sandbox.snowflake_api.things import ExternalAccess, Function, Secret, Thing

TIME_LIMIT = 30.0
"""Seconds that one call may take."""
_HOST = File(__file__).with_name("udf_host.py")
_RETURNS = {"VARCHAR": "text", "NUMBER": "fixed", "FLOAT": "real", "BOOLEAN": "boolean", "VARIANT": "variant"}
_WIRE = {**_RETURNS, "OBJECT": "object", "ARRAY": "array"}


@dataclass(frozen=True)
class Invocation:
    """A function that is to be called with these values."""

    function: Thing[Function]
    arguments: tuple[Any, ...]


def resolve(call: Call, parts: tuple[str, ...], arguments: tuple[Value, ...]) -> Thing[Function]:
    """The function of that name and number of arguments that the session may call."""
    try:
        path = call.path(Function, parts)
    except refusals.Refusal:
        raise _unknown(parts) from None
    found = [
        one
        for one in call.catalogue.all(Function, path[:2])
        if one.name == path[-1] and len(one.body.arguments) == len(arguments)
    ]
    if not found or not call.may(found[0], "USAGE") or not call.access.enters(found[0]):
        raise _unknown(parts)
    if call.session.warehouse is None:
        message = (
            "No active warehouse selected in the current session. "
            "Select an active warehouse with the 'use warehouse' command."
        )
        raise refusals.Refusal("000606", "57P03", message)
    return found[0]


def _unknown(parts: tuple[str, ...]) -> refusals.Refusal:
    if len(parts) == 1:
        return refusals.Refusal("002140", "42601", f"SQL compilation error:\nUnknown function {quoted(parts[0])}")
    return refusals.Refusal("002141", "42601", f"SQL compilation error:\nUnknown user-defined function {dotted(parts)}")


def order(call: Call, invocation: Invocation) -> str:
    """What the process is told: the code, its arguments, and the secrets that its integrations allow."""
    body = invocation.function.body
    for path in body.integrations:
        integration = call.catalogue.find(ExternalAccess, path)
        if integration is None or not integration.body.enabled:
            raise refusals.not_possible(f"External access integration '{dotted(path)}' is disabled or does not exist.")
    secrets = {}
    for alias, path in body.secrets:
        secret = call.catalogue.find(Secret, path)
        if secret is None:
            raise refusals.unknown("Secret", dotted(path))
        if not allowed(call.catalogue, body.integrations, secret, enabled=True):
            raise refusals.not_possible(f"Secret '{dotted(path)}' is not allowed by an integration of the function.")
        secrets[alias] = {"type": secret.body.type, "values": dict(values_of(secret))}
    given = {"body": body.body, "handler": body.handler, "arguments": invocation.arguments, "secrets": secrets}
    return json.dumps(given, default=str)


async def run(call: Call, invocation: Invocation) -> Value:
    """Call the function; what goes wrong in it is Snowflake's 100357 with Python's own words."""
    answer = await _answer(order(call, invocation), invocation.function)
    returns = invocation.function.body.returns.partition("(")[0]
    value = answer.get("value")
    fits = {"OBJECT": dict, "ARRAY": list, "VARCHAR": str, "BOOLEAN": bool}.get(returns, object)
    if value is not None and not isinstance(value, fits):
        raise _failed(invocation.function, f"TypeError: the handler returned {type(value).__name__}, not {returns}")
    return cast(Value(value, "variant"), _WIRE.get(returns, "text"))


async def _answer(text: str, function: Thing[Function]) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", str(_HOST)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"},
        cwd="/",
    )
    try:
        out, _ = await asyncio.wait_for(process.communicate(text.encode()), TIME_LIMIT)
    except TimeoutError:
        raise _failed(function, f"the function took longer than {TIME_LIMIT:.0f} seconds") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    try:
        answer: dict[str, Any] = json.loads(out)
    except ValueError:
        raise _failed(function, f"the process of the function ended with {process.returncode}") from None
    if "error" in answer:
        raise _failed(function, answer["error"])
    return answer


def _failed(function: Thing[Function], said: str) -> refusals.Refusal:
    where = f" in function {quoted(function.name)} with handler {function.body.handler}"
    return refusals.Refusal(*PYTHON_ERROR, f"Python Interpreter Error:\n{said}{where}")
