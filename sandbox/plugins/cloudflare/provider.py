"""The gRPC service that the engine talks to: decoding, previews, refusals; the work is in `operations`."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import TypeVar

import grpc
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from sandbox.plugins.cloudflare import model
from sandbox.plugins.cloudflare.client import AddressError, Client, RefusedError, UnansweredError, checked_address
from sandbox.plugins.cloudflare.doubts import Doubts
from sandbox.plugins.cloudflare.operations import NotPossibleError, Operations
from sandbox.plugins.cloudflare.table import RESOURCE_TYPES, ResourceType
from sandbox.plugins.cloudflare.values import Properties, decode, encode, is_known, reveal
from sandbox.plugins.serving import serve

VERSION = "6.23.1"
"""The version of the official provider that this one stands in for."""

_TOKEN = re.compile(r"[0-9A-Za-z\-_]{40,80}")
_TOKEN_INVOKE = "cloudflare:index/getZeroTrustTunnelCloudflaredToken:getZeroTrustTunnelCloudflaredToken"  # noqa: S105
_ZONE_INVOKE = "cloudflare:index/getZone:getZone"
_T = TypeVar("_T")
_Diff = provider_pb2.PropertyDiff


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """Answers the engine."""

    def __init__(self) -> None:
        self._client: Client | None = None
        self._operations: Operations | None = None

    def GetPluginInfo(self, _request: object, _context: grpc.ServicerContext) -> object:  # noqa: N802
        """The version that the SDK asks for."""
        return plugin_pb2.PluginInfo(version=VERSION)

    def CheckConfig(self, request: provider_pb2.CheckRequest, _context: grpc.ServicerContext) -> object:  # noqa: N802
        """Refuse addresses that are not on this machine and tokens that the official provider would refuse."""
        config = decode(request.news)
        failures = [provider_pb2.CheckFailure(property=name, reason=reason) for name, reason in _config_faults(config)]
        return provider_pb2.CheckResponse(inputs=request.news, failures=failures)

    def DiffConfig(self, request: provider_pb2.DiffRequest, _context: grpc.ServicerContext) -> object:  # noqa: N802
        """Another address or token is an update of the provider, never a replacement of its resources."""
        changed = decode(request.news) != decode(request.olds)
        return provider_pb2.DiffResponse(changes=_changes(bool(changed)))

    def Configure(self, request: provider_pb2.ConfigureRequest, context: grpc.ServicerContext) -> object:  # noqa: N802
        """Take address and token from the config, else from the environment; no request is made."""
        base_url, token = _settings(decode(request.args))
        faults = dict(_config_faults({"baseUrl": base_url, "apiToken": token}))
        if faults:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "; ".join(faults.values()))
        self._client = Client(base_url, token)
        self._operations = Operations(self._client, Doubts.from_environment())
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True, acceptResources=False)

    def Check(self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext) -> object:  # noqa: N802
        """Refuse properties that the type does not have; mark secret ones."""
        entry = _entry(request.urn, context)
        inputs = {name: value for name, value in decode(request.news).items() if not name.startswith("__")}
        known = {*entry.scope, *entry.attributes}
        failures = [
            provider_pb2.CheckFailure(property=name, reason=f"`{name}` is no property of this {entry.noun}")
            for name in sorted(set(inputs) - known)
        ]
        return provider_pb2.CheckResponse(inputs=encode(model.with_secrets(entry, inputs)), failures=failures)

    def Diff(self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext) -> object:  # noqa: N802
        """What an update would change, and whether it takes a new object."""
        entry = _entry(request.urn, context)
        inputs, state = decode(request.news), decode(request.olds)
        changed = model.changes(entry, inputs, state)
        forcing = (*entry.scope, *(name for name in entry.replaces if name in inputs))
        replaces = [name for name in changed if name in forcing]
        detailed = {name: _Diff(kind=_kind(name, inputs, state, name in replaces)) for name in changed}
        return provider_pb2.DiffResponse(
            changes=_changes(bool(changed)),
            diffs=changed,
            replaces=replaces,
            deleteBeforeReplace=bool(replaces) and entry.unique,
            detailedDiff=detailed,
            hasDetailedDiff=True,
        )

    def Create(self, request: provider_pb2.CreateRequest, context: grpc.ServicerContext) -> object:  # noqa: N802
        """Create the object, or say what a preview knows of it."""
        entry, inputs = _entry(request.urn, context), decode(request.properties)
        if request.preview:
            outputs = model.previewed(entry, model.plan(entry, inputs), None)
            return provider_pb2.CreateResponse(properties=encode(outputs))
        ident, outputs = self._run(context, lambda api: api.create(request.urn, entry, inputs))
        return provider_pb2.CreateResponse(id=ident, properties=encode(outputs))

    def Read(self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext) -> object:  # noqa: N802
        """What the object is now; an empty id when it is gone."""
        entry = _entry(request.urn, context)
        state, inputs = decode(request.properties), decode(request.inputs)
        found = self._run(context, lambda api: api.read(entry, request.id, state))
        if found is None:
            return provider_pb2.ReadResponse()
        ident, outputs = found
        seen = model.with_secrets(entry, model.inputs_of(entry, outputs, inputs))
        return provider_pb2.ReadResponse(id=ident, properties=encode(outputs), inputs=encode(seen))

    def Update(self, request: provider_pb2.UpdateRequest, context: grpc.ServicerContext) -> object:  # noqa: N802
        """Change the object, or say what a preview knows of it."""
        entry = _entry(request.urn, context)
        inputs, state = decode(request.news), decode(request.olds)
        if request.preview:
            outputs = model.previewed(entry, model.plan(entry, inputs, state), state)
        else:
            outputs = self._run(context, lambda api: api.update(entry, request.id, inputs, state))
        return provider_pb2.UpdateResponse(properties=encode(outputs))

    def Delete(self, request: provider_pb2.DeleteRequest, context: grpc.ServicerContext) -> object:  # noqa: N802
        """Delete the object."""
        entry, state = _entry(request.urn, context), decode(request.properties)
        self._run(context, lambda api: api.delete(entry, request.id, state))
        return empty_pb2.Empty()

    def Invoke(self, request: provider_pb2.InvokeRequest, context: grpc.ServicerContext) -> object:  # noqa: N802
        """Look something up."""
        arguments = {name: reveal(value) for name, value in decode(request.args).items()}
        if request.tok == _TOKEN_INVOKE:
            found = self._run(context, lambda api: api.tunnel_token(arguments))
        elif request.tok == _ZONE_INVOKE:
            found = self._run(context, lambda api: api.zone(arguments))
        else:
            context.abort(grpc.StatusCode.UNIMPLEMENTED, f"the provider stand-in has no function `{request.tok}`")
        returned: struct_pb2.Struct = encode(found)
        return provider_pb2.InvokeResponse(**{"return": returned})

    def Cancel(self, _request: object, _context: grpc.ServicerContext) -> object:  # noqa: N802
        """Stop waiting between tries."""
        self.stop()
        return empty_pb2.Empty()

    def stop(self) -> None:
        """End patiently waiting operations."""
        if self._client:
            self._client.cancel()

    def close(self) -> None:
        """Give the connections back."""
        if self._client:
            self._client.close()

    def _run(self, context: grpc.ServicerContext, work: Callable[[Operations], _T]) -> _T:
        if self._operations is None:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, "the provider is not configured")
            raise AssertionError("abort raises")
        try:
            return work(self._operations)
        except (RefusedError, NotPossibleError) as error:
            # A code that the engine understands as "nothing happened".
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        except UnansweredError as error:
            # The engine's own word for a resource whose state is not known.
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
        raise AssertionError("abort raises")


def _entry(urn: str, context: grpc.ServicerContext) -> ResourceType:
    kind = urn.split("::")[2].rsplit("$", 1)[-1]
    entry = RESOURCE_TYPES.get(kind)
    if entry is None:
        context.abort(grpc.StatusCode.UNIMPLEMENTED, f"the provider stand-in has no resource type `{kind}`")
        raise AssertionError("abort raises")
    return entry


def _settings(config: Properties) -> tuple[str, str]:
    base_url = reveal(config.get("baseUrl")) or os.environ.get("CLOUDFLARE_BASE_URL", "")
    token = reveal(config.get("apiToken")) or os.environ.get("CLOUDFLARE_API_TOKEN", "")
    return str(base_url), str(token)


def _config_faults(config: Properties) -> list[tuple[str, str]]:
    if not is_known(config):
        return []
    base_url, token = _settings(config)
    faults: list[tuple[str, str]] = []
    try:
        checked_address(base_url)
    except AddressError as error:
        faults.append(("baseUrl", str(error)))
    if not _TOKEN.fullmatch(token):
        faults.append(("apiToken", "an API token has 40 to 80 letters, digits, `-` and `_`"))
    return faults


def _changes(some: bool) -> provider_pb2.DiffResponse.DiffChanges.ValueType:
    return provider_pb2.DiffResponse.DIFF_SOME if some else provider_pb2.DiffResponse.DIFF_NONE


def _kind(name: str, inputs: Properties, state: Properties, replaces: bool) -> _Diff.Kind.ValueType:
    if name not in state:
        return _Diff.ADD_REPLACE if replaces else _Diff.ADD
    if name not in inputs:
        return _Diff.DELETE_REPLACE if replaces else _Diff.DELETE
    return _Diff.UPDATE_REPLACE if replaces else _Diff.UPDATE


def register(provider: Provider, server: grpc.Server) -> None:
    """Make a gRPC server answer with this provider."""
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)


def main(arguments: list[str]) -> int:  # noqa: ARG001 # as every plugin's
    """Serve as `pulumi-resource-cloudflare`."""
    provider = Provider()
    return serve(lambda server: register(provider, server), provider.stop)
