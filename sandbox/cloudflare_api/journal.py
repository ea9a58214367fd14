"""Every request to the API in order, with secret values left out; one JSON line each in `journal.jsonl`."""

from __future__ import annotations

import json
from pathlib import Path

from sandbox.cloudflare_api.call import now
from sandbox.cloudflare_api.document import Json

SECRET_KEYS = frozenset({"client_secret", "tunnel_secret", "secret", "password", "token", "private_key"})


class Journal:
    """The requests so far. Entries survive a restart."""

    def __init__(self, directory: Path | None = None) -> None:
        self._path = None if directory is None else directory / "journal.jsonl"
        self.entries: list[Json] = []
        if self._path is not None and self._path.exists():
            text = self._path.read_text(encoding="utf-8")
            whole, _, torn = text.rpartition("\n")
            self.entries = [json.loads(line) for line in whole.split("\n") if line]
            if torn:  # a killed process can leave half a line behind
                self._path.write_text(f"{whole}\n" if whole else "", encoding="utf-8")

    def record(self, method: str, path: str, body: bytes, agent: str, outcome: Json) -> None:
        """Write down a request with its `status`, or the `fault` that took its answer away."""
        entry: Json = {"n": len(self.entries) + 1, "time": now(), "method": method, "path": path}
        entry |= {"body": _readable(body), "user_agent": agent, **outcome}
        self.entries.append(entry)
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry, ensure_ascii=False) + "\n")

    def clear(self) -> None:
        self.entries = []
        if self._path is not None:
            self._path.unlink(missing_ok=True)


def _readable(body: bytes) -> object:
    if not body:
        return None
    try:
        return without_secrets(json.loads(body))
    except ValueError:
        return "[not JSON]"


def without_secrets(value: object) -> object:
    """The same JSON value with the text of every secret replaced."""
    if isinstance(value, dict):
        return {
            key: "[secret]" if key in SECRET_KEYS and isinstance(one, str) else without_secrets(one)
            for key, one in value.items()
        }
    return [without_secrets(one) for one in value] if isinstance(value, list) else value
