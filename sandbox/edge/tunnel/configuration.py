"""A tunnel's configuration from the store to its connectors: at registration, and at every change."""

from __future__ import annotations

import asyncio
import json
import logging

from sandbox.cloudflare_api.call import now
from sandbox.cloudflare_api.document import Json
from sandbox.cloudflare_api.store import Change, Key, Store
from sandbox.edge.protocol.packing import UPDATE_CONFIGURATION, UPGRADE
from sandbox.edge.protocol.stream import StreamLostError
from sandbox.edge.tunnel.roster import Connection
from sandbox.edge.upstream import Headers

_log = logging.getLogger(__name__)
_HEAD: Headers = (
    (":method", "PUT"),
    (":scheme", "https"),
    (":authority", "edge.internal"),
    (":path", "/"),
    (UPGRADE, UPDATE_CONFIGURATION),
    ("content-type", "application/json"),
)


class Configurations:
    """The configurations of the store, and who waits for their next version."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: dict[str, set[asyncio.Event]] = {}
        store.listen(self._follow)

    async def push(self, connection: Connection) -> None:
        """Push the newest version, in order and one at a time, as long as the connection lives."""
        changed = asyncio.Event()
        waiting = self._waiting.setdefault(connection.tunnel.id, set())
        waiting.add(changed)
        pushed = -1
        try:
            while not connection.link.lost:
                changed.clear()
                document = self._of(connection.tunnel)
                if document is not None and int(document["version"]) > pushed:
                    pushed = int(document["version"])
                    await _push(connection, pushed, document["config"])
                else:
                    await changed.wait()
        except StreamLostError:
            pass
        finally:
            waiting.discard(changed)

    def keep_local(self, tunnel: Key, text: bytes) -> None:
        """What a connector with a configuration file of its own reports; the API shows it."""
        config = json.loads(text)
        if not isinstance(config, dict):
            raise ValueError("the configuration is not an object")
        before = self._store.get("configurations", tunnel.scope, tunnel.id) or {}
        document = {
            "account_id": tunnel.scope.removeprefix("accounts/"),
            "tunnel_id": tunnel.id,
            "version": int(before.get("version", 0)) + 1,
            "config": config,
            "source": "local",
            "created_at": before.get("created_at") or now(),
        }
        self._store.put("configurations", tunnel.scope, tunnel.id, document)
        self._store.commit()

    def _of(self, tunnel: Key) -> Json | None:
        document = self._store.get("configurations", tunnel.scope, tunnel.id)
        return document if document and document["source"] != "local" else None

    def _follow(self, changes: tuple[Change, ...]) -> None:
        for change in changes:
            if change.key.collection == "configurations":
                for changed in self._waiting.get(change.key.id, ()):
                    changed.set()


async def _push(connection: Connection, version: int, config: Json) -> None:
    stream = connection.link.open(_HEAD)
    try:
        await stream.send(json.dumps({"version": version, "config": config}).encode())
        stream.end()
        await stream.answer()
        answer = b""
        while chunk := await stream.receive():
            answer += chunk
    finally:
        stream.cancel()
    outcome = json.loads(answer or "{}")
    # A Go error has no JSON form of its own: `{}` is one, `null` is none.
    if outcome.get("err") is not None:
        _log.warning(
            "tunnel %s keeps configuration %s: the connector refused version %s: %s",
            connection.tunnel.id,
            outcome.get("lastAppliedVersion"),
            version,
            outcome["err"],
        )
