"""What is only ever added to stays small, and those who read it miss nothing."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from sandbox import bounded
from sandbox.bounded import append, older
from sandbox.cloudflare_api.journal import Journal
from sandbox.docker_engine.output import Output, Wanted
from sandbox.front.audit import Audit, Decision

EVERYTHING = Wanted(frozenset({"stdout"}))
MOST = 2000


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "MOST", MOST)


def test_a_full_file_becomes_the_older_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "MOST", 10)
    file = tmp_path / "log"
    assert [append(file, "12345") for _ in range(6)] == [False, False, True, False, True, False]
    assert (file.read_text(), older(file).read_text()) == ("1234512345", "1234512345")
    assert file.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log", "log.1"]


def test_the_journal_keeps_the_latest_requests_and_their_numbers(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for number in range(100):
        journal.record("GET", f"/{number}", b"", "test", {"status": 200})
    written = [
        json.loads(line)["n"]
        for file in (tmp_path / "journal.jsonl.1", tmp_path / "journal.jsonl")
        for line in file.read_text().splitlines()
    ]
    assert [entry["n"] for entry in journal.entries] == written == list(range(written[0], 101))
    assert 10 < len(written) < 50
    again = Journal(tmp_path)
    assert again.entries == journal.entries
    again.record("GET", "/", b"", "test", {"status": 200})
    assert [entry["n"] for entry in again.after(99)] == [100, 101]
    again.clear()
    assert list(tmp_path.iterdir()) == []


def test_the_audit_log_is_bounded_and_begins_anew(tmp_path: Path) -> None:
    audit = Audit(tmp_path / "audit.jsonl")
    for _ in range(100):
        audit.record(Decision("request", "allow", "", "apps.example.com"))
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 3 * MOST
    audit.clear()
    assert [(path.name, path.stat().st_size) for path in tmp_path.iterdir()] == [("audit.jsonl", 0)]


def test_who_follows_a_container_hears_every_line(tmp_path: Path) -> None:
    said = [f"line {number}\n" for number in range(60)]

    async def listen() -> bytes:
        output, over, reader = Output(tmp_path / "output.log"), asyncio.Event(), asyncio.StreamReader()
        heard = b""
        keeping = asyncio.create_task(output.keep("stdout", reader))

        async def speak() -> None:
            for line in said:
                reader.feed_data(line.encode())
                await asyncio.sleep(0.02)
            reader.feed_eof()
            await keeping
            over.set()

        speaking = asyncio.create_task(speak())
        async for part in output.follow(EVERYTHING, over):
            heard += part
        await speaking
        return heard

    heard = asyncio.run(listen())
    assert older(tmp_path / "output.log").exists()
    assert [line for line in said if line.encode() not in heard] == []
    kept = Output(tmp_path / "output.log").frames(EVERYTHING)
    assert len(kept) < len(heard)
    assert heard.endswith(kept)
