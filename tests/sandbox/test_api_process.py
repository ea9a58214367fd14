"""The API as a process of its own: what it has answered survives its death, and it goes quietly when told."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from .conftest import ACCOUNT, ApiServer, clients

TAGS = f"/accounts/{ACCOUNT}/access/tags"
TOKENS = f"/accounts/{ACCOUNT}/access/service_tokens"
PATIENCE = 10


def program(directory: Path, port: int) -> list[str]:
    """The command of the local Cloudflare with its API on that port, and everything else on any."""
    others = [word for name in ("edge", "https", "http") for word in (f"--{name}-port", "0")]
    named = ["--dir", str(directory), "--api-port", str(port)]
    return [sys.executable, "-m", "sandbox.cloudflare", *named, *others]


@contextmanager
def started(directory: Path, port: int) -> Iterator[tuple[subprocess.Popen[str], ApiServer]]:
    """The API on that port, until the block ends."""
    command = program(directory, port)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        with clients(f"http://127.0.0.1:{port}") as api:
            wait_for(api)
            yield process, api
    finally:
        process.kill()
        process.communicate()


def wait_for(api: ApiServer) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            api.control.get("/health").raise_for_status()
            return
        except httpx.ConnectError:
            assert time.monotonic() < deadline, "the API did not start"
            time.sleep(0.02)


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        number: int = probe.getsockname()[1]
    return number


def test_state_journal_and_faults_survive_a_kill(tmp_path: Path, port: int) -> None:
    with started(tmp_path, port) as (process, api):
        token = api.http.post(TOKENS, json={"name": "ci"}).json()["result"]
        api.control.post("/faults", json={"method": "POST", "nth": 2}).raise_for_status()
        assert api.http.post(TAGS, json={"name": "a"}).status_code == 201
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE)
    with started(tmp_path, port) as (_, api):
        assert api.http.post(TAGS, json={"name": "b"}).status_code == 400
        assert [one["name"] for one in api.http.get(TAGS).json()["result"]] == ["a"]
        read = api.http.get(f"{TOKENS}/{token['id']}").json()["result"]
        assert read["client_id"] == token["client_id"]
        assert [one["n"] for one in api.control.get("/journal").json()["requests"]] == [1, 2, 3, 4, 5]


def test_an_act_whose_answer_was_lost_survives_a_kill(tmp_path: Path, port: int) -> None:
    with started(tmp_path, port) as (process, api):
        api.control.post("/faults", json={"kind": "drop-after"}).raise_for_status()
        with pytest.raises(httpx.TransportError):
            api.http.post(TAGS, json={"name": "a"})
        process.kill()
    with started(tmp_path, port) as (_, api):
        assert [one["name"] for one in api.http.get(TAGS).json()["result"]] == ["a"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly_and_says_nothing(tmp_path: Path, port: int, number: signal.Signals) -> None:
    with started(tmp_path, port) as (process, api):
        api.http.post(TAGS, json={"name": "a"}).raise_for_status()
        process.send_signal(number)
        output, errors = process.communicate(timeout=PATIENCE)
        assert (process.returncode, output, errors) == (0, "", "")
    assert json.loads((tmp_path / "state.json").read_text())["objects"]
    assert not (tmp_path / "state.json.new").exists()


def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        command = program(tmp_path, taken.getsockname()[1])
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("cannot listen on 127.0.0.1:")
    assert done.stderr.count("\n") == 1


def test_half_a_journal_line_is_passed_over(tmp_path: Path, port: int) -> None:
    (tmp_path / "journal.jsonl").write_text('{"n": 1, "method": "GET"}\n{"n": 2, "meth')
    with started(tmp_path, port) as (_, api):
        api.http.get(TAGS).raise_for_status()
        assert [one["n"] for one in api.control.get("/journal").json()["requests"]] == [1, 2]
    lines = (tmp_path / "journal.jsonl").read_text().splitlines()
    assert [json.loads(line)["n"] for line in lines] == [1, 2]
