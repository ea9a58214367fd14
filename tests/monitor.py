"""The other side of a recorded program: answers registrations and look-ups as the engine and Cloudflare would.

It is imported late, because it needs pulumi and most tests do not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf import json_format
from pulumi.runtime import mocks

from tests.recorder import ZONES, Recorded, Recording, marked, tail


class Monitor(mocks.MockMonitor):
    """Records every registration. Ids tell what they are the id of: `zeroTrustAccessGroup:marketing`."""

    def __init__(self, recording: Recording, references: Mapping[str, Mapping[str, object]]) -> None:
        super().__init__(_Answers(references))
        self.recording = recording
        self.features = self.GetDeploymentInfo(None).supportedFeatures  # type: ignore[no-untyped-call]

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        answer = super().RegisterResource(request)  # type: ignore[no-untyped-call]
        if request.type == "pulumi:pulumi:Stack":
            return answer
        inputs = _written(request.object)
        dependencies = frozenset(tail(urn) for urn in request.dependencies)
        self.recording.resources[tail(answer.urn)] = Recorded(
            request.type, request.name, inputs, dependencies, request.custom, request.protect
        )
        return answer

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - the same
        if "pulumi:pulumi:Stack::" in request.urn:
            self.recording.outputs.update(_written(request.outputs))
        return super().RegisterResourceOutputs(request)  # type: ignore[no-untyped-call]


def _written(properties: Any) -> Any:
    """The properties as sent. The SDK's own reader spreads a secret over everything around it."""
    return marked(json_format.MessageToDict(properties))


class _Answers(mocks.Mocks):
    """What the vendor computes."""

    def __init__(self, references: Mapping[str, Mapping[str, object]]) -> None:
        self.references = references

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if args.typ == "pulumi:pulumi:StackReference":
            name = args.inputs["name"]
            return name, {"name": name, "outputs": dict(self.references[name]), "secretOutputNames": []}
        kind = args.typ.split("/")[-1].partition(":")[0]
        computed = {
            "zeroTrustAccessApplication": {"aud": f"aud-of-{args.name}"},
            "zeroTrustAccessServiceToken": {"clientId": f"{args.name}.access", "clientSecret": "canary-client-secret"},
        }
        return f"{kind}:{args.name}", {**args.inputs, **computed.get(kind, {})}

    def call(self, args: mocks.MockCallArgs) -> dict[str, Any]:  # type: ignore[override]  # a bare dict is accepted
        if args.token.endswith(":getZone"):
            name, status, account = ZONES[args.args["zoneId"]]
            return {"id": args.args["zoneId"], "name": name, "status": status, "account": {"id": account}}
        if args.token == "pulumi:pulumi:readStackOutputs":
            name = args.args["name"]
            if name not in self.references:
                raise ValueError(f"unknown stack {name}")
            return {"name": name, "outputs": dict(self.references[name])}
        assert args.token.endswith(":getZeroTrustTunnelCloudflaredToken"), args.token
        return {"token": "canary-tunnel-token", "tunnelId": args.args["tunnelId"]}
