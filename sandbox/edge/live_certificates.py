"""One TLS context for edge and front door, whose certificate follows the hosts that DNS records name."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sandbox.cloudflare_api.store import Change, Store
from sandbox.edge.certificates import Certificates, certificates


class LiveCertificates:
    """The certificate for `hosts` and the proxied records of the store; `context` shows the newest."""

    def __init__(self, directory: Path, store: Store, hosts: Iterable[str]) -> None:
        self._directory, self._store, self._hosts = directory, store, tuple(hosts)
        self.files: Certificates = self._issued()
        self.context = self.files.server_context()
        store.listen(self._follow)

    def _issued(self) -> Certificates:
        recorded = (str(one["name"]) for one in self._store.all("dns_records") if one.get("proxied"))
        # A name beyond ASCII is written otherwise in certificates; no browser reaches it here.
        return certificates(self._directory, (*self._hosts, *(name for name in recorded if name.isascii())))

    def _follow(self, changes: tuple[Change, ...]) -> None:
        if any(change.key.collection == "dns_records" for change in changes):
            shown = self.files.chain.read_bytes()
            self.files = self._issued()
            if self.files.chain.read_bytes() != shown:
                # Connections that begin from now on see it; those that are open stay.
                self.context.load_cert_chain(self.files.chain, self.files.key)
