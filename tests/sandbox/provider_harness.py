"""The provider stand-in behind real gRPC, and an HTTP server that records what it is asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from sandbox.plugins.cloudflare.provider import CloudflareProvider
from sandbox.plugins.service import Provider, register
from sandbox.plugins.values import Properties, decode, encode

TOKEN = "sandbox-token-0123456789abcdefghijklmnopqrstuv"
Answer = Callable[[str, str, object], tuple[int, object]]


@dataclass(frozen=True)
class Request:
    """One recorded request: method, path below the address, decoded body."""

    method: str
    path: str
    body: object


@dataclass
class RecordingApi:
    """What the HTTP server was asked, and how it answers."""

    answer: Answer = lambda _method, _path, _body: (200, {})
    requests: list[Request] = field(default_factory=list)
    base_url: str = ""

    def take(self) -> list[Request]:
        """The requests since the last time."""
        taken, self.requests = self.requests, []
        return taken


@contextmanager
def recording_api() -> Iterator[RecordingApi]:
    """Serve on a free loopback port; an answer of status 0 drops the connection."""
    api = RecordingApi()

    class Endpoint(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            path = self.path.removeprefix("/client/v4")
            api.requests.append(Request(self.command, path, body))
            status, result = api.answer(self.command, path, body)
            if status == 0:
                self.close_connection = True
                return
            errors = [] if status < 400 else [{"code": 12130, "message": "access.api.error.invalid_request"}]
            document = {"success": not errors, "errors": errors, "messages": [], "result": result}
            sent = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815

        def log_message(self, *_arguments: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    api.base_url = f"http://127.0.0.1:{server.server_address[1]}/client/v4"
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()


@dataclass(frozen=True)
class Engine:
    """The engine's side of the provider protocol, in plain values."""

    stub: provider_pb2_grpc.ResourceProviderStub

    def check(self, urn: str, inputs: Properties) -> tuple[Properties, list[str]]:
        """Inputs as the provider accepts them, and its complaints."""
        answer = self.stub.Check(provider_pb2.CheckRequest(urn=urn, news=encode(inputs)))
        return decode(answer.inputs), [failure.reason for failure in answer.failures]

    def create(self, urn: str, inputs: Properties, preview: bool = False) -> tuple[str, Properties]:
        """Id and outputs."""
        request = provider_pb2.CreateRequest(urn=urn, properties=encode(inputs), preview=preview)
        answer = self.stub.Create(request)
        return answer.id, decode(answer.properties)

    def read(self, urn: str, ident: str, state: Properties, inputs: Properties) -> tuple[str, Properties, Properties]:
        """Id, outputs and inputs."""
        request = provider_pb2.ReadRequest(urn=urn, id=ident, properties=encode(state), inputs=encode(inputs))
        answer = self.stub.Read(request)
        return answer.id, decode(answer.properties), decode(answer.inputs)

    def diff(self, urn: str, ident: str, state: Properties, inputs: Properties) -> provider_pb2.DiffResponse:
        """The provider's own answer."""
        request = provider_pb2.DiffRequest(urn=urn, id=ident, olds=encode(state), news=encode(inputs))
        answer: provider_pb2.DiffResponse = self.stub.Diff(request)
        return answer

    def update(self, urn: str, ident: str, state: Properties, inputs: Properties, preview: bool = False) -> Properties:
        """New outputs."""
        request = provider_pb2.UpdateRequest(
            urn=urn, id=ident, olds=encode(state), news=encode(inputs), preview=preview
        )
        return decode(self.stub.Update(request).properties)

    def delete(self, urn: str, ident: str, state: Properties) -> None:
        """Delete it."""
        self.stub.Delete(provider_pb2.DeleteRequest(urn=urn, id=ident, properties=encode(state)))

    def invoke(self, token: str, arguments: Mapping[str, object]) -> Properties:
        """What a function returns."""
        answer = self.stub.Invoke(provider_pb2.InvokeRequest(tok=token, args=encode(arguments)))
        return decode(getattr(answer, "return"))


@contextmanager
def engine_of(provider: Provider, config: Properties) -> Iterator[Engine]:
    """A configured provider behind a real channel."""
    server = grpc.server(ThreadPoolExecutor(max_workers=16))
    register(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    channel = grpc.insecure_channel(f"127.0.0.1:{port}")
    stub = provider_pb2_grpc.ResourceProviderStub(channel)
    try:
        stub.Configure(provider_pb2.ConfigureRequest(args=encode(config)))
        yield Engine(stub)
    finally:
        channel.close()
        server.stop(grace=None).wait()


@contextmanager
def provider_engine(base_url: str) -> Iterator[Engine]:
    """The Cloudflare provider at an address."""
    provider = CloudflareProvider()
    try:
        with engine_of(provider, {"baseUrl": base_url, "apiToken": TOKEN}) as ready:
            yield ready
    finally:
        provider.close()


def urn(kind: str, name: str) -> str:
    """The URN of a resource of a test stack."""
    return f"urn:pulumi:test::test::{kind}::{name}"
