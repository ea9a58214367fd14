"""What every provider stand-in does for the engine: the gRPC service, over a provider in plain values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

import grpc
from google.protobuf import any_pb2, empty_pb2, struct_pb2
from google.rpc import status_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from sandbox.plugins.values import Properties, decode, encode, reveal

_T = TypeVar("_T")
_Diff = provider_pb2.PropertyDiff
Fault = tuple[str, str]
"""The name of a property and what is wrong with it."""


class NothingDoneError(Exception):
    """An operation was refused, and everything is as it was before."""


class UnknownOutcomeError(Exception):
    """Nobody knows whether the operation was carried out."""


class HalfDoneError(Exception):
    """The resource exists, and is not as it should be; the engine keeps it and comes back to it."""

    def __init__(self, ident: str, outputs: Properties, reason: str) -> None:
        super().__init__(reason)
        self.ident = ident
        self.outputs = outputs


@dataclass(frozen=True)
class Difference:
    """What an update would change: `replaces` are those of `changed` that take a new object."""

    changed: tuple[str, ...]
    replaces: tuple[str, ...] = ()
    delete_first: bool = False


class Provider(Protocol):
    """A provider; `kind` is a resource's type token, `state` what an earlier operation returned as outputs.

    Operations raise one of the three errors above.
    """

    version: str
    kinds: frozenset[str]

    def config_faults(self, config: Properties) -> list[Fault]:
        """What is wrong with a configuration that is known as a whole."""

    def configure(self, config: Properties) -> None:
        """Take a configuration without faults; nothing is asked of anybody."""

    def check(self, urn: str, kind: str, inputs: Properties, before: Properties) -> tuple[Properties, list[Fault]]:
        """The inputs to work with, and what is wrong with them; `before` are those of last time."""

    def diff(self, kind: str, inputs: Properties, state: Properties) -> Difference:
        """What an update would change."""

    def preview(self, kind: str, inputs: Properties, state: Properties | None) -> Properties:
        """What is known of the outputs without doing anything."""

    def create(self, urn: str, kind: str, inputs: Properties) -> tuple[str, Properties]:
        """Id and outputs of a new object."""

    def read(self, kind: str, ident: str, state: Properties, inputs: Properties) -> Read | None:
        """What the object is now; None when it is gone."""

    def update(self, urn: str, kind: str, ident: str, inputs: Properties, state: Properties) -> Properties:
        """New outputs."""

    def delete(self, kind: str, ident: str, state: Properties) -> None:
        """Delete it; gone already is as good."""

    def invoke(self, token: str, arguments: Properties) -> Properties | None:
        """What a function returns; None when there is no such function."""

    def cancel(self) -> None:
        """End operations that wait for something."""


@dataclass(frozen=True)
class Read:
    """An object as it was found."""

    ident: str
    outputs: Properties
    inputs: Properties


class Service(provider_pb2_grpc.ResourceProviderServicer):
    """Answers the engine."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._configured = False

    def GetPluginInfo(self, _request: object, _context: grpc.ServicerContext) -> object:  # noqa: N802
        """The version that the SDK asks for."""
        return plugin_pb2.PluginInfo(version=self._provider.version)

    def CheckConfig(self, request: provider_pb2.CheckRequest, _context: grpc.ServicerContext) -> object:  # noqa: N802
        """Refuse what the provider could not work with."""
        faults = self._provider.config_faults(decode(request.news))
        return provider_pb2.CheckResponse(inputs=request.news, failures=_failures(faults))

    def DiffConfig(self, request: provider_pb2.DiffRequest, _context: grpc.ServicerContext) -> object:  # noqa: N802
        """Another configuration is an update of the provider, never a replacement of its resources."""
        return provider_pb2.DiffResponse(changes=_changes(decode(request.news) != decode(request.olds)))

    def Configure(self, request: provider_pb2.ConfigureRequest, context: grpc.ServicerContext) -> object:  # noqa: N802
        """Take the configuration."""
        config = decode(request.args)
        faults = self._provider.config_faults(config)
        if faults:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "; ".join(reason for _, reason in faults))
        self._provider.configure(config)
        self._configured = True
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True, acceptResources=False)

    def Check(self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext) -> object:  # noqa: N802
        """Refuse inputs that the type does not have."""
        inputs = {name: value for name, value in decode(request.news).items() if not name.startswith("__")}
        kind = self._kind(request.urn, context)
        checked, faults = self._provider.check(request.urn, kind, inputs, decode(request.olds))
        return provider_pb2.CheckResponse(inputs=encode(checked), failures=_failures(faults))

    def Diff(self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext) -> object:  # noqa: N802
        """What an update would change, and whether it takes a new object."""
        inputs, state = decode(request.news), decode(request.olds)
        kind = self._kind(request.urn, context)
        found = self._run(context, lambda: self._provider.diff(kind, inputs, state))
        detailed = {name: _Diff(kind=_how(name, inputs, state, name in found.replaces)) for name in found.changed}
        return provider_pb2.DiffResponse(
            changes=_changes(bool(found.changed)),
            diffs=found.changed,
            replaces=found.replaces,
            deleteBeforeReplace=bool(found.replaces) and found.delete_first,
            detailedDiff=detailed,
            hasDetailedDiff=True,
        )

    def Create(self, request: provider_pb2.CreateRequest, context: grpc.ServicerContext) -> object:  # noqa: N802
        """Create the object, or say what a preview knows of it."""
        kind, inputs = self._kind(request.urn, context), decode(request.properties)
        if request.preview:
            return provider_pb2.CreateResponse(properties=encode(self._provider.preview(kind, inputs, None)))
        ident, outputs = self._run(context, lambda: self._provider.create(request.urn, kind, inputs))
        return provider_pb2.CreateResponse(id=ident, properties=encode(outputs))

    def Read(self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext) -> object:  # noqa: N802
        """What the object is now; an empty id when it is gone."""
        kind = self._kind(request.urn, context)
        state, inputs = decode(request.properties), decode(request.inputs)
        found = self._run(context, lambda: self._provider.read(kind, request.id, state, inputs))
        if found is None:
            return provider_pb2.ReadResponse()
        return provider_pb2.ReadResponse(id=found.ident, properties=encode(found.outputs), inputs=encode(found.inputs))

    def Update(self, request: provider_pb2.UpdateRequest, context: grpc.ServicerContext) -> object:  # noqa: N802
        """Change the object, or say what a preview knows of it."""
        kind = self._kind(request.urn, context)
        inputs, state = decode(request.news), decode(request.olds)
        if request.preview:
            return provider_pb2.UpdateResponse(properties=encode(self._provider.preview(kind, inputs, state)))
        outputs = self._run(context, lambda: self._provider.update(request.urn, kind, request.id, inputs, state))
        return provider_pb2.UpdateResponse(properties=encode(outputs))

    def Delete(self, request: provider_pb2.DeleteRequest, context: grpc.ServicerContext) -> object:  # noqa: N802
        """Delete the object."""
        kind, state = self._kind(request.urn, context), decode(request.properties)
        self._run(context, lambda: self._provider.delete(kind, request.id, state))
        return empty_pb2.Empty()

    def Invoke(self, request: provider_pb2.InvokeRequest, context: grpc.ServicerContext) -> object:  # noqa: N802
        """Look something up."""
        arguments = {name: reveal(value) for name, value in decode(request.args).items()}
        found = self._run(context, lambda: self._provider.invoke(request.tok, arguments))
        if found is None:
            context.abort(grpc.StatusCode.UNIMPLEMENTED, f"the provider stand-in has no function `{request.tok}`")
            raise AssertionError("abort raises")
        returned: struct_pb2.Struct = encode(found)
        return provider_pb2.InvokeResponse(**{"return": returned})

    def Cancel(self, _request: object, _context: grpc.ServicerContext) -> object:  # noqa: N802
        """End operations that wait for something."""
        self._provider.cancel()
        return empty_pb2.Empty()

    def _kind(self, urn: str, context: grpc.ServicerContext) -> str:
        kind = urn.split("::")[2].rsplit("$", 1)[-1]
        if kind not in self._provider.kinds:
            context.abort(grpc.StatusCode.UNIMPLEMENTED, f"the provider stand-in has no resource type `{kind}`")
        return kind

    def _run(self, context: grpc.ServicerContext, work: Callable[[], _T]) -> _T:
        if not self._configured:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, "the provider is not configured")
        try:
            return work()
        except NothingDoneError as error:
            # A code that the engine understands as "nothing happened".
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        except UnknownOutcomeError as error:
            # The engine's own word for a resource whose state is not known.
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
        except HalfDoneError as error:
            _abort_half_done(context, error)
        raise AssertionError("abort raises")


def register(provider: Provider, server: grpc.Server) -> None:
    """Make a gRPC server answer with this provider."""
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Service(provider), server)


def _abort_half_done(context: grpc.ServicerContext, error: HalfDoneError) -> None:
    packed = any_pb2.Any()
    packed.Pack(
        provider_pb2.ErrorResourceInitFailed(id=error.ident, properties=encode(error.outputs), reasons=[str(error)])
    )
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(error), details=[packed])
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, str(error))


def _failures(faults: list[Fault]) -> list[provider_pb2.CheckFailure]:
    return [provider_pb2.CheckFailure(property=name, reason=reason) for name, reason in faults]


def _changes(some: bool) -> provider_pb2.DiffResponse.DiffChanges.ValueType:
    return provider_pb2.DiffResponse.DIFF_SOME if some else provider_pb2.DiffResponse.DIFF_NONE


def _how(name: str, inputs: Properties, state: Properties, replaces: bool) -> _Diff.Kind.ValueType:
    if name not in state:
        return _Diff.ADD_REPLACE if replaces else _Diff.ADD
    if name not in inputs:
        return _Diff.DELETE_REPLACE if replaces else _Diff.DELETE
    return _Diff.UPDATE_REPLACE if replaces else _Diff.UPDATE
