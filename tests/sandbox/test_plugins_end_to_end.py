"""The real engine runs a real program through our language host and provider, against the local API."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import psutil
import pytest

from sandbox.engine import find

ROOT = Path(__file__).parents[2]
UP = ("pulumi", "up", "--yes", "--skip-preview")
# Without the provider's SDK, whose import alone takes two seconds; names are those that it puts on the wire.
PREFACE = """
    import pulumi

    account, zone = "0a1b2c3d4e5f60718293a4b5c6d7e8f9", "9f8e7d6c5b4a39281706f5e4d3c2b1a0"

    class Resource(pulumi.CustomResource):
        id: pulumi.Output[str]
        aud: pulumi.Output[str]
        clientSecret: pulumi.Output[str]

        def __init__(self, kind, key, /, **inputs):
            token = f"cloudflare:index/{kind[0].lower()}{kind[1:]}:{kind}"
            super().__init__(token, key, {**inputs, "aud": None, "clientSecret": None})
"""
PROGRAM = (
    PREFACE
    + """
    tunnel = Resource("ZeroTrustTunnelCloudflared", "tunnel", accountId=account, name="test", configSrc="cloudflare")
    policy = Resource(
        "ZeroTrustAccessPolicy", "allow", accountId=account, name="allow", decision="allow",
        sessionDuration=pulumi.Config().get("session") or "8h",
        includes=[{"email": {"email": "x@example.com"}}, {"emailDomain": {"domain": "example.com"}}],
    )
    application = Resource(
        "ZeroTrustAccessApplication", "app", accountId=account, name="app", type="self_hosted",
        domain="apps.example.com/x", policies=[{"id": policy.id, "precedence": 1}], sessionDuration="8h",
    )
    token = Resource("ZeroTrustAccessServiceToken", "ci", accountId=account, name="ci", duration="8760h")
    guard = {"required": True, "teamName": "example", "audTags": [application.aud]}
    ingress = [
        {"hostname": "apps.example.com", "path": "^/x", "service": "http://x:1", "originRequest": {"access": guard}},
        {"service": "http_status:404"},
    ]
    routes = Resource(
        "ZeroTrustTunnelCloudflaredConfig", "routes", accountId=account, tunnelId=tunnel.id,
        config={"ingresses": ingress},
    )
    Resource(
        "DnsRecord", "dns", zoneId=zone, name="apps.example.com", type="CNAME", ttl=1, proxied=True,
        content=pulumi.Output.format("{0}.cfargotunnel.com", routes.id),
    )
    connector = pulumi.runtime.invoke_output(
        "cloudflare:index/getZeroTrustTunnelCloudflaredToken:getZeroTrustTunnelCloudflaredToken",
        {"accountId": account, "tunnelId": tunnel.id},
    )
    pulumi.export("token", pulumi.Output.secret(connector.apply(lambda found: found["token"])))
    pulumi.export("clientSecret", token.clientSecret)
    pulumi.export("apps", {"x": {"title": "App X", "url": "https://apps.example.com/x", "who": "marketing"}})
"""
)
ONE_POLICY = (
    PREFACE
    + """
    includes = [{"email": {"email": "x@example.com"}}]
    Resource(
        "ZeroTrustAccessPolicy", "allow", accountId=account, name="allow", decision="allow", includes=includes,
        sessionDuration="8h",
    )
"""
)


@dataclass(frozen=True)
class Sandbox:
    """One sandbox with a project of its own."""

    directory: Path

    @property
    def state(self) -> Path:
        return self.directory / "state"

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run `sandbox …`; secrets of a real account in the environment must do no harm."""
        environment = {
            **os.environ,
            "GATEHOUSE_SANDBOX_DIR": str(self.state),
            "CLOUDFLARE_API_KEY": "0123456789abcdef0123456789abcdef01234",
            "CLOUDFLARE_EMAIL": "somebody@example.com",
            "CLOUDFLARE_BASE_URL": "https://api.cloudflare.com/client/v4",
            **more,
        }
        command = [sys.executable, "-m", "sandbox.cli", "--cwd", str(self.directory / "project"), *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
        )

    def ok(self, *arguments: str) -> str:
        """Run it and expect success."""
        done = self.run(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def program(self, text: str) -> None:
        """Let this be the program of the project."""
        (self.directory / "project" / "__main__.py").write_text(textwrap.dedent(text))

    @property
    def origin(self) -> str:
        recorded = json.loads((self.state / "running" / "cloudflare.json").read_text())
        return f"http://127.0.0.1:{recorded['ports']['api']}"

    def objects(self) -> dict[str, list[dict[str, object]]]:
        """What exists in the API."""
        found: dict[str, list[dict[str, object]]] = httpx.get(f"{self.origin}/__sandbox/objects").json()
        return found

    def writes(self) -> list[str]:
        """The write requests since the journal was last cleared."""
        requests = httpx.get(f"{self.origin}/__sandbox/journal").json()["requests"]
        httpx.delete(f"{self.origin}/__sandbox/journal")
        return [f"{item['method']} {item['path']}" for item in requests if item["method"] != "GET"]

    def fault(self, kind: str, path: str) -> None:
        """Let the next POST to a path end badly."""
        httpx.post(f"{self.origin}/__sandbox/faults", json={"kind": kind, "method": "POST", "path": path})


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    if find() is None:
        pytest.skip("NO ENGINE: run `sandbox up` once, which finds, downloads or builds it")
    project = tmp_path / "project"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: tiny\nruntime: python\n")
    box = Sandbox(tmp_path)
    box.program(PROGRAM)
    yield box
    box.run("down")


def test_up_preview_refresh_change_destroy(sandbox: Sandbox) -> None:
    first = sandbox.ok("up")
    assert "App X" in first
    assert "https://apps.example.com/x" in first
    assert "no connector (1033)" in first
    assert "7 created" in first
    assert len(sandbox.writes()) == 6
    sandbox.ok("pulumi", "preview", "--expect-no-changes")
    sandbox.ok("pulumi", "refresh", "--yes", "--skip-preview", "--expect-no-changes")
    assert "7 unchanged" in sandbox.ok("up")
    assert sandbox.writes() == []
    checkpoint = (sandbox.state / "pulumi/state/.pulumi/stacks/tiny/sandbox.json").read_text()
    secret = str(json.loads(sandbox.ok("pulumi", "stack", "output", "--json", "--show-secrets"))["clientSecret"])
    assert len(secret) == 64
    assert secret not in checkpoint

    sandbox.ok("pulumi", "config", "set", "session", "4h")
    sandbox.ok(*UP)
    assert [write.split(" ")[0] for write in sandbox.writes()] == ["PUT"]

    sandbox.ok("down")
    sandbox.ok("pulumi", "destroy", "--yes", "--skip-preview")
    assert sandbox.objects() == {}


def test_a_lost_connection_never_makes_a_thing_twice(sandbox: Sandbox) -> None:
    sandbox.program(ONE_POLICY)
    sandbox.ok("env")
    sandbox.fault("drop-before", "access/policies")
    failed = sandbox.run("up")
    assert failed.returncode == 1
    assert "connection was lost" in failed.stderr
    assert "Traceback" not in failed.stderr
    sandbox.ok(*UP)
    assert len(sandbox.objects()["policies"]) == 1

    sandbox.ok("reset")
    sandbox.fault("drop-after", "access/policies")
    assert sandbox.run(*UP).returncode != 0
    again = sandbox.run(*UP)
    assert again.returncode != 0
    assert "the Access policy `allow`" in again.stdout
    assert len(sandbox.objects()["policies"]) == 1
    _keep(sandbox, again.stdout)
    assert len(sandbox.objects()["policies"]) == 1
    sandbox.ok("pulumi", "preview", "--expect-no-changes")


def test_an_engine_killed_after_the_api_acted(sandbox: Sandbox) -> None:
    sandbox.program(ONE_POLICY)
    sandbox.ok("env")
    with _silent_after("access/policies", sandbox.origin) as (address, acted):
        engine = _start_engine(sandbox, address)
        assert acted.wait(60)
        children = psutil.Process(engine.pid).children(recursive=True)
        engine.kill()
        engine.wait()
    _, alive = psutil.wait_procs(children, timeout=15)
    assert alive == []

    stopped = sandbox.run("up")
    assert stopped.returncode == 1
    assert "the Access policy `allow`" in stopped.stderr
    assert re.search(r"^  \S+sandbox -C \S+ pulumi cancel --yes$", stopped.stderr, re.MULTILINE)
    sandbox.ok("pulumi", "cancel", "--yes")
    sandbox.ok("pulumi", "refresh", "--yes", "--skip-preview", "--clear-pending-creates")
    _keep(sandbox, stopped.stderr)
    assert len(sandbox.objects()["policies"]) == 1
    sandbox.ok("pulumi", "preview", "--expect-no-changes")


def _keep(sandbox: Sandbox, message: str) -> None:
    found = re.search(r"sandbox -C \S+ pulumi (import .*)", message)
    assert found
    sandbox.ok("pulumi", *found[1].replace(" NAME ", " allow ").split())


def _start_engine(sandbox: Sandbox, address: str) -> subprocess.Popen[bytes]:
    exported = re.findall(r"^export (\w+)='(.*)'$", sandbox.ok("env"), re.MULTILINE)
    sandbox.ok("pulumi", "config")
    engine = find()
    assert engine
    command = [str(engine.pulumi), "up", "--yes", "--skip-preview", "--stack", "sandbox", "--parallel", "1"]
    return subprocess.Popen(
        command,
        cwd=sandbox.directory / "project",
        env={**os.environ, **dict(exported), "CLOUDFLARE_BASE_URL": address},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


class _silent_after:  # noqa: N801 # reads as the words of a sentence
    """A proxy that passes requests on, and keeps the answer to one POST to itself."""

    def __init__(self, path: str, origin: str) -> None:
        self._acted = threading.Event()
        acted = self._acted

        class Proxy(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _pass(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                sent = {name: self.headers[name] for name in ("authorization", "content-type") if self.headers[name]}
                answer = httpx.request(self.command, origin + self.path, content=self.rfile.read(length), headers=sent)
                if self.command == "POST" and path in self.path:
                    acted.set()
                    time.sleep(5)
                    self.close_connection = True
                    return
                self.send_response(answer.status_code)
                self.send_header("content-length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _pass  # noqa: N815

            def log_message(self, *_arguments: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
        self._server.daemon_threads = True

    def __enter__(self) -> tuple[str, threading.Event]:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_address[1]}/client/v4", self._acted

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
