"""One file per change in `changes/`: the files before and after, and exactly what the pull request is told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from infra.cli import main
from tests.text_files import split, write

FOLDER = Path(__file__).parent / "changes"
CASES = sorted(FOLDER.glob("*.txt"))
STACK = (FOLDER / "Pulumi.dev.yaml").read_text("utf-8")
PREAMBLE = (FOLDER / "preamble.yaml").read_text("utf-8")
TODAY = "2027-01-15"


def lay_out(parts: dict[str, str], side: str, folder: Path) -> None:
    """The files of one side: `-- before/apps.yaml --`, or `-- people.yaml --` for both. apps.yaml goes on after the
    preamble where it declares nothing but apps."""
    files = {name: text for name, text in parts.items() if "/" not in name or name.startswith("stacks/")}
    files |= {name.removeprefix(f"{side}/"): text for name, text in parts.items() if name.startswith(f"{side}/")}
    files.setdefault("stacks/Pulumi.dev.yaml", STACK)
    for name, text in files.items():
        alone = name != "apps.yaml" or "\nidentity:" in f"\n{text}"
        write(folder, name, text if alone else PREAMBLE + text)


def said(case: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    parts = split(case.read_text("utf-8"))
    parts.pop("")
    parts.pop("expect", "")
    options = parts.pop("options", "").split("\n")
    for side in ("before", "after"):
        lay_out(parts, side, folder / side)
    arguments = [word for line in options for word in line.split(" ", 1) if word]
    code = main(
        ["diff", str(folder / "before"), str(folder / "after"), "--format", "markdown", "--today", TODAY, *arguments]
    )
    out, err = capsys.readouterr()
    return f"{out}{err}exit code {code}\n".replace(str(folder), "(folder)")


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.stem))
def test_change(case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], bless: bool) -> None:
    actual = said(case, tmp_path, capsys)
    before, _, expected = case.read_text("utf-8").partition("-- expect --\n")
    if bless:
        case.write_text(f"{before}-- expect --\n{actual}", "utf-8")
        return
    assert actual == expected, (
        "read it as the reviewer; if it is right, accept it: pytest tests/test_changes.py --bless"
    )


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("another-host-header", "payroll.internal", "salaries.internal"),
        ("another-git-repository", "other/apps.git", "others/apps.git"),
        ("another-directory", "example-new.okta.com", "example-newer.okta.com"),
        ("another-directory-of-the-account", "example-new.okta.com", "example-newer.okta.com"),
        ("another-check-of-a-device", "platforms: [windows]", "platforms: [linux]"),
        ("new-provider", "subsidiary.okta.com", "subsidiaries.okta.com"),
    ],
)
def test_an_approval_is_of_one_thing(
    name: str, one: str, other: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was approved of is pushed again, leads somewhere else or means other people, and has another digest."""
    text = (FOLDER / f"{name}.txt").read_text("utf-8")
    assert one in text
    digests = []
    for number, written in enumerate((text, text.replace(one, other), text)):
        case = tmp_path / f"{number}.txt"
        case.write_text(written, "utf-8")
        digests += re.findall("has the digest `([0-9a-f]{32})`", said(case, tmp_path / str(number), capsys))
    assert digests[0] == digests[2] != digests[1]
