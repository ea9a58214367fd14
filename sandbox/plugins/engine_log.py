"""Lines that the engine shows beside a resource while it works on it."""

from __future__ import annotations

import contextlib

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

_WITHIN = 2.0


class EngineLog:
    """The engine's log, at the address that it starts every plugin with; without one nothing is said."""

    def __init__(self, address: str) -> None:
        self._engine = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address)) if address else None

    def status(self, urn: str, text: str) -> None:
        """What is going on now; it is shown only until the resource is done."""
        if self._engine and text:
            line = engine_pb2.LogRequest(severity=engine_pb2.INFO, message=text, urn=urn, ephemeral=True)
            # Progress is not worth a failure.
            with contextlib.suppress(grpc.RpcError):
                self._engine.Log(line, timeout=_WITHIN)
