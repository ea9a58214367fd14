"""Which connections are live: in turn for requests, and written into the tunnels of the store."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from sandbox.cloudflare_api.document import Json, documents
from sandbox.cloudflare_api.store import Change, Key, Store
from sandbox.cloudflare_api.tunnels import with_connections
from sandbox.edge.protocol.link import Link
from sandbox.edge.protocol.registration import Registration

LOCATION = "sbx01"


@dataclass(frozen=True, eq=False)
class Connection:
    """A registered connection of a connector."""

    id: str
    tunnel: Key
    registration: Registration
    link: Link
    address: str
    opened_at: str

    def line(self) -> Json:
        """The connection as the API shows it."""
        return {
            "id": self.id,
            "uuid": self.id,
            "client_id": self.registration.client_id,
            "client_version": self.registration.version,
            "colo_name": LOCATION,
            "is_pending_reconnect": False,
            "opened_at": self.opened_at,
            "origin_ip": self.address,
        }


class Roster:
    """The live connections by tunnel."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._live: dict[str, tuple[Connection, ...]] = {}
        self._turns = itertools.count()
        # An edge that was killed could not take its connections out of the saved state.
        for key, tunnel in store.entries("tunnels"):
            if tunnel["connections"]:
                store.put("tunnels", key.scope, key.id, with_connections(tunnel, []))
        store.commit()
        store.listen(self._follow)

    def join(self, connection: Connection) -> None:
        """Add a connection; an older one of the same connector and index is the same one before it broke."""
        mine = connection.registration
        for other in self.of(connection.tunnel.id):
            if (other.registration.client_id, other.registration.index) == (mine.client_id, mine.index):
                self.leave(other)
                other.link.close()
        self._live[connection.tunnel.id] = (*self.of(connection.tunnel.id), connection)
        self._show(connection.tunnel)

    def leave(self, connection: Connection) -> None:
        """Take a connection out; harmless when it is out."""
        left = tuple(one for one in self.of(connection.tunnel.id) if one is not connection)
        if len(left) < len(self.of(connection.tunnel.id)):
            self._live[connection.tunnel.id] = left
            self._show(connection.tunnel)

    def of(self, tunnel_id: str) -> tuple[Connection, ...]:
        """The live connections of a tunnel."""
        return self._live.get(tunnel_id, ())

    def next(self, tunnel_id: str) -> Connection | None:
        """The connection whose turn it is."""
        live = [one for one in self.of(tunnel_id) if not one.link.lost]
        return live[next(self._turns) % len(live)] if live else None

    def all(self) -> tuple[Connection, ...]:
        """The live connections of all tunnels."""
        return tuple(itertools.chain.from_iterable(self._live.values()))

    def _show(self, key: Key) -> None:
        tunnel = self._store.get(key.collection, key.scope, key.id)
        if tunnel is None or tunnel["deleted_at"] is not None:
            return
        lines = [one.line() for one in self.of(key.id)]
        self._store.put(key.collection, key.scope, key.id, with_connections(tunnel, lines))
        self._store.commit()

    def _follow(self, changes: tuple[Change, ...]) -> None:
        """Hang up on what the API has taken out: deleted tunnels, dropped connections."""
        for change in changes:
            if change.key.collection != "tunnels":
                continue
            tunnel = change.after if change.after and change.after["deleted_at"] is None else {}
            shown = {one["id"] for one in documents(tunnel.get("connections"))}
            for connection in self.of(change.key.id):
                if connection.id not in shown:
                    connection.link.close()
