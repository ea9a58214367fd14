"""The Cloudflare provider in plain values: addresses, tokens, previews; the work is in `operations`."""

from __future__ import annotations

import os
import re

from sandbox.plugins.cloudflare import model
from sandbox.plugins.cloudflare.client import AddressError, Client, checked_address
from sandbox.plugins.cloudflare.doubts import Doubts
from sandbox.plugins.cloudflare.operations import Operations
from sandbox.plugins.cloudflare.table import RESOURCE_TYPES
from sandbox.plugins.service import Difference, Fault, Read, register
from sandbox.plugins.serving import serve
from sandbox.plugins.values import Properties, is_known, reveal

_TOKEN = re.compile(r"[0-9A-Za-z\-_]{40,80}")
_TOKEN_INVOKE = "cloudflare:index/getZeroTrustTunnelCloudflaredToken:getZeroTrustTunnelCloudflaredToken"  # noqa: S105
_ZONE_INVOKE = "cloudflare:index/getZone:getZone"


class CloudflareProvider:
    """Stands in for pulumi-cloudflare."""

    version = "6.23.1"
    kinds = frozenset(RESOURCE_TYPES)
    _client: Client
    _operations: Operations

    def config_faults(self, config: Properties) -> list[Fault]:
        """Addresses that are not on this machine, and tokens that the official provider would refuse."""
        if not is_known(config):
            return []
        base_url, token = _settings(config)
        faults: list[Fault] = []
        try:
            checked_address(base_url)
        except AddressError as error:
            faults.append(("baseUrl", str(error)))
        if not _TOKEN.fullmatch(token):
            faults.append(("apiToken", "an API token has 40 to 80 letters, digits, `-` and `_`"))
        return faults

    def configure(self, config: Properties) -> None:
        """Take address and token from the config, else from the environment."""
        base_url, token = _settings(config)
        self._client = Client(base_url, token)
        self._operations = Operations(self._client, Doubts.from_environment())

    def check(self, urn: str, kind: str, inputs: Properties, before: Properties) -> tuple[Properties, list[Fault]]:  # noqa: ARG002 # names are not made up here
        """Mark secret inputs."""
        entry = RESOURCE_TYPES[kind]
        unknown = sorted(set(inputs) - {*entry.scope, *entry.attributes})
        faults = [(name, f"`{name}` is no property of this {entry.noun}") for name in unknown]
        return model.with_secrets(entry, inputs), faults

    def diff(self, kind: str, inputs: Properties, state: Properties) -> Difference:
        """Attribute by attribute."""
        entry = RESOURCE_TYPES[kind]
        changed = model.changes(entry, inputs, state)
        forcing = (*entry.scope, *(name for name in entry.replaces if name in inputs))
        return Difference(changed, tuple(name for name in changed if name in forcing), entry.unique)

    def preview(self, kind: str, inputs: Properties, state: Properties | None) -> Properties:
        """The plan, and what the state knows."""
        entry = RESOURCE_TYPES[kind]
        return model.previewed(entry, model.plan(entry, inputs, state), state)

    def create(self, urn: str, kind: str, inputs: Properties) -> tuple[str, Properties]:
        """One request."""
        return self._operations.create(urn, RESOURCE_TYPES[kind], inputs)

    def read(self, kind: str, ident: str, state: Properties, inputs: Properties) -> Read | None:
        """One request."""
        entry = RESOURCE_TYPES[kind]
        found = self._operations.read(entry, ident, state)
        if found is None:
            return None
        ident, outputs = found
        return Read(ident, outputs, model.with_secrets(entry, model.inputs_of(entry, outputs, inputs)))

    def update(self, urn: str, kind: str, ident: str, inputs: Properties, state: Properties) -> Properties:  # noqa: ARG002 # only a creation can be in doubt
        """One request."""
        return self._operations.update(RESOURCE_TYPES[kind], ident, inputs, state)

    def delete(self, kind: str, ident: str, state: Properties) -> None:
        """One request, or none."""
        self._operations.delete(RESOURCE_TYPES[kind], ident, state)

    def invoke(self, token: str, arguments: Properties) -> Properties | None:
        """The token of a tunnel, or a zone."""
        if token == _TOKEN_INVOKE:
            return self._operations.tunnel_token(arguments)
        return self._operations.zone(arguments) if token == _ZONE_INVOKE else None

    def cancel(self) -> None:
        """Stop waiting between tries."""
        if hasattr(self, "_client"):
            self._client.cancel()

    def close(self) -> None:
        """Give the connections back."""
        if hasattr(self, "_client"):
            self._client.close()


def _settings(config: Properties) -> tuple[str, str]:
    base_url = reveal(config.get("baseUrl")) or os.environ.get("CLOUDFLARE_BASE_URL", "")
    token = reveal(config.get("apiToken")) or os.environ.get("CLOUDFLARE_API_TOKEN", "")
    return str(base_url), str(token)


def main(arguments: list[str]) -> int:  # noqa: ARG001 # as every plugin's
    """Serve as `pulumi-resource-cloudflare`."""
    provider = CloudflareProvider()
    return serve(lambda server: register(provider, server), provider.cancel)
