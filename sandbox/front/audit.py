"""The audit log of Access: one JSON line per decision, without queries, tokens or secrets.

Bypass leaves no line, as at Cloudflare.
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sandbox.bounded import append, older
from sandbox.cloudflare_api.call import now
from sandbox.cloudflare_api.document import Json

Event = Literal["request", "login", "logout"]
_KEPT = 2000


@dataclass(frozen=True)
class Decision:
    """What was decided over whom, where and why."""

    event: Event
    decision: str
    reason: str
    host: str
    path: str = ""
    method: str = ""
    application: str = ""
    policy: str = ""
    email: str = ""
    identity_provider: str = ""
    service_token: str = ""
    ip: str = ""
    country: str = ""
    ray: str = ""


class Audit:
    """The log: a file, if there is one, and the latest lines in memory."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self.latest: deque[Json] = deque(maxlen=_KEPT)
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch(mode=0o600)

    def clear(self) -> None:
        """Begin a new log."""
        self.latest.clear()
        if self._file is not None:
            older(self._file).unlink(missing_ok=True)
            self._file.write_text("", encoding="utf-8")

    def record(self, decision: Decision) -> None:
        line = {"time": now(), **vars(decision)}
        self.latest.append(line)
        if self._file is not None:
            append(self._file, json.dumps(line, ensure_ascii=False) + "\n")
