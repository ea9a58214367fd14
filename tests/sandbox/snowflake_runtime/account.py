"""A small Snowflake for apps: login with a token, a few statements, Cortex; over TLS on a port of this machine."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.edge.certificates import Certificates, certificates
from sandbox.serving import Server, listen, port_of, quiet
from sandbox.snowflake_runtime.launch import AccountAddress

HOST = "example-sandbox.snowflakecomputing.test"
ANSWERS = {"select get_fx()": "from-a-function", "select 1": "1"}


class SmallSnowflake:
    """Takes the tokens in `tokens`; `heard` has what was asked, and by which token."""

    def __init__(self) -> None:
        self.tokens: dict[str, str] = {}
        self.heard: list[tuple[str, str]] = []
        self.logins: list[dict[str, Any]] = []

    def routes(self) -> list[Route]:
        return [
            Route("/session/v1/login-request", self._login, methods=["POST"]),
            Route("/queries/v1/query-request", self._query, methods=["POST"]),
            Route("/api/v2/cortex/analyst/message", self._cortex, methods=["POST"]),
            Route("/{rest:path}", self._rest, methods=["GET", "POST"]),
        ]

    async def _login(self, request: Request) -> Response:
        said = (await _body(request))["data"]
        if said.get("AUTHENTICATOR") != "OAUTH" or said.get("TOKEN") not in self.tokens:
            return JSONResponse(
                {"success": False, "code": "390303", "message": "Invalid OAuth access token.", "data": {}}
            )
        self.logins.append({**dict(request.query_params), "role": self.tokens[said["TOKEN"]]})
        role = self.tokens[said["TOKEN"]]
        session = {"token": f"session of {role}", "masterToken": "m", "sessionId": 7, "validityInSeconds": 3600}
        names = {"databaseName": "APPS", "schemaName": "PUBLIC", "warehouseName": "WH", "roleName": role}
        return JSONResponse({"success": True, "data": {**session, "parameters": [], "sessionInfo": names}})

    async def _query(self, request: Request) -> Response:
        statement = str((await _body(request))["sqlText"]).strip()
        role = request.headers["authorization"].removeprefix('Snowflake Token="session of ').rstrip('"')
        self.heard.append((role, statement))
        value = role if statement.lower() == "select current_role()" else ANSWERS.get(statement.lower(), "?")
        column = {"name": "V", "type": "text", "length": 100, "byteLength": 100, "nullable": True}
        rows = {
            "rowtype": [{**column, "precision": None, "scale": None}],
            "rowset": [[value]],
            "total": 1,
            "returned": 1,
        }
        head = {"queryId": "q", "sqlState": "00000", "statementTypeId": 4096, "queryResultFormat": "json"}
        return JSONResponse({"success": True, "data": {**rows, **head, "parameters": []}})

    async def _cortex(self, request: Request) -> Response:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        kind = request.headers.get("x-snowflake-authorization-token-type")
        if token not in self.tokens or kind != "OAUTH":
            return JSONResponse({"message": "unauthorized"}, 401)
        text = (await _body(request))["messages"][0]["content"][0]["text"]
        content = [{"type": "text", "text": f"{self.tokens[token]} asked: {text}"}]
        return JSONResponse({"message": {"role": "analyst", "content": content}})

    async def _rest(self, _: Request) -> Response:
        return JSONResponse({"success": True, "data": {}})


async def _body(request: Request) -> dict[str, Any]:
    body = await request.body()
    found: dict[str, Any] = json.loads(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)
    return found


@contextmanager
def served(snowflake: SmallSnowflake, directory: Path) -> Iterator[AccountAddress]:
    """The account where apps find it."""
    made: Certificates = certificates(directory, (HOST,))
    listening = listen(0)
    context = made.server_context()
    app = Starlette(routes=snowflake.routes())
    config = uvicorn.Config(app, log_config=quiet(), lifespan="off", ssl_context_factory=lambda *_: context)
    server = Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield AccountAddress(HOST, "SBX00001", port_of(listening), made.authority)
    finally:
        server.should_exit = True
        thread.join()
