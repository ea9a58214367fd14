"""Every request to the API in order, with secret values left out; one JSON line each in `journal.jsonl`."""

from __future__ import annotations

import json
from pathlib import Path

from sandbox.bounded import append, older
from sandbox.cloudflare_api.call import now
from sandbox.cloudflare_api.document import Json

SECRET_KEYS = frozenset({"client_secret", "tunnel_secret", "secret", "password", "token", "private_key"})


class Journal:
    """The requests so far, or the latest of very many. Entries survive a restart."""

    def __init__(self, directory: Path | None = None) -> None:
        self._path = None if directory is None else directory / "journal.jsonl"
        self.entries: list[Json] = []
        self._begun = 0  # the entries before it are in the older file
        if self._path is not None:
            self.entries = _entries(older(self._path))
            self._begun = len(self.entries)
            self.entries += _entries(self._path)

    def record(self, method: str, path: str, body: bytes, agent: str, outcome: Json) -> None:
        """Write down a request with its `status`, or the `fault` that took its answer away."""
        number = self.entries[-1]["n"] + 1 if self.entries else 1
        entry: Json = {"n": number, "time": now(), "method": method, "path": path}
        entry |= {"body": _readable(body), "user_agent": agent, **outcome}
        self.entries.append(entry)
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if append(self._path, json.dumps(entry, ensure_ascii=False) + "\n"):
                del self.entries[: self._begun]
                self._begun = len(self.entries) - 1

    def after(self, number: int) -> list[Json]:
        """The entries with a higher number."""
        return [entry for entry in self.entries if entry["n"] > number]

    def clear(self) -> None:
        self.entries, self._begun = [], 0
        if self._path is not None:
            self._path.unlink(missing_ok=True)
            older(self._path).unlink(missing_ok=True)


def _entries(file: Path) -> list[Json]:
    if not file.exists():
        return []
    text = file.read_text(encoding="utf-8")
    whole, _, torn = text.rpartition("\n")
    if torn:  # a killed process can leave half a line behind
        file.write_text(f"{whole}\n" if whole else "", encoding="utf-8")
    return [json.loads(line) for line in whole.split("\n") if line]


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
