"""The configuration in force: pushed by the edge, newest version wins, an invalid one changes nothing."""

from __future__ import annotations

import json
import logging

from sandbox.connector.rules import NOTHING_CONFIGURED, ConfigurationError, Rule, read_rules

_log = logging.getLogger(__name__)


class Configuration:
    """The rules that every connection of this connector shares."""

    def __init__(self) -> None:
        self.rules: tuple[Rule, ...] = NOTHING_CONFIGURED
        # A tunnel that moves from a file to the API starts at 0, which has to count as newer.
        self.version = -1

    def update(self, body: bytes) -> bytes:
        """Take `{"version":…,"config":…}`; gives cloudflared's answer to the edge."""
        try:
            said = json.loads(body)
            version = int(said["version"])
            if version > self.version:
                self.rules = read_rules(said["config"])
                self.version = version
                _log.info("updated to configuration %s", version)
        except (ConfigurationError, ValueError, KeyError, TypeError) as error:
            _log.error("keeping configuration %s: %s", self.version, error)
            return self._answer(str(error))
        return self._answer(None)

    def _answer(self, error: str | None) -> bytes:
        return json.dumps({"lastAppliedVersion": self.version, "err": error}).encode()
