"""A Snowflake that says what it is told to say: it speaks the drivers' protocol, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast
from urllib.parse import parse_qs, urlsplit

from sandbox.plugins.snowflake.provider import SnowflakeProvider
from sandbox.plugins.values import Properties, Secret
from tests.sandbox.provider_harness import Engine, engine_of

PREVIEWS = ("snowflake_external_access_integration_resource", "snowflake_function_python_resource")
SELECT = 4096
"""What the protocol calls a statement that has rows."""


@dataclass(frozen=True)
class Reply:
    """An answer: columns with their types and rows, or a refusal, or nothing at all."""

    columns: tuple[tuple[str, str], ...] = (("status", "text"),)
    rows: tuple[tuple[str | None, ...], ...] = (("done",),)
    code: str = ""
    message: str = ""
    kind: int | None = None
    is_lost: bool = False


DONE = Reply()
LOST = Reply(is_lost=True)


def refused(message: str, code: str = "002003") -> Reply:
    """A refusal."""
    return Reply(code=code, message=message)


ABSENT = refused("SQL compilation error:\nObject 'X' does not exist or not authorized.")


def table(*names: str, rows: tuple[tuple[str | None, ...], ...] = ()) -> Reply:
    """Rows of text."""
    return Reply(tuple((name, "text") for name in names), rows)


@dataclass
class Replay:
    """What it was asked, and how it answers."""

    answer: Callable[[str], Reply] = lambda _statement: DONE
    statements: list[str] = field(default_factory=list)
    logins: list[dict[str, object]] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)
    uploads: dict[str, bytes] = field(default_factory=dict)
    closed: int = 0
    is_shut: bool = False
    """Nobody can log in."""
    port: int = 0

    def take(self) -> list[str]:
        """The statements since the last time."""
        taken, self.statements = self.statements, []
        return taken

    def config(self, **more: object) -> Properties:
        """A provider's configuration as the engine hands it over."""
        return {
            "accountName": "SBX",
            "organizationName": "ORG",
            "host": "127.0.0.1",
            "port": str(self.port),
            "protocol": "http",
            "user": "deploy",
            "password": Secret("x"),
            "role": "ACCOUNTADMIN",
            "params": '{"CLIENT_TELEMETRY_ENABLED":"false"}',
            "previewFeaturesEnabled": json.dumps(PREVIEWS),
            **more,
        }


@contextmanager
def replay() -> Iterator[Replay]:
    """Serve on a free loopback port."""
    state = Replay()

    class Endpoint(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            address = urlsplit(self.path)
            body = json.loads(self._body() or b"{}")
            if address.path == "/session/v1/login-request":
                self._send(self._login(body["data"], parse_qs(address.query)))
            elif address.path == "/queries/v1/query-request":
                self._query(body["sqlText"])
            else:
                state.closed += address.path == "/session"
                self._send({"success": True, "code": None, "message": None, "data": None})

        def do_PUT(self) -> None:
            state.uploads[self.path.removeprefix("/files")] = self._body()
            self._send({})

        def _login(self, login: dict[str, object], query: dict[str, list[str]]) -> object:
            state.logins.append(login)
            state.roles.append(query.get("roleName", [""])[0])
            if state.is_shut:
                message = "Incorrect username or password was specified."
                return {"success": False, "code": "390100", "message": message, "data": None}
            data = {
                "token": "token",
                "masterToken": "master",
                "validityInSeconds": 3600,
                "masterValidityInSeconds": 14400,
                "sessionId": len(state.logins),
                "parameters": [{"name": "CLIENT_TELEMETRY_ENABLED", "value": False}],
                "sessionInfo": {},
            }
            return {"success": True, "code": None, "message": None, "data": data}

        def _query(self, statement: str) -> None:
            state.statements.append(statement)
            reply = state.answer(statement)
            if reply.is_lost:
                self.close_connection = True
            elif reply.code:
                data = {"sqlState": "42000", "queryId": "01b0", "errorCode": reply.code}
                self._send({"success": False, "code": reply.code, "message": reply.message, "data": data})
            else:
                data = self._upload(statement) if statement.upper().startswith("PUT") else _rows(reply)
                self._send({"success": True, "code": None, "message": None, "data": data})

        def _upload(self, statement: str) -> dict[str, object]:
            # The Python client knows clouds only; a presigned address is the way to a server of this machine.
            source = statement.split("'")[1].removeprefix("file://")
            stage = {
                "locationType": "GCS",
                "location": "bucket/stage/",
                "path": "stage/",
                "region": "",
                "storageAccount": None,
                "isClientSideEncrypted": False,
                "creds": {},
                "presignedUrl": f"http://127.0.0.1:{state.port}/files{source}",
                "endPoint": None,
                "useRegionalUrl": False,
            }
            return {
                "command": "UPLOAD",
                "src_locations": [source],
                "parallel": 4,
                "threshold": 209715200,
                "autoCompress": False,
                "overwrite": True,
                "sourceCompression": "none",
                "encryptionMaterial": None,
                "presignedUrls": None,
                "uploadInfo": None,
                "stageInfo": stage,
                "queryId": "01b0",
            }

        def _body(self) -> bytes:
            return self.rfile.read(int(self.headers.get("content-length") or 0))

        def _send(self, document: object) -> None:
            sent = json.dumps(document).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_arguments: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    state.port = server.server_address[1]
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def snowflake_engine(config: Properties) -> Iterator[Engine]:
    """The Snowflake provider behind a real channel."""
    provider = SnowflakeProvider()
    try:
        with engine_of(provider, config) as ready:
            yield ready
    finally:
        provider.close()


def recorded_reply(item: dict[str, object]) -> Reply:
    """An answer out of the recording."""
    columns = cast("list[list[str]]", item["columns"])
    rows = cast("list[list[str | None]]", item["rows"] or [])
    kind = cast("int | None", item["statementTypeId"])
    return Reply(tuple((name, kind) for name, kind in columns), tuple(map(tuple, rows)), kind=kind)


def _rows(reply: Reply) -> dict[str, object]:
    described = [
        {
            "name": name,
            "type": kind,
            "length": 16777216,
            "byteLength": 16777216,
            "precision": 38,
            "scale": 9 if kind.startswith("timestamp") else 0,
            "nullable": True,
        }
        for name, kind in reply.columns
    ]
    return {
        "queryId": "01b0",
        "sqlState": "00000",
        "statementTypeId": reply.kind,
        "rowtype": described,
        "rowset": reply.rows,
        "total": len(reply.rows),
        "returned": len(reply.rows),
        "queryResultFormat": "json",
        "parameters": [],
    }
