"""The other side of a recorded program: answers registrations and look-ups as the engine and Cloudflare would.

It is imported late, because it needs pulumi and most tests do not. It reads and writes the protocol's own messages: the
SDK's reader spreads a secret over everything around it, and leaves an event loop open in every thread.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import grpc
from google.protobuf import json_format, struct_pb2
from pulumi.runtime import mocks
from pulumi.runtime.proto import resource_pb2

from tests.recorder import ZONES, Recorded, Recording, marked, tail


class Monitor(mocks.MockMonitor):
    """Records every registration. Ids tell what they are the id of: `zeroTrustAccessGroup:marketing`."""

    def __init__(self, recording: Recording, references: Mapping[str, Mapping[str, object]]) -> None:
        super().__init__(mocks=None)  # type: ignore[arg-type]  # nothing of it is asked
        self.recording = recording
        self.references = references
        self.features = self.GetDeploymentInfo(None).supportedFeatures  # type: ignore[no-untyped-call]

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == "pulumi:pulumi:Stack":
            return resource_pb2.RegisterResourceResponse(urn=urn)
        self.recording.resources[tail(urn)] = Recorded(
            request.type,
            request.name,
            marked(json_format.MessageToDict(request.object)),
            frozenset(tail(dependency) for dependency in request.dependencies),
            request.custom,
            request.protect,
            request.replacement_trigger.string_value,
        )
        kind = request.type.split("/")[-1].partition(":")[0]
        state = struct_pb2.Struct()
        state.CopyFrom(request.object)
        state.update(_computed(kind, request.name))
        if kind == "networkRule":
            place = (state[part] for part in ("database", "schema", "name"))
            state.update({"fullyQualifiedName": ".".join(f'"{part}"' for part in place)})
        return resource_pb2.RegisterResourceResponse(urn=urn, id=f"{kind}:{request.name}", object=state)

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - the same
        if "pulumi:pulumi:Stack::" in request.urn:
            self.recording.outputs.update(marked(json_format.MessageToDict(request.outputs)))
        return super().RegisterResourceOutputs(request)  # type: ignore[no-untyped-call]

    def ReadResource(self, request: Any) -> Any:  # noqa: N802 - the same
        assert request.type == "pulumi:pulumi:StackReference", request.type
        urn = self.make_urn(request.parent, request.type, request.name)
        inputs = json_format.MessageToDict(request.properties)
        self.recording.resources[tail(urn)] = Recorded(request.type, request.name, inputs, frozenset(), True)
        return resource_pb2.ReadResourceResponse(urn=urn, properties=_struct(self._outputs_of(request.id)))

    def Invoke(self, request: Any) -> Any:  # noqa: N802 - the same
        arguments = json_format.MessageToDict(request.args)
        return resource_pb2.ResourceInvokeResponse(**{"return": _struct(self._answer(request.tok, arguments))})

    def _answer(self, token: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        if token == "pulumi:pulumi:readStackOutputs":
            return self._outputs_of(arguments["name"])
        if token.endswith(":getZone"):
            if arguments["zoneId"] not in ZONES:
                raise _RefusedError("404 Not Found")
            name, status, account = ZONES[arguments["zoneId"]]
            return {"id": arguments["zoneId"], "name": name, "status": status, "account": {"id": account}}
        assert token.endswith(":getZeroTrustTunnelCloudflaredToken"), token
        return {"token": "canary-tunnel-token", "tunnelId": arguments["tunnelId"]}

    def _outputs_of(self, stack: str) -> dict[str, Any]:
        if stack not in self.references:
            raise _RefusedError(f'unknown stack "{stack}"')
        return {"name": stack, "outputs": dict(self.references[stack]), "secretOutputNames": []}


class _RefusedError(grpc.RpcError):  # type: ignore[misc]  # grpc ships no types
    """The engine's answer to a look-up that fails."""

    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.UNKNOWN

    def details(self) -> str:
        return str(self)


def _computed(kind: str, name: str) -> dict[str, str]:
    """What the vendor computes."""
    match kind:
        case "zeroTrustAccessApplication":
            return {"aud": f"aud-of-{name}"}
        case "zeroTrustAccessServiceToken":
            expiry = "2027-11-22T00:00:00Z"
            return {"clientId": f"{name}.access", "clientSecret": "canary-client-secret", "expiresAt": expiry}
        case _:
            return {}


def _struct(document: Mapping[str, Any]) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(document)
    return struct
