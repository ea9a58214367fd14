"""A driver that hides nothing: it logs in to the local Snowflake and shows its answers as they come over the wire."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

ACCOUNT = "EXAMPLE-SANDBOX"
PASSWORDS = {"GATEHOUSE": "sandbox-snowflake-password", "ADMIN": "sandbox-admin-password", "VERA": "vera's \\"}
Row = dict[str, str | None]


def literal(text: str) -> str:
    """The text as a string of SQL."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def quoted(name: str) -> str:
    """The name as an identifier of SQL."""
    return '"' + name.replace('"', '""') + '"'


class RefusedError(AssertionError):
    """A statement that was to succeed was refused."""


@dataclass
class Driver:
    """One session."""

    http: httpx.Client
    token: str
    login: dict[str, Any]
    _sequence: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f'Snowflake Token="{self.token}"', "Accept": "application/snowflake"}

    def ask(self, sql: str, request_id: str = "", **more: object) -> dict[str, Any]:
        """The whole answer to a statement."""
        body = {"sqlText": sql, "asyncExec": False, "sequenceId": next(self._sequence), **more}
        parameters = {"requestId": request_id or str(uuid.uuid4())}
        response = self.http.post("/queries/v1/query-request", params=parameters, json=body, headers=self.headers)
        assert response.status_code == 200, "drivers retry every other status"
        answer: dict[str, Any] = response.json()
        return answer

    def run(self, sql: str, **more: object) -> list[Row]:
        """The rows of a statement that succeeds, by the names of their columns."""
        answer = self.ask(sql, **more)
        if not answer["success"]:
            raise RefusedError(f"{sql}\n{answer['code']} {answer['message']}")
        data = answer["data"]
        names = [one["name"] for one in data.get("rowtype", ())]
        return [dict(zip(names, row, strict=True)) for row in data.get("rowset", ())]

    def value(self, sql: str, **more: object) -> str | None:
        """The only cell of the answer."""
        ((value,),) = (row.values() for row in self.run(sql, **more))
        return value

    def refusal(self, sql: str) -> tuple[str, str]:
        """The number and sentence of a refusal."""
        answer = self.ask(sql)
        assert not answer["success"], f"{sql}\nwas not refused"
        assert answer["code"].isdigit()
        assert len(answer["data"]["sqlState"]) == 5
        return answer["code"], answer["message"]

    def names(self, show: str) -> list[str | None]:
        return [row["name"] for row in self.run(show)]

    def script(self, *statements: str) -> None:
        for one in statements:
            self.run(one)


def log_in(http: httpx.Client, login: dict[str, object], **asked: str) -> dict[str, Any]:
    """The whole answer to a login."""
    data = {"CLIENT_APP_ID": "Go", "CLIENT_APP_VERSION": "2.1.0", "ACCOUNT_NAME": ACCOUNT, **login}
    parameters = {"requestId": str(uuid.uuid4()), **asked}
    response = http.post("/session/v1/login-request", params=parameters, json={"data": data})
    assert response.status_code == 200
    answer: dict[str, Any] = response.json()
    return answer


def connect(http: httpx.Client, user: str = "GATEHOUSE", role: str = "", **asked: str) -> Driver:
    """A session of a user of the world."""
    wanted = {"roleName": role} if role else {}
    answer = log_in(http, {"LOGIN_NAME": user, "PASSWORD": PASSWORDS[user]}, **wanted, **asked)
    assert answer["success"], answer["message"]
    return Driver(http, answer["data"]["token"], answer["data"])


@contextmanager
def client(origin: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=origin, trust_env=False, timeout=30) as http:
        yield http
