"""Cortex Analyst over REST: a canned, well-formed message to whoever shows the token of a session or an app."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.snowflake_api.apps import Apps
from sandbox.snowflake_api.sessions import Sessions

PATH = "/api/v2/cortex/analyst/message"
_MODELS = ("semantic_model_file", "semantic_model", "semantic_view", "semantic_models")


class Cortex:
    """The endpoint; bodies are checked as the page Cortex Analyst REST API says."""

    def __init__(self, apps: Apps, sessions: Sessions) -> None:
        self._apps = apps
        self._sessions = sessions

    def routes(self) -> list[Route]:
        return [Route(PATH, self._message, methods=["POST"])]

    async def _message(self, request: Request) -> Response:
        request_id = str(uuid.uuid4())
        if not self._may(request.headers):
            return _error(401, "390303", "Invalid OAuth access token. ", request_id)
        try:
            body = json.loads(await request.body())
            question = _question(body)
        except ValueError as error:
            return _error(400, "392700", str(error), request_id)
        return JSONResponse({"request_id": request_id, "message": _answer(question), "warnings": [], "metadata": {}})

    def _may(self, headers: Mapping[str, str]) -> bool:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme == "Bearer" and headers.get("x-snowflake-authorization-token-type", "").upper() == "OAUTH":
            return self._apps.app_of(token.strip()) is not None
        if scheme == "Snowflake" and token.startswith('Token="'):
            return self._sessions.find(token.removeprefix('Token="').removesuffix('"')) is not None
        return False


def _question(body: Any) -> str:
    """The text of the last message; a ValueError says what is wrong with the body."""
    if not isinstance(body, dict) or not isinstance(messages := body.get("messages"), list) or not messages:
        raise ValueError("messages: a list with at least one message is needed")
    if not any(body.get(one) for one in _MODELS):
        raise ValueError(f"one of {', '.join(_MODELS)} is needed")
    for message in messages:
        if not isinstance(message, dict) or message.get("role") not in ("user", "analyst"):
            raise ValueError("messages: each has the role user or analyst")
        content = message.get("content")
        if not isinstance(content, list) or not content or not all(isinstance(one, dict) for one in content):
            raise ValueError("messages: each has content, a list of objects")
    if messages[-1]["role"] != "user":
        raise ValueError("messages: the last one is the user's")
    first = messages[-1]["content"][0]
    if first.get("type") != "text" or not isinstance(first.get("text"), str) or not first["text"]:
        raise ValueError("messages: the user's content is {type: text, text: ..}")
    return str(first["text"])


def _answer(question: str) -> dict[str, Any]:
    text = f"This is our interpretation of your question: {question}"
    return {
        "role": "analyst",
        "content": [
            {"type": "text", "text": text},
            {"type": "sql", "statement": "SELECT 1 AS answer", "confidence": {"verified_query_used": None}},
            {"type": "suggestions", "suggestions": ["What else would you like to know?"]},
        ],
    }


def _error(status: int, code: str, message: str, request_id: str) -> Response:
    body = {"code": code, "error_code": code, "message": message, "request_id": request_id}
    return JSONResponse(body, status)
