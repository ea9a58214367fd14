"""The account on disk: a snapshot, and what changed since, so that saving costs what changed and not everything.

`state.json` is written whole or not at all; `changes.jsonl` is added to before an answer leaves, and folded into the
snapshot when the program starts and when it has grown larger than it.
"""

from __future__ import annotations

import json
import os
from dataclasses import fields
from pathlib import Path as File
from typing import Any

from sandbox.snowflake_api.things import BODIES, Body, Future, Grant, Path, Thing

STATE_VERSION = 1
_SMALLEST = 256 * 1024  # bytes of changes that are never worth folding
Key = tuple[str, Path]
"""The kind and the full name of an object."""


def key_of(thing: Thing[Body]) -> Key:
    return thing.kind, thing.path


class Store:
    """Objects by key and notes by name. Writes are visible at once, and durable after `commit`."""

    def __init__(self, directory: File) -> None:
        self._directory = directory
        self._lines: dict[str, str] = {}
        self._undo: dict[Key, Thing[Body] | None] = {}
        self._changed: list[str] = []
        self._grown = 0
        self.things: dict[Key, Thing[Body]] = {}
        self.notes: dict[str, Any] = {}
        self.revision = 0
        directory.mkdir(parents=True, exist_ok=True)
        self._load(directory)

    def put(self, thing: Thing[Body]) -> None:
        key = key_of(thing)
        self._undo.setdefault(key, self.things.get(key))
        self.things[key] = thing
        self.revision += 1

    def remove(self, thing: Thing[Body]) -> None:
        key = key_of(thing)
        self._undo.setdefault(key, self.things.get(key))
        self.things.pop(key, None)
        self.revision += 1

    def note(self, name: str, value: object) -> None:
        """Keep a JSON value under a name; it is saved with the next commit, and no `rollback` takes it back."""
        self.notes[name] = value
        self._line(f"note {name}", {"note": name, "value": value})

    def rollback(self) -> None:
        """Undo what was put and removed since the last commit."""
        for key, before in self._undo.items():
            self.things.pop(key, None)
            if before is not None:
                self.things[key] = before
        self._undo = {}
        self.revision += 1

    def commit(self) -> None:
        """Save what was written since the last commit."""
        for key in self._undo:
            thing = self.things.get(key)
            own = f"{key[0]} {json.dumps(key[1])}"
            self._line(own, {"gone": key} if thing is None else encoded(thing), gone=thing is None)
        self._undo = {}
        self._append()

    def _line(self, own: str, record: object, *, gone: bool = False) -> None:
        line = json.dumps(record, ensure_ascii=False)
        if self._lines.pop(own, None) is None and gone:
            return
        if not gone:
            self._lines[own] = line
        self._changed.append(line)

    def _append(self) -> None:
        changed, self._changed = self._changed, []
        if not changed:
            return
        text = "".join(f"{line}\n" for line in changed)
        with _private(self._directory / "changes.jsonl", os.O_APPEND) as out:
            out.write(text)
        self._grown += len(text)
        if self._grown > _SMALLEST and self._grown > sum(map(len, self._lines.values())):
            self._snapshot()

    def _snapshot(self) -> None:
        fresh = self._directory / "state.json.new"
        lines = ",\n".join(self._lines.values())
        with _private(fresh, os.O_TRUNC) as out:
            out.write(f'{{"version": {STATE_VERSION}, "records": [\n{lines}\n]}}\n')
        fresh.replace(self._directory / "state.json")
        (self._directory / "changes.jsonl").unlink(missing_ok=True)
        self._grown = 0

    def _load(self, directory: File) -> None:
        file = directory / "state.json"
        if file.exists():
            state = json.loads(file.read_text(encoding="utf-8"))
            if state.get("version") != STATE_VERSION:
                raise ValueError(f"{file} has version {state.get('version')}, not {STATE_VERSION}")
            for record in state["records"]:
                self._replay(record)
        changes = directory / "changes.jsonl"
        if changes.exists():
            # A killed process can leave half a line behind: its statement was never answered.
            for line in changes.read_text(encoding="utf-8").split("\n")[:-1]:
                self._replay(json.loads(line))
        self._undo, self._changed = {}, []
        self._snapshot()

    def _replay(self, record: dict[str, Any]) -> None:
        if "note" in record:
            self.note(record["note"], record["value"])
            return
        if "gone" in record:
            kind, path = record["gone"]
            self.things.pop((kind, tuple(path)), None)
            self._line(f"{kind} {json.dumps(path)}", record, gone=True)
            return
        thing = decoded(record)
        self.things[key_of(thing)] = thing
        self._line(f"{thing.kind} {json.dumps(thing.path)}", record)


def _private(file: File, how: int) -> Any:
    return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | how, 0o600), "a", encoding="utf-8")


def encoded(thing: Thing[Body]) -> dict[str, Any]:
    """A record of JSON values; a property at its default is left out."""
    return {
        "body": type(thing.body).__name__,
        **_own(thing, ("body", "grants")),
        "grants": [_own(grant) for grant in thing.grants],
        "values": _own(thing.body),
    }


def _own(row: Any, without: tuple[str, ...] = ()) -> dict[str, Any]:
    pairs = ((one, getattr(row, one.name)) for one in fields(row) if one.name not in without)
    return {
        one.name: [_own(each) for each in value] if one.name == "futures" else value
        for one, value in pairs
        if value != one.default
    }


def decoded(record: dict[str, Any]) -> Thing[Body]:
    body = BODIES[record["body"]]
    values = {name: _tuples(value) for name, value in record["values"].items()}
    if "futures" in values:
        values["futures"] = tuple(Future(**one) for one in values["futures"])
    return Thing(
        path=tuple(record.get("path", ())),
        owner=record["owner"],
        created=record["created"],
        body=body(**values),
        comment=record.get("comment"),
        grants=tuple(Grant(**one) for one in record["grants"]),
    )


def _tuples(value: Any) -> Any:
    """JSON has lists where the properties have tuples."""
    return tuple(_tuples(one) for one in value) if isinstance(value, list) else value
