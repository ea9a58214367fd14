"""The Docker provider in plain values: hosts, names, previews; the work is in the module of each type."""

from __future__ import annotations

import argparse
import os
import secrets
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version as installed_version
from pathlib import Path

from sandbox.containers.extras import VARIABLE, Extras
from sandbox.plugins.docker import container, container_attributes, image, network
from sandbox.plugins.docker.attributes import Attributes, changes, inputs_of, plan, previewed
from sandbox.plugins.docker.connection import Connection, HostError, checked_host
from sandbox.plugins.engine_log import EngineLog
from sandbox.plugins.service import Difference, Fault, Read, register
from sandbox.plugins.serving import serve
from sandbox.plugins.values import Properties, is_known, reveal

_OTHER_WAYS = ("context", "sshOpts", "certPath", "certMaterial", "caMaterial", "keyMaterial")
_USUAL_HOST = "unix:///var/run/docker.sock"


@dataclass(frozen=True)
class _Type:
    """One resource type: its attributes and its operations."""

    noun: str
    attributes: Attributes
    computed: tuple[str, ...]
    create: Callable[[Connection, str, Properties], tuple[str, Properties]]
    read: Callable[[Connection, str, Properties], tuple[str, Properties] | None]
    update: Callable[[Connection, str, str, Properties, Properties], Properties]
    delete: Callable[[Connection, str, Properties], None]
    delete_first: bool = False
    required: tuple[str, ...] = ()
    named: bool = True
    """Whether a name is made up where the program gives none."""


_NETWORK = _Type(
    "network", network.ATTRIBUTES, network.COMPUTED, network.create, network.read, network.update, network.delete
)
_IMAGE = _Type(
    "image", image.ATTRIBUTES, image.COMPUTED, image.create, image.read, image.update, image.delete,
    required=("name",), named=False,
)  # fmt: skip
_CONTAINER = _Type(
    "container", container_attributes.ATTRIBUTES, container_attributes.COMPUTED,
    container.create, container.read, container.update, container.delete,
    delete_first=True, required=("image",),
)  # fmt: skip
_TYPES = {
    "docker:index/network:Network": _NETWORK,
    "docker:index/remoteImage:RemoteImage": _IMAGE,
    "docker:index/container:Container": _CONTAINER,
}


class DockerProvider:
    """Stands in for pulumi-docker, at one daemon on this machine."""

    kinds = frozenset(_TYPES)
    _connection: Connection

    def __init__(self, log: EngineLog) -> None:
        self.version = installed_version("pulumi-docker")
        self._log = log

    def config_faults(self, config: Properties) -> list[Fault]:
        """Hosts that are not on this machine, and ways to choose one that the stand-in does not know."""
        if not is_known(config):
            return []
        given = [name for name in _OTHER_WAYS if config.get(name)]
        faults = [(name, f"the provider stand-in finds the daemon by `host`, not by `{name}`") for name in given]
        try:
            checked_host(_host(config))
        except HostError as error:
            faults.append(("host", str(error)))
        return faults

    def configure(self, config: Properties) -> None:
        """Take the host from the config, else from the environment."""
        file = os.environ.get(VARIABLE)
        extras = Extras.read(Path(file)) if file else Extras()
        self._connection = Connection(_host(config), self._log, extras)

    def check(self, urn: str, kind: str, inputs: Properties, before: Properties) -> tuple[Properties, list[Fault]]:
        """Make a name up where there is none, and refuse what this provider would have to ignore."""
        entry = _TYPES[kind]
        if entry.named and inputs.get("name") is None:
            inputs = {**inputs, "name": before.get("name") or f"{urn.rsplit('::', 1)[-1]}-{secrets.token_hex(4)[:7]}"}
        unknown = sorted(set(inputs) - set(entry.attributes))
        faults = [(name, f"the provider stand-in does not support `{name}` of a {entry.noun}") for name in unknown]
        faults += [(name, f"`{name}` is missing") for name in entry.required if inputs.get(name) is None]
        return inputs, faults + (image.faults(inputs) if entry is _IMAGE else [])

    def diff(self, kind: str, inputs: Properties, state: Properties) -> Difference:
        """Attribute by attribute; a container that was made with other extras is replaced."""
        entry = _TYPES[kind]
        changed = changes(entry.attributes, inputs, state)
        replaces = tuple(name for name in changed if entry.attributes[name].forces)
        if entry is _CONTAINER and (state.get(container.EXTRAS) or "") != self._connection.extras.digest:
            changed, replaces = (*changed, container.EXTRAS), (*replaces, container.EXTRAS)
        return Difference(changed, replaces, entry.delete_first)

    def preview(self, kind: str, inputs: Properties, state: Properties | None) -> Properties:
        """The plan, and what the state knows."""
        entry = _TYPES[kind]
        return previewed(entry.attributes, ("id", *entry.computed), inputs, state)

    def create(self, urn: str, kind: str, inputs: Properties) -> tuple[str, Properties]:
        """Make it."""
        return _TYPES[kind].create(self._connection, urn, inputs)

    def read(self, kind: str, ident: str, state: Properties, inputs: Properties) -> Read | None:
        """Look at it."""
        entry = _TYPES[kind]
        found = entry.read(self._connection, ident, state or plan(entry.attributes, {}))
        if found is None:
            return None
        return Read(*found, inputs_of(entry.attributes, found[1], inputs))

    def update(self, urn: str, kind: str, ident: str, inputs: Properties, state: Properties) -> Properties:
        """Change it."""
        return _TYPES[kind].update(self._connection, urn, ident, inputs, state)

    def delete(self, kind: str, ident: str, state: Properties) -> None:
        """Remove it."""
        _TYPES[kind].delete(self._connection, ident, state)

    def invoke(self, token: str, arguments: Properties) -> None:  # as every provider's
        """No function stands in."""

    def cancel(self) -> None:
        """End all waiting."""
        if hasattr(self, "_connection"):
            self._connection.cancel()


def _host(config: Properties) -> str:
    return str(reveal(config.get("host")) or os.environ.get("DOCKER_HOST") or _USUAL_HOST)


def main(arguments: list[str]) -> int:
    """Serve as `pulumi-resource-docker`."""
    parser = argparse.ArgumentParser(prog="pulumi-resource-docker")
    parser.add_argument("engine", nargs="?", default="", help="the engine's address")
    options, _ = parser.parse_known_args(arguments)
    provider = DockerProvider(EngineLog(options.engine))
    code = serve(lambda server: register(provider, server), provider.cancel)
    sys.stdout.flush()
    # A build that is silent for long cannot be woken up, and its thread must not keep the plugin alive.
    os._exit(code)
