"""The networks: kept in a file, with the three that Docker always has."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import asdict
from pathlib import Path

from sandbox.cloudflare_api.document import Json
from sandbox.docker_engine.records import Network, now
from sandbox.docker_engine.refusals import RefusalError, no_such_network
from sandbox.front.files import read_json, write_json

_ALWAYS = {"bridge": "bridge", "host": "host", "none": "null"}


class Networks:
    """The networks of one engine."""

    def __init__(self, file: Path) -> None:
        self._file = file
        kept = read_json(file)
        self._networks = {number: Network(**document) for number, document in kept.items()}
        for name, driver in _ALWAYS.items():
            number = hashlib.sha256(name.encode()).hexdigest()
            self._networks.setdefault(number, Network(number, name, now(), {"Driver": driver}))

    def all(self) -> tuple[Network, ...]:
        """Every network."""
        return tuple(self._networks.values())

    def get(self, name: str) -> Network:
        """The network of a name, an id or the beginning of one."""
        exact = [network for network in self.all() if name in (network.name, network.id)]
        fitting = exact or [network for network in self.all() if name and network.id.startswith(name)]
        if len(fitting) != 1:
            raise no_such_network(name)
        return fitting[0]

    def create(self, asked: Json) -> Network:
        """A new network; names are unique."""
        name = str(asked.get("Name") or "")
        if not name:
            raise RefusalError(400, "invalid network name: name is required")
        driver = asked.get("Driver") or "bridge"
        if driver != "bridge":
            raise RefusalError(404, f"could not find plugin {driver} in v1 plugin registry: plugin not found")
        if any(network.name == name for network in self.all()):
            raise RefusalError(409, f"network with name {name} already exists")
        network = Network(secrets.token_hex(32), name, now(), asked)
        self._networks[network.id] = network
        self._save()
        return network

    def remove(self, network: Network, in_use: bool) -> None:
        """Forget a network that no running container is in."""
        if network.name in _ALWAYS:
            raise RefusalError(403, f"{network.name} is a pre-defined network and cannot be removed")
        if in_use:
            raise RefusalError(
                403,
                f"error while removing network: network {network.name} id {network.id} has active endpoints",
            )
        del self._networks[network.id]
        self._save()

    def _save(self) -> None:
        write_json(self._file, {network.id: asdict(network) for network in self.all()})


def resolves_names(network: str) -> bool:
    """Docker's own networks know nobody's name."""
    return network not in _ALWAYS
