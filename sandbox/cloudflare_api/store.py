"""The objects of the sandbox account: one store, saved before an answer leaves, heard by listeners.

Nothing here knows HTTP, so that other parts of the same process (a tunnel edge, a login page) can read the
objects and be told of changes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
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
        self._objects: dict[Key, Json] = {}
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
        return self._objects.get(Key(collection, scope, object_id))

    def all(self, collection: str, scope: str | None = None) -> tuple[Json, ...]:
        """The objects of a collection in order of creation, of one scope or of all."""
        return tuple(document for key, document in self.items(collection) if scope in (None, key.scope))

    def items(self, collection: str | None = None) -> Iterator[tuple[Key, Json]]:
        return (
            (key, document) for key, document in tuple(self._objects.items()) if collection in (None, key.collection)
        )

    def put(self, collection: str, scope: str, object_id: str, document: Json) -> None:
        """Write an object. The document passes to the store and is not changed by the caller afterwards."""
        key = Key(collection, scope, object_id)
        self._remember(key)
        self._objects[key] = document
        self._lines[key] = self._line(key, document)

    def remove(self, collection: str, scope: str, object_id: str) -> None:
        key = Key(collection, scope, object_id)
        self._remember(key)
        self._objects.pop(key, None)
        self._lines.pop(key, None)

    def clear(self) -> None:
        """Take away every object."""
        for key in tuple(self._objects):
            self.remove(key.collection, key.scope, key.id)

    def commit(self) -> None:
        """Save what was written since the last commit, then tell the listeners."""
        if not self._pending:
            return
        changes = tuple(Change(key, before, self._objects.get(key)) for key, before in self._pending.items())
        self._pending = {}
        self._save()
        for listener in self._listeners:
            listener(changes)

    def _remember(self, key: Key) -> None:
        self._pending.setdefault(key, self._objects.get(key))

    def _save(self) -> None:
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        records = ",\n".join(self._lines.values())
        fresh = self._path.with_suffix(".json.new")
        fresh.write_text(f'{{"version": {STATE_VERSION}, "objects": [\n{records}\n]}}\n', encoding="utf-8")
        fresh.replace(self._path)

    def _load(self, state: Json) -> None:
        if state.get("version") != STATE_VERSION:
            raise ValueError(f"{self._path} has version {state.get('version')}, not {STATE_VERSION}")
        for record in state["objects"]:
            key = Key(record["collection"], record["scope"], record["id"])
            self._objects[key] = record["document"]
            self._lines[key] = self._line(key, record["document"])

    @staticmethod
    def _line(key: Key, document: Json) -> str:
        record = {"collection": key.collection, "scope": key.scope, "id": key.id, "document": document}
        return json.dumps(record, ensure_ascii=False)
