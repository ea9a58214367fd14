"""One file per story in `holds/`: apps with tests, and exactly what `gatehouse test` says about them."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.cli import main
from tests.text_files import split, write

FOLDER = Path(__file__).parent / "holds"
CASES = sorted(FOLDER.glob("*.txt"))
PREAMBLE = (FOLDER / "preamble.yaml").read_text("utf-8")
STACK = (FOLDER / "Pulumi.dev.yaml").read_text("utf-8")
TODAY = "2027-01-15"


def said(case: Path, project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> str:
    """What the command of a case prints, and its exit code. Who there is stands below the apps, so lines are counted
    from the first line of the case's own text."""
    parts = split(case.read_text("utf-8"))
    parts.pop("")
    parts.pop("expect", "")
    command = parts.pop("command", "test").split()
    parts["apps.yaml"] += PREAMBLE
    if not any(name.startswith("stacks/") for name in parts):
        parts["stacks/Pulumi.dev.yaml"] = STACK
    for header, text in parts.items():
        write(project, header, text)
    monkeypatch.chdir(project)
    code = main([*command, "--today", TODAY])
    out, err = capsys.readouterr()
    return f"{out}{err}exit code {code}\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.stem))
def test_holds(
    case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, bless: bool
) -> None:
    actual = said(case, tmp_path, capsys, monkeypatch)
    before, _, expected = case.read_text("utf-8").partition("-- expect --\n")
    if bless:
        case.write_text(f"{before}-- expect --\n{actual}", "utf-8")
        return
    assert actual == expected, "if the new answer is right, accept it: pytest tests/test_holds.py --bless"
