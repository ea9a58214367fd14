"""The objects of the sandbox account: one store, saved before an answer leaves, heard by listeners.

Nothing here knows HTTP, so that other parts of the same process (a tunnel edge, a login page) can read the
objects and be told of changes.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sandbox.cloudflare_api.document import Json

STATE_VERSION = 1


@dataclass(frozen=True)
class Key:
    """Where an object lives: its collection, its scope (`accounts/<id>`, `zones/<id>`) and its own id."""

    collection: str
    scope: str
    id: str


@dataclass(frozen=True)
class Change:
    """One object before and after a commit; `None` where it did not or does not exist."""

    key: Key
    before: Json | None
    after: Json | None


class Store:
    """Objects by key. Writes are visible at once and durable, and announced, after `commit`."""

    def __init__(self, directory: Path | None = None) -> None:
        self._path = None if directory is None else directory / "state.json"
        self._collections: dict[str, dict[Key, Json]] = {}
        # Each object's text is kept, so that saving costs one join and not a dump of everything.
        self._lines: dict[Key, str] = {}
        self._pending: dict[Key, Json | None] = {}
        self._listeners: list[Callable[[tuple[Change, ...]], None]] = []
        if self._path is not None and self._path.exists():
            self._load(json.loads(self._path.read_text(encoding="utf-8")))

    def listen(self, listener: Callable[[tuple[Change, ...]], None]) -> None:
        """Call `listener` with the changes of every later commit."""
        self._listeners.append(listener)

    def get(self, collection: str, scope: str, object_id: str) -> Json | None:
        return self._collections.get(collection, {}).get(Key(collection, scope, object_id))

    def all(self, collection: str, scope: str | None = None) -> tuple[Json, ...]:
        """The objects of a collection in order of creation, of one scope or of all."""
        return tuple(document for key, document in self.entries(collection) if scope in (None, key.scope))

    def entries(self, collection: str | None = None) -> tuple[tuple[Key, Json], ...]:
        """Keys and objects of a collection, or of all."""
        chosen = self._collections if collection is None else (collection,)
        return tuple(pair for name in chosen for pair in self._collections.get(name, {}).items())

    def put(self, collection: str, scope: str, object_id: str, document: Json) -> None:
        """Write an object. The document passes to the store and is not changed by the caller afterwards."""
        key = Key(collection, scope, object_id)
        self._remember(key)
        self._keep(key, document)

    def remove(self, collection: str, scope: str, object_id: str) -> None:
        key = Key(collection, scope, object_id)
        self._remember(key)
        self._collections.get(collection, {}).pop(key, None)
        self._lines.pop(key, None)

    def clear(self) -> None:
        """Take away every object."""
        for key, _ in self.entries():
            self.remove(key.collection, key.scope, key.id)

    def commit(self) -> None:
        """Save what was written since the last commit, then tell the listeners."""
        if not self._pending:
            return
        changes = tuple(Change(key, before, self._at(key)) for key, before in self._pending.items())
        self._pending = {}
        self._save()
        for listener in self._listeners:
            listener(changes)

    def _remember(self, key: Key) -> None:
        self._pending.setdefault(key, self._at(key))

    def _at(self, key: Key) -> Json | None:
        return self.get(key.collection, key.scope, key.id)

    def _keep(self, key: Key, document: Json) -> None:
        record = {"collection": key.collection, "scope": key.scope, "id": key.id, "document": document}
        self._collections.setdefault(key.collection, {})[key] = document
        self._lines[key] = json.dumps(record, ensure_ascii=False)

    def _save(self) -> None:
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        records = ",\n".join(self._lines.values())
        fresh = self._path.with_suffix(".json.new")
        fresh.touch(mode=0o600)  # the secrets of tokens and tunnels are in it
        fresh.write_text(f'{{"version": {STATE_VERSION}, "objects": [\n{records}\n]}}\n', encoding="utf-8")
        fresh.replace(self._path)

    def _load(self, state: Json) -> None:
        if state.get("version") != STATE_VERSION:
            raise ValueError(f"{self._path} has version {state.get('version')}, not {STATE_VERSION}")
        for record in state["objects"]:
            key = Key(record["collection"], record["scope"], record["id"])
            self._keep(key, record["document"])
