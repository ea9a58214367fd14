"""A stand-in Docker Engine for tests: the program itself, asked through the official client."""

from __future__ import annotations

import contextlib
import io
import json
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docker
import httpx
import psutil
from docker.models.containers import Container

APP = "localhost/test/app:1"
MAIN = """
import http.server, json, os, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/exit":
            os._exit(7)
        if self.path == "/break":
            open("broken", "w").close()
        if self.path == "/health" and os.path.exists("broken"):
            return self.send_error(500)
        hosts = json.load(open(os.environ["SANDBOX_HOSTS"]))
        said = {"env": dict(os.environ), "argv": sys.argv, "cwd": os.getcwd(), "hosts": hosts}
        body = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        print("asked", self.path, file=sys.stderr, flush=True)
print("listening", flush=True)
http.server.HTTPServer((os.environ["ADDRESS"], int(os.environ["PORT"])), Answer).serve_forever()
"""
DOCKERFILE = """
FROM localhost/gatehouse/python:sandbox
ENV ADDRESS=0.0.0.0 PORT=8501
WORKDIR /srv
COPY main.py greeting.txt ./
EXPOSE 8501
HEALTHCHECK --interval=1s --timeout=2s --retries=2 CMD ["python", "-c", \
  "import urllib.request as u; u.urlopen('http://127.0.0.1:8501/health')"]
CMD ["python", "/srv/main.py", "--port=8501", "--file=/srv/greeting.txt"]
"""
FILES = {"Dockerfile": DOCKERFILE, "main.py": MAIN, "greeting.txt": "hello"}


class EngineProgram:
    """The engine as a program of its own."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        # The path of a Unix socket is at most 107 bytes long, which a test's own directory can exceed.
        self._sockets = tempfile.TemporaryDirectory(prefix="gatehouse-engine-")
        self.socket = Path(self._sockets.name) / "docker.sock"
        self.extras = directory / "extras.json"
        self.extras.write_text(json.dumps({"environment": {"FROM_EXTRAS": "1"}}))
        self.start()

    def start(self) -> None:
        words = ["--dir", str(self.directory / "engine"), "--socket", str(self.socket), "--extras", str(self.extras)]
        self.program = subprocess.Popen([sys.executable, "-m", "sandbox.docker_engine", *words])
        until(self.answers, 20)
        self.client = docker.DockerClient(base_url=f"unix://{self.socket}", timeout=30)

    def answers(self) -> bool:
        assert self.program.poll() is None
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self.socket)) == 0

    def stop(self, kill: bool = False) -> None:
        self.client.close()
        if self.program.poll() is None:
            (self.program.kill if kill else self.program.terminate)()
        self.program.wait(15)

    def close(self) -> None:
        self.stop()
        self._sockets.cleanup()

    def clear(self) -> None:
        """Take away what a test has made; the app's image stays."""
        for container in self.client.containers.list(all=True):
            container.remove(force=True)
        for network in self.client.networks.list(filters={"type": "custom"}):
            network.remove()

    def run(self, name: str = "app", **more: Any) -> Container:
        """A running container of the test's app."""
        return self.client.containers.run(APP, detach=True, name=name, **more)

    def port(self, container: Container) -> int:
        """Where the app really listens."""
        document = json.loads((self.directory / "engine/containers" / str(container.id) / "container.json").read_text())
        return int(document["ports"]["8501/tcp"])

    def ask(self, container: Container, path: str = "/") -> dict[str, Any]:
        """What the app says of itself."""
        url = f"http://127.0.0.1:{self.port(container)}{path}"
        found: dict[str, Any] = {}

        def answers() -> bool:
            with contextlib.suppress(httpx.HTTPError):
                found.update(httpx.get(url, trust_env=False, timeout=5).json())
            return bool(found)

        until(answers)
        return found


@contextlib.contextmanager
def engine_program(directory: Path) -> Iterator[EngineProgram]:
    engine = EngineProgram(directory)
    try:
        engine.client.images.build(fileobj=archive(FILES), custom_context=True, tag=APP)
        yield engine
    finally:
        engine.close()


def archive(files: dict[str, str]) -> io.BytesIO:
    """A build context."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as tar:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            entry.mtime = time.time()
            tar.addfile(entry, io.BytesIO(text.encode()))
    held.seek(0)
    return held


def until(true: Callable[[], bool], seconds: float = 10) -> None:
    """Wait for something that the engine brings about."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)


def programs_of(container_id: str) -> list[psutil.Process]:
    """Every running program that was started for a container."""
    found = []
    for program in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            own = program.environ().get("GATEHOUSE_CONTAINER") == container_id
            if own and program.status() != psutil.STATUS_ZOMBIE:
                found.append(program)
    return found
