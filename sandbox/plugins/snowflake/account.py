"""The account, over the official client: a few sessions of one user in one role, and what their errors mean."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sandbox.plugins.service import NothingDoneError, UnknownOutcomeError
from sandbox.plugins.snowflake.answers import Row
from sandbox.plugins.snowflake.settings import Settings
from sandbox.plugins.snowflake.sql import Statement

if TYPE_CHECKING:
    from snowflake.connector import SnowflakeConnection

SESSIONS = 4
"""At most so many at once, however many operations the engine runs."""
_GREETING = (
    "SELECT 1",
    "SELECT 1",
    "SELECT CURRENT_ACCOUNT() as CURRENT_ACCOUNT",
    "SELECT CURRENT_SESSION() as CURRENT_SESSION",
)
"""What the official provider asks when it is configured."""
_ABSENT = ("does not exist or not authorized", "Object does not exist, or operation cannot be performed")
_LOGIN_WITHIN = 30


class RefusedError(NothingDoneError):
    """Snowflake answered that it will not do it; `absent` where it says that something is not there."""

    def __init__(self, told: str) -> None:
        super().__init__(told)
        self.absent = any(sentence in told for sentence in _ABSENT)


class LostError(UnknownOutcomeError):
    """A statement was sent and no answer came: whether Snowflake carried it out is not known."""


class Account:
    """Sessions are opened when one is needed, used by one operation at a time, and closed in the end."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._places = threading.BoundedSemaphore(SESSIONS)
        self._idle: list[SnowflakeConnection] = []
        self._lock = threading.Lock()
        self._greeted = False

    def run(self, statement: Statement) -> None:
        """Carry a statement out; raises `RefusedError` or `LostError`."""
        self._asked(statement)

    def rows(self, question: str) -> list[Row]:
        """The answer to a question, row by row."""
        return self._asked(Statement(question))

    def close(self) -> None:
        """Log out of what is idle."""
        while self._idle:
            with contextlib.suppress(Exception):  # the server may be gone; there is nothing left to do about it
                self._idle.pop().close()

    def _asked(self, statement: Statement) -> list[Row]:
        import snowflake.connector as client

        with self._session() as session:
            try:
                with session.cursor() as cursor:
                    cursor.execute(statement.text)
                    columns = [column.name for column in cursor.description or ()]
                    return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()] if columns else []
            except client.OperationalError as error:
                # Nothing is sent twice: only the one who reads the log can say whether it was carried out.
                told = statement.masked(error.raw_msg)
                raise LostError(f"the connection to {self._settings.address} was lost: {told}") from None
            except client.Error as error:
                told = statement.masked(error.raw_msg)
                raise RefusedError(f"{error.errno or 0:06} ({error.sqlstate or '-'}): {told}") from None

    @contextmanager
    def _session(self) -> Iterator[SnowflakeConnection]:
        with self._places:
            with self._lock:
                session = self._idle.pop() if self._idle else None
            session = session or self._logged_in()
            try:
                yield session
            except LostError:
                with contextlib.suppress(Exception):  # lost already
                    session.close(retry=False)
                raise
            except BaseException:
                self._idle.append(session)
                raise
            self._idle.append(session)

    def _logged_in(self) -> SnowflakeConnection:
        # Asking clouds whether this machine is one of theirs would leave this machine.
        os.environ["SNOWFLAKE_DISABLE_PLATFORM_DETECTION"] = "true"
        import snowflake.connector as client

        told = self._settings
        credentials = {
            "authenticator": told.authenticator,
            "password": told.password,
            "private_key": told.private_key,
            "private_key_password": told.passphrase,
            "token": told.token,
            "role": told.role,
            "warehouse": told.warehouse,
        }
        try:
            session = client.connect(
                account=told.account,
                user=told.user,
                host=told.host,
                port=told.port,
                protocol=told.protocol,
                application="gatehouse",
                session_parameters={**told.parameters, "CLIENT_TELEMETRY_ENABLED": "false"},
                validate_default_parameters=True,
                login_timeout=_LOGIN_WITHIN,
                retry_max_attempts=1,
                use_proxy_env=False,
                client_store_temporary_credential=False,
                enable_server_session_keep_alive_auto_detection=False,
                auto_cleanup=False,
                **{name: value for name, value in credentials.items() if value},
            )
            self._greet(session)
        except client.Error as error:
            secrets = (told.password, told.private_key, told.passphrase, told.token)
            reason = Statement("", secrets).masked(str(error.raw_msg))
            raise NothingDoneError(f"{told.user} cannot log in at {told.address}: {reason}") from None
        return session

    def _greet(self, session: SnowflakeConnection) -> None:
        with self._lock:
            first, self._greeted = not self._greeted, True
        if first:
            with session.cursor() as cursor:
                for question in _GREETING:
                    cursor.execute(question)
