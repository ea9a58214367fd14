"""One file per mistake in `mistakes/`: what somebody wrote, and exactly what `gatehouse check` says about it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from infra.cli import main
from tests.problem_codes import emitted
from tests.text_files import split, write

FOLDER = Path(__file__).parent / "mistakes"
CASES = sorted(FOLDER.glob("*.txt"))
STACK = (FOLDER / "Pulumi.dev.yaml").read_text("utf-8")
TODAY = "2027-01-15"


def said(case: Path, project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> str:
    """What the command of a case prints on a project made of its files."""
    parts = split(case.read_text("utf-8"))
    parts.pop("")
    parts.pop("expect", "")
    command = parts.pop("command", "check").split()
    if not any(name.startswith("stacks/") for name in parts):
        parts["stacks/Pulumi.dev.yaml"] = STACK
    for header, text in parts.items():
        write(project, header, text)
    monkeypatch.chdir(project)
    code = main([*command, "--today", TODAY])
    out, err = capsys.readouterr()
    assert code == (1 if "error[" in err else 2 if "error[" in out else 0)
    return (out + err).replace(str(project), "(project)")


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.stem))
def test_mistake(
    case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, bless: bool
) -> None:
    actual = said(case, tmp_path, capsys, monkeypatch)
    before, _, expected = case.read_text("utf-8").partition("-- expect --\n")
    if bless:
        case.write_text(f"{before}-- expect --\n{actual}", "utf-8")
        return
    assert actual == expected, "if the new words are better, accept them: pytest tests/test_mistakes.py --bless"


def shown(case: Path) -> list[str]:
    """The codes in a case's expected output."""
    expected = case.read_text("utf-8").partition("-- expect --\n")[2]
    return re.findall(r"^(?:error|warning)\[(.+?)\]", expected, re.MULTILINE)


def test_every_code_has_a_mistake() -> None:
    """Nothing can be refused in words that nobody has read."""
    assert sorted(emitted(with_pulumi=False) - {code for case in CASES for code in shown(case)}) == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.stem))
def test_a_mistake_is_named_for_its_code(case: Path) -> None:
    """A file is named `<code>.txt` or `<code>-<variant>.txt` for a code that it shows and that is still emitted."""
    assert any(case.stem == code or case.stem.startswith(f"{code}-") for code in shown(case))
    assert set(shown(case)) <= emitted()
