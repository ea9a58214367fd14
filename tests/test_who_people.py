"""What `gatehouse who` says of a person: apps that they enter, and no app that they never do."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.cli import main
from tests.test_changes import PREAMBLE, STACK
from tests.text_files import write

PEOPLE = """\
people:
  sam@example.com: {name: Sam, departments: [sales]}
  both@example.com: {departments: [sales, finance]}
"""
CASES = [
    ("sam", "[sales]", ["sales always"]),
    ("sam", "[{allow: sales, exclude: [{email: [sam@example.com]}]}]", []),
    ("sam", "[{allow: sales, require: [{email: [cfo@example.com]}]}]", []),
    ("sam", "[{allow: sales, require: [{email: [sam@example.com]}]}]", ["sales always"]),
    ("sam", "[{allow: sales, require: [{department: finance}]}]", []),
    ("both", "[{allow: sales, require: [{department: finance}]}]", ["sales always"]),
    ("both", "[{allow: sales, exclude: [{department: finance}]}]", []),
    ("sam", "[{deny: finance}, {allow: sales, expires: 2027-03-31, reason: x}]", ["sales until 2027-03-31"]),
    ("both", "[{deny: finance}, sales]", []),
    ("both", "[{deny: finance, require: [{country: [FR]}]}, sales]", ["sales not in FR"]),
    ("sam", "[{deny: finance, require: [{country: [FR]}]}, sales]", ["sales always"]),
    ("both", "[{deny: finance, expires: 2027-01-01, reason: x}, sales]", ["sales always"]),
    ("both", "[sales, finance]", ["sales always"]),
    ("both", "[{allow: sales, require: [mfa]}, finance]", ["sales second factor", "finance no second factor"]),
]


@pytest.mark.parametrize(("who", "access", "expected"), CASES)
def test_rows(
    who: str, access: str, expected: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    apps = f"apps:\n  report: {{owner: sales, service: 'http://r:80', path: /report, access: {access}}}\n"
    for name, text in (("apps.yaml", PREAMBLE + apps), ("people.yaml", PEOPLE), ("stacks/Pulumi.dev.yaml", STACK)):
        write(tmp_path, name, text)
    monkeypatch.chdir(tmp_path)
    assert main(["who", who, "--today", "2027-01-15"]) == 0
    sentence, *table = [line for line in capsys.readouterr().out.split("\n") if line]
    assert f"reaches {min(len(expected), 1)} of 1 apps" in sentence
    address = "https://apps.example.com/report/"
    assert [" ".join(line.split()) for line in table[1:]] == [f"report {address} {row}" for row in expected]
