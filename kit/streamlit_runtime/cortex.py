"""Cortex Analyst: a question in words, an answer in words and SQL.

docs.snowflake.com, "Cortex Analyst REST API"; from a container as in "Secrets and configuration in Streamlit in
Snowflake", from a warehouse runtime with `_snowflake.send_snow_api_request`, which the former replaces.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass

import requests

from streamlit_runtime.surroundings import connection, session_token, snowflake_module

ENDPOINT = "/api/v2/cortex/analyst/message"
TIMEOUT = 60  # seconds; an answer takes several


class CortexError(Exception):
    """There is no answer. `status` is that of HTTP, None where none came; the text ends with what Snowflake said."""

    def __init__(self, status: int | None, message: str, request_id: str = "") -> None:
        super().__init__(f"Cortex did not answer{'' if status is None else f' ({status})'}: {message}")
        self.status = status
        self.message = message
        self.request_id = request_id


@dataclass(frozen=True)
class CortexMessage:
    """An answer: its words, its query, and what to ask instead, each empty where there is none."""

    text: str
    sql: str
    suggestions: tuple[str, ...]
    request_id: str


def cortex_message(prompt: str, semantic_model_file: str) -> CortexMessage:
    """Cortex's answer to a question, by a semantic model on a stage (`@DATABASE.SCHEMA.STAGE/model.yaml`).

    The app's owner role asks, so it needs the privileges for Cortex and for the stage. Raises `CortexError`.
    """
    body = {
        "messages": [{"role": "user", "content": [{"type": "text", "text": prompt}]}],
        "semantic_model_file": semantic_model_file,
    }
    module = snowflake_module()
    if module is not None:
        try:
            sent = module.send_snow_api_request("POST", ENDPOINT, {}, {}, body, None, TIMEOUT * 1000)
        except Exception as error:  # Snowflake does not say what its functions raise
            raise CortexError(None, "the request failed in Snowflake") from error
        return _message(int(sent["status"]), sent["content"])
    server, headers = _server()
    try:
        # Only Snowflake itself gets the token.
        answer = requests.post(server + ENDPOINT, json=body, headers=headers, timeout=TIMEOUT, allow_redirects=False)
    except requests.RequestException as error:
        raise CortexError(None, f"{server} cannot be reached") from error
    return _message(answer.status_code, answer.content)


def _server() -> tuple[str, Mapping[str, str]]:
    """Where to send a question, and the headers that say who asks."""
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    token = session_token()
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
        headers["X-Snowflake-Authorization-Token-Type"] = "OAUTH"
        return f"https://{os.environ['SNOWFLAKE_HOST']}", headers
    try:
        rest = connection().raw_connection.rest
    except Exception as error:  # whatever a driver raises
        raise CortexError(None, "there is no connection to Snowflake") from error
    headers["Authorization"] = f'Snowflake Token="{rest.token}"'
    return str(rest.server_url), headers


def _message(status: int, text: str | bytes) -> CortexMessage:
    try:
        answer = json.loads(text)
    except ValueError:
        answer = None
    if not isinstance(answer, Mapping):
        raise CortexError(status, "what came is not JSON")
    request_id = str(answer.get("request_id", ""))
    message = answer.get("message")
    if status >= 300 or not isinstance(message, Mapping):
        code = answer.get("error_code") or answer.get("code")
        raise CortexError(status, " ".join(str(part) for part in (code, message) if part), request_id)
    blocks = [block for block in message.get("content") or () if isinstance(block, Mapping)]
    return CortexMessage(
        text="\n\n".join(str(block["text"]) for block in blocks if "text" in block),
        sql=";\n".join(str(block["statement"]) for block in blocks if "statement" in block),
        suggestions=tuple(str(each) for block in blocks for each in block.get("suggestions") or ()),
        request_id=request_id,
    )
