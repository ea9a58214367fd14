"""Tables on terminals of every width, and on what is no terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios

import pytest

from infra.terminal import filled, table, width
from tests.build import TESTS

HEADER = ("APP", "ADDRESS", "WHO MAY ENTER")
ROWS = [
    ("wiki", "https://wiki.example.com/", "marketing, sales"),
    ("帳簿", "https://apps.example.com/close/", "finance (on company-laptop, second factor, until 2027-03-31)"),
    ("empty", "", "nobody"),
]
WIDE = """\
APP    ADDRESS                          WHO MAY ENTER
wiki   https://wiki.example.com/        marketing, sales
帳簿   https://apps.example.com/close/  finance (on company-laptop, second factor, until 2027-03-31)
empty                                   nobody"""
NARROW = """\
wiki
  ADDRESS        https://wiki.example.com/
  WHO MAY ENTER  marketing, sales

帳簿
  ADDRESS        https://apps.example.com/close/
  WHO MAY ENTER  finance (on company-laptop, second factor,
                 until 2027-03-31)

empty
  WHO MAY ENTER  nobody"""


@pytest.mark.parametrize(("columns", "expected"), [(None, WIDE), (100, WIDE), (60, NARROW)])
def test_a_table_that_does_not_fit_is_written_in_blocks(columns: int | None, expected: str) -> None:
    assert table(HEADER, ROWS, columns=columns) == expected


def test_a_table_is_as_wide_as_it_may_be() -> None:
    assert max(map(width, WIDE.splitlines())) == 100
    assert table(HEADER, ROWS, columns=99) != WIDE


@pytest.mark.parametrize("columns", range(20, 100))
def test_no_word_is_broken(columns: int) -> None:
    text = "stacks dev and prod: kim@agency.example reaches https://apps.example.com/streamlit/marketing/ in JP or US"
    lines = filled(text, columns)
    assert " ".join(lines) == text
    assert all(width(line) <= columns or " " not in line for line in lines)


def on_a_terminal(columns: int, *command: str) -> list[str]:
    """What a command of the sample prints on a terminal of this width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES")}
    called = [sys.executable, "-m", "infra.cli", *command]
    with subprocess.Popen(
        called, cwd=TESTS.parent, stdout=theirs, stderr=subprocess.PIPE, env=environment | {"NO_COLOR": "1"}
    ) as program:
        os.close(theirs)
        read = bytearray()
        while True:
            try:
                more = os.read(ours, 4096)
            except OSError:  # Linux says so when the last writer has gone
                break
            if not more:
                break
            read += more
    os.close(ours)
    assert program.returncode == 0
    return read.decode().replace("\r\n", "\n").splitlines()


QUESTIONS = [("who",), ("who", "kim", "campaigns"), ("people",)]


@pytest.mark.parametrize("question", QUESTIONS, ids=" ".join)
def test_what_is_asked_on_a_narrow_terminal_fits(question: tuple[str, ...]) -> None:
    asked = (*question, "--stack", "dev", *(("--today", "2027-01-15") if question != ("people",) else ()))
    narrow, wide = on_a_terminal(60, *asked), on_a_terminal(300, *asked)
    assert any(len(line) > 60 for line in wide)
    assert [line for line in narrow if len(line) > 60 and len(line.split()) > 2] == []
    words = {word for line in narrow for word in line.split()}
    assert words >= {word for line in wide for word in line.split()} - {"APP", "NAME", "PLACE"}
