"""Where an origin is: names of the container's networks, then the sandbox's own services, then DNS."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path

from sandbox.connector.settings import Address, address_of

_log = logging.getLogger(__name__)


class Lookup:
    """Addresses by `host:port`. The file of the networks' names is read again when it has changed."""

    def __init__(self, file: Path | None, services: Mapping[str, Address]) -> None:
        self._file, self._services = file, services
        self._read: tuple[int, int] = (0, 0)
        self._members: dict[str, Address] = {}

    def address(self, named: Address) -> Address:
        """Where to connect to; what nobody here knows is left to DNS."""
        self._refresh()
        name = f"{named.host}:{named.port}"
        return self._members.get(name) or self._services.get(name) or named

    def _refresh(self) -> None:
        if self._file is None:
            return
        try:
            state = self._file.stat()
            # The file is replaced, not rewritten: its number changes even within one tick of the clock.
            if (state.st_mtime_ns, state.st_ino) == self._read:
                return
            known = json.loads(self._file.read_text("utf-8"))
            self._members = {name: address_of(text) for name, text in known.items()}
            self._read = (state.st_mtime_ns, state.st_ino)
        except (OSError, ValueError, AttributeError) as error:
            _log.error("keeping the names of before: %s cannot be read: %s", self._file, error)
