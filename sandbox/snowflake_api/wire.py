"""The protocol of Snowflake's drivers over HTTP: login, queries, cancelling, renewing tokens, leaving.

Every answer is HTTP 200; a refusal says `success: false`. Drivers would retry anything else.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import time
import uuid
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.snowflake_api.envelopes import Json, answer_envelope, parameters, refusal_envelope
from sandbox.snowflake_api.execution import Executor, as_refusal
from sandbox.snowflake_api.expressions import Value, cast
from sandbox.snowflake_api.login import Login
from sandbox.snowflake_api.queries import VERSION
from sandbox.snowflake_api.refusals import Refusal
from sandbox.snowflake_api.sessions import MASTER_VALIDITY, VALIDITY, Session, Sessions

_TOKEN = re.compile(r'Snowflake Token="([^"]*)"')
Endpoint = Callable[[Request], Awaitable[Response]]
_KEPT = 200
"""Results that can be asked for again by their query's id."""


class Answer(JSONResponse):
    """JSON in which halves of characters, which texts can hold, are escaped."""

    def render(self, content: object) -> bytes:
        return json.dumps(content, separators=(",", ":")).encode()


class Wire:
    """The endpoints over one executor."""

    def __init__(self, login: Login, sessions: Sessions, executor: Executor) -> None:
        self._login = login
        self._sessions = sessions
        self._executor = executor
        self._running: dict[str, asyncio.Task[Json]] = {}
        self._results: OrderedDict[str, tuple[str, asyncio.Task[Json]]] = OrderedDict()

    def routes(self) -> list[Route]:
        table: tuple[tuple[str, str, Endpoint], ...] = (
            ("POST", "/session/v1/login-request", self._log_in),
            ("POST", "/session/token-request", self._renew),
            ("POST", "/session/heartbeat", self._heartbeat),
            ("POST", "/session", self._leave),
            ("POST", "/queries/v1/query-request", self._query),
            ("POST", "/queries/v1/abort-request", self._abort),
            ("GET", "/queries/{id}/result", self._result),
            ("GET", "/monitoring/queries/{id}", self._monitored),
            ("POST", "/telemetry/send", self._telemetry),
            ("POST", "/telemetry/send/sessionless", self._telemetry),
        )
        return [Route(path, _polite(run), methods=[method]) for method, path, run in table]

    async def _log_in(self, request: Request) -> Response:
        body = await _body(request)
        data = body.get("data")
        session = self._login.open(data if isinstance(data, dict) else {}, dict(request.query_params))
        session.origin = f"{request.url.scheme}://{request.url.netloc}"
        return _good(
            {
                "token": session.token,
                "masterToken": session.master,
                "validityInSeconds": VALIDITY,
                "masterValidityInSeconds": MASTER_VALIDITY,
                "displayUserName": session.user,
                "serverVersion": VERSION,
                "firstLogin": False,
                "remMeToken": None,
                "remMeValidityInSeconds": 0,
                "healthCheckInterval": 45,
                "newClientForUpgrade": None,
                "sessionId": session.id,
                "parameters": parameters(session),
                "sessionInfo": {
                    "databaseName": session.database,
                    "schemaName": session.schema,
                    "warehouseName": session.warehouse,
                    "roleName": session.role,
                },
                "idToken": None,
                "responseData": None,
            }
        )

    async def _renew(self, request: Request) -> Response:
        found = _TOKEN.fullmatch(request.headers.get("authorization", ""))
        session = self._sessions.renew(found[1]) if found is not None else None
        if session is None:
            raise Refusal("390115", "08001", "Master token is invalid or has expired. Log in again.")
        return _good(
            {
                "sessionToken": session.token,
                "validityInSecondsST": VALIDITY,
                "masterToken": session.master,
                "validityInSecondsMT": MASTER_VALIDITY,
                "sessionId": session.id,
            }
        )

    async def _heartbeat(self, request: Request) -> Response:
        self._session(request)
        return _good(None)

    async def _leave(self, request: Request) -> Response:
        self._sessions.close(self._session(request))
        return _good(None)

    async def _telemetry(self, _: Request) -> Response:
        return _good("Log Received")

    async def _query(self, request: Request) -> Response:
        session = self._session(request)
        body = await _body(request)
        query_id = str(uuid.uuid4())
        request_id = request.query_params.get("requestId", query_id)
        task = asyncio.create_task(self._answered(session, body, query_id, request_id))
        self._results[query_id] = (session.user, task)
        while len(self._results) > _KEPT:
            self._results.popitem(last=False)
        if body.get("asyncExec") is True:
            url = f"/queries/{query_id}/result"
            data = {"queryId": query_id, "getResultUrl": url, "queryAbortsAfterSecs": 300, "progressDesc": None}
            return Answer(
                {"data": data, "code": "333334", "message": "Query executing in background.", "success": True}
            )
        return Answer(await _finished(task, query_id))

    async def _answered(self, session: Session, body: Json, query_id: str, request_id: str) -> Json:
        sql = body.get("sqlText")
        described = body.get("describeOnly") is True
        given = body.get("bindings")
        bindings = [_bound(one) for _, one in sorted(given.items(), key=_place)] if isinstance(given, dict) else []
        # Only what has begun can be cancelled, so that the log has it.
        if (task := asyncio.current_task()) is not None:
            self._running[request_id] = task
        try:
            # Half a character cannot be kept.
            text = sql.encode(errors="replace").decode() if isinstance(sql, str) else ""
            result = await self._executor.run(session, text, query_id, bindings, described=described)
        except Refusal as refusal:
            return refusal_envelope(refusal, query_id)
        finally:
            self._running.pop(request_id, None)
        return answer_envelope(session, result, query_id, described=described)

    async def _abort(self, request: Request) -> Response:
        body = await _body(request)
        task = self._running.get(str(body.get("requestId")))
        if task is None:
            raise Refusal("000605", "02000", "Identified SQL statement is not currently executing.")
        task.cancel()
        return _good(None)

    async def _result(self, request: Request) -> Response:
        query_id = request.path_params["id"]
        task = self._own(request, query_id)
        if task is None:
            raise Refusal("000709", "02000", f"Statement {query_id} not found")
        return Answer(await _finished(task, query_id))

    async def _monitored(self, request: Request) -> Response:
        query_id = request.path_params["id"]
        task = self._own(request, query_id)
        if task is None:
            return _good({"queries": []})
        if not task.done():
            return _good({"queries": [{"id": query_id, "status": "RUNNING"}]})
        outcome = await _finished(task, query_id)
        row: Json = {"id": query_id, "status": "SUCCESS" if outcome["success"] else "FAILED_WITH_ERROR"}
        if not outcome["success"]:
            row |= {"errorCode": outcome["code"], "errorMessage": outcome["message"]}
        return _good({"queries": [row]})

    def _own(self, request: Request, query_id: str) -> asyncio.Task[Json] | None:
        """The statement of that id, if the same user made it."""
        user, task = self._results.get(query_id, (None, None))
        return task if self._session(request).user == user else None

    def _session(self, request: Request) -> Session:
        found = _TOKEN.fullmatch(request.headers.get("authorization", ""))
        if found is None:
            raise Refusal("390101", "08001", "Authorization header not found in the request data.")
        session = self._sessions.find(found[1])
        if session is None:
            raise Refusal("390111", "08001", "Session no longer exists. New login required to access the service.")
        if session.expires < time.time():
            raise Refusal("390112", "08001", "Your session has expired. Please login again.")
        return session


async def _finished(task: asyncio.Task[Json], query_id: str) -> Json:
    """The answer, also of a statement that was cancelled."""
    await asyncio.wait([task])
    if task.cancelled():
        return refusal_envelope(Refusal("000604", "57014", "SQL execution canceled"), query_id)
    return task.result()


def _bound(given: Json) -> Value:
    """A value that stands for a question mark; drivers send all of them as texts."""
    kind = {"FIXED": "fixed", "REAL": "real", "BOOLEAN": "boolean"}.get(str(given.get("type")), "text")
    return cast(Value(given.get("value")), kind)


def _place(pair: tuple[str, Any]) -> int:
    return int(pair[0]) if pair[0].isdigit() else 0


async def _body(request: Request) -> Json:
    text = await request.body()
    try:
        if request.headers.get("content-encoding", "").lower() == "gzip":
            text = gzip.decompress(text)
        body = json.loads(text) if text else {}
    except (ValueError, OSError, EOFError):
        return {}
    return body if isinstance(body, dict) else {}


def _good(data: object) -> Response:
    return Answer({"data": data, "code": None, "message": None, "success": True})


def _polite(run: Endpoint) -> Endpoint:
    """Drivers read a refusal in an answer that succeeds."""

    async def answer(request: Request) -> Response:
        try:
            return await run(request)
        except Exception as error:
            return Answer(refusal_envelope(as_refusal(error)))

    return answer
