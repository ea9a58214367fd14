"""Every statement in order, one JSON line each in `statements.jsonl`, secrets masked."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path as File
from typing import Any

from sandbox.bounded import append, older
from sandbox.snowflake_api.masking import masked
from sandbox.snowflake_api.refusals import Refusal
from sandbox.snowflake_api.sessions import Session

_NOT_UNDERSTOOD = frozenset({"001003", "001420", "000002", "000008", "000900"})
_MOST = 20000
"""Statements that the control endpoint shows at most."""


class StatementLog:
    """The statements so far, or the latest of very many. They survive a restart."""

    def __init__(self, directory: File) -> None:
        self._file = directory / "statements.jsonl"
        _mend(self._file)
        self._number = max((int(one["n"]) for one in self.entries()), default=0)

    def record(self, session: Session, sql: str, refusal: Refusal | None) -> None:
        """Write down a statement and what became of it."""
        self._number += 1
        understood = refusal is None or refusal.code not in _NOT_UNDERSTOOD
        entry = {
            "n": self._number,
            "time": datetime.now(UTC).isoformat(timespec="microseconds"),
            "session": session.id,
            "user": session.user,
            "role": session.role,
            "app": session.app,
            "sql": masked(sql, understood=understood),
            "success": refusal is None,
            "code": None if refusal is None else refusal.code,
        }
        if not self._file.exists():
            os.close(os.open(self._file, os.O_CREAT | os.O_WRONLY, 0o600))
        append(self._file, json.dumps(entry, ensure_ascii=False) + "\n")

    def entries(self, after: int = 0) -> list[dict[str, Any]]:
        """The statements with a higher number, oldest first."""
        found = [one for file in (older(self._file), self._file) for one in _read(file)]
        return [one for one in found if one["n"] > after][-_MOST:]

    def clear(self) -> None:
        self._file.unlink(missing_ok=True)
        older(self._file).unlink(missing_ok=True)


def _mend(file: File) -> None:
    """A killed process can leave half a line behind."""
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    if text and not text.endswith("\n"):
        file.write_text(text[: text.rfind("\n") + 1], encoding="utf-8")


def _read(file: File) -> list[dict[str, Any]]:
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    return [json.loads(line) for line in text.split("\n") if line]
