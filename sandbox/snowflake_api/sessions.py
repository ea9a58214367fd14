"""Sessions of drivers and apps: who is there, in which role, and where unqualified names lead."""

from __future__ import annotations

import itertools
import secrets
import time
from dataclasses import dataclass, field

from sandbox.snowflake_api.result import Result

VALIDITY = 3600
"""Seconds that a session token is good for; a driver renews it with the master token."""
MASTER_VALIDITY = 14400

_RESULTS = 50
"""Results that a session keeps."""

DEFAULTS = {
    "AUTOCOMMIT": "true",
    "CLIENT_PREFETCH_THREADS": "4",
    "CLIENT_RESULT_CHUNK_SIZE": "160",
    "CLIENT_SESSION_KEEP_ALIVE": "false",
    "CLIENT_STAGE_ARRAY_BINDING_THRESHOLD": "65280",
    "CLIENT_TELEMETRY_ENABLED": "false",
    "DATE_OUTPUT_FORMAT": "YYYY-MM-DD",
    "GO_QUERY_RESULT_FORMAT": "json",
    "JSON_INDENT": "2",
    "MULTI_STATEMENT_COUNT": "1",
    "PYTHON_CONNECTOR_QUERY_RESULT_FORMAT": "json",
    "QUERY_TAG": "",
    "SERVICE_NAME": "",
    "STATEMENT_TIMEOUT_IN_SECONDS": "172800",
    "TIMESTAMP_NTZ_OUTPUT_FORMAT": "YYYY-MM-DD HH24:MI:SS.FF3",
    "TIMESTAMP_OUTPUT_FORMAT": "YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM",
    "TIMEZONE": "UTC",
}


@dataclass
class Session:
    """`app` is the url id of the Streamlit app that the session belongs to; it cannot leave its owner's role.

    `client` is the driver's name and version, `origin` the address that it came to.
    """

    id: int
    user: str
    role: str
    warehouse: str | None = None
    database: str | None = None
    schema: str | None = None
    every_role: bool = False
    app: str | None = None
    results: dict[str, Result] = field(default_factory=dict, repr=False)
    client: str = ""
    origin: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    token: str = field(default_factory=lambda: secrets.token_urlsafe(48), repr=False)
    master: str = field(default_factory=lambda: secrets.token_urlsafe(48), repr=False)
    expires: float = 0.0

    @property
    def last_query(self) -> str | None:
        return next(reversed(self.results), None)

    def remember(self, query_id: str, result: Result) -> None:
        """Keep the latest results, which queries can read again."""
        self.results[query_id] = result
        while len(self.results) > _RESULTS:
            self.results.pop(next(iter(self.results)))

    @property
    def wants_object_store(self) -> bool:
        """Whether the driver cannot copy into folders: the Python connector from version 5 on."""
        name, _, version = self.client.partition(" ")
        major = version.partition(".")[0]
        return name == "PythonConnector" and major.isdigit() and int(major) >= 5

    def parameter(self, name: str) -> str:
        return self.parameters.get(name, DEFAULTS.get(name, ""))


class Sessions:
    """The sessions of this run of the program; a driver of an earlier run has to log in again."""

    def __init__(self) -> None:
        self._by_token: dict[str, Session] = {}
        self._by_master: dict[str, Session] = {}
        # Ids go on from where the last run of the program may have been.
        self._ids = itertools.count(time.time_ns() // 1000)

    def open(self, user: str, role: str) -> Session:
        now = time.time()
        for one in [each for each in self._by_master.values() if each.expires + MASTER_VALIDITY < now]:
            self.close(one)
        session = Session(next(self._ids), user, role)
        session.expires = now + VALIDITY
        self._by_token[session.token] = session
        self._by_master[session.master] = session
        return session

    def find(self, token: str) -> Session | None:
        return self._by_token.get(token)

    def renew(self, master: str) -> Session | None:
        """A new session token for the same session."""
        session = self._by_master.get(master)
        if session is not None:
            self._by_token.pop(session.token, None)
            session.token = secrets.token_urlsafe(48)
            session.expires = time.time() + VALIDITY
            self._by_token[session.token] = session
        return session

    def close(self, session: Session) -> None:
        self._by_token.pop(session.token, None)
        self._by_master.pop(session.master, None)

    def clear(self) -> None:
        self._by_token.clear()
        self._by_master.clear()
