"""What became of who may enter what: one edit of a small project, and the rows that a comparison has because of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from infra.cli import main
from tests.repositories import git
from tests.test_changes import PREAMBLE, STACK
from tests.text_files import write

FILES = {
    "apps.yaml": PREAMBLE + "apps:\n"
    "  report:\n"
    "    owner: sales\n"
    "    service: http://report:8501\n"
    "    path: /report\n"
    "    access:\n"
    "      - sales\n"
    "      - {allow: finance, require: [{country: [JP]}]}\n"
    "      - {allow: finance, require: [{country: [US]}]}\n",
    "people.yaml": "people:\n"
    "  sam@example.com: {name: Sam, departments: [sales]}\n"
    "  cfo@example.com: {name: Carla}\n"
    "  kim@agency.example: {name: Kim, departments: [contractors]}\n",
    "stacks/Pulumi.dev.yaml": STACK,
}
OTHERS = "other members"


def compared(folder: Path, edits: dict[str, tuple[str, str]], capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    git(folder, "init", "--initial-branch", "main")
    for name, text in FILES.items():
        write(folder, name, text)
    git(folder, "add", ".")
    git(folder, "commit", "--message", "Before")
    for name, (before, after) in edits.items():
        text = FILES.get(name, "")
        assert not before or text.count(before) == 1
        write(folder, name, text.replace(before, after) if before else text + after)
    git(folder, "add", ".")
    git(folder, "commit", "--allow-empty", "--message", "After", day="2027-01-10")
    assert main(["report", "HEAD", "--since", "HEAD~1", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


CASES = {
    "nothing": ({}, []),
    "lines that move": ({"apps.yaml": ("apps:\n", "# a comment\napps:\n")}, []),
    "another name of the app": ({"apps.yaml": ("  report:\n", "  reports:\n")}, []),
    "another name of a person": ({"people.yaml": ("name: Sam", "name: Samira")}, []),
    "an address in capitals": ({"people.yaml": ("sam@example", "SAM@Example")}, []),
    "another title": ({"apps.yaml": ("    path: /report\n", "    path: /report\n    title: T\n")}, []),
    "somebody joins": (
        {"people.yaml": ("Kim, departments: [contractors]", "Kim, departments: [sales]")},
        ["joined Kim"],
    ),
    "somebody leaves": (
        {"people.yaml": ("  sam@example.com: {name: Sam, departments: [sales]}\n", "")},
        ["left Sam"],
    ),
    "one of two entries goes": (
        {"apps.yaml": ("      - {allow: finance, require: [{country: [US]}]}\n", "")},
        ["changed Carla", f"changed {OTHERS}", *["formerly Carla"] * 2, *[f"formerly {OTHERS}"] * 2],
    ),
    "a department is let in": (
        {"apps.yaml": ("      - sales\n", "      - sales\n      - contractors\n")},
        ["granted Kim", f"granted {OTHERS}"],
    ),
    "a department is turned away": (
        {"apps.yaml": ("    access:\n", "    access:\n      - deny: sales\n")},
        ["formerly Sam", f"formerly {OTHERS}", "revoked Sam", f"revoked {OTHERS}"],
    ),
    "one person is turned away": (
        {"apps.yaml": ("      - sales\n", "      - {allow: sales, exclude: [{email: [sam@example.com]}]}\n")},
        [f"changed {OTHERS}", "formerly Sam", f"formerly {OTHERS}", "revoked Sam"],
    ),
    "an entry ends": (
        {"apps.yaml": ("      - sales\n", "      - {allow: sales, expires: 2027-01-09, reason: x}\n")},
        [*[f"changed {OTHERS}"] * 2, *[f"formerly {OTHERS}"] * 2, "revoked Sam", f"revoked {OTHERS}"],
    ),
    "a machine": (
        {"apps.yaml": ("    access:\n", "    machines: [robot]\n    access:\n")},
        ["granted machine robot"],
    ),
    "the public": (
        {"apps.yaml": ("      - sales\n", "      - sales\n      - {public: true, reason: a fair}\n")},
        [*["changed Carla"] * 2, "changed Sam", *[f"changed {OTHERS}"] * 3,
         *["formerly Carla"] * 2, "formerly Sam", *[f"formerly {OTHERS}"] * 3, "granted anybody"],
    ),
    "a stack comes": (
        {"stacks/Pulumi.prod.yaml": ("", STACK.partition("  gatehouse:snowflake")[0].replace("apps.ex", "www.ex"))},
        [*["formerly Carla"] * 2, "formerly Sam", *[f"formerly {OTHERS}"] * 3,
         *["granted Carla"] * 2, "granted Sam", *[f"granted {OTHERS}"] * 3],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("edits", "expected"), CASES.values(), ids=CASES)
def test_rows(
    edits: dict[str, tuple[str, str]], expected: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    found = compared(tmp_path, edits, capsys)
    rows = found["rows"]
    assert isinstance(rows, list)
    actual = sorted(f"{row['since']} {row['person']}" for row in rows)
    assert actual == expected


def test_the_head_says_what_rows_do_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    people = FILES["people.yaml"]
    edits = {
        "apps.yaml": ("  report:\n", "  reports:\n"),
        "people.yaml": (
            people[people.index("  sam") :],
            "  SAM@example.com: {departments: [sales]}\n  new@x.example: {}\n",
        ),
    }
    found = compared(tmp_path, edits, capsys)
    assert found["renamed"] == "report → reports"
    assert found["new in people.yaml"] == "new@x.example"
    assert found["no longer in people.yaml"] == "cfo@example.com, kim@agency.example"
    assert str(found["since"]).endswith("2027-01-01 Before, evaluated for 2027-01-01")


def test_who_is_let_in_by_a_rule_has_not_joined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The other way round: the rule that turned one member away goes."""
    monkeypatch.chdir(tmp_path)
    edits, _ = CASES["one person is turned away"]
    compared(tmp_path, edits, capsys)
    assert main(["report", "HEAD~1", "--since", "HEAD", "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [row["since"] for row in rows if row["person"] == "Sam"] == ["granted", "formerly"]
