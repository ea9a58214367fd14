"""docs/policy-tests.md: each change that it shows is made to the sample, and what is printed then is what it says.

What it shows of the sample as it is, in `console` blocks, test_readme.py holds.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.cli import main
from tests.problem_codes import ROOT

PAGE = ROOT / "docs" / "policy-tests.md"
TODAY = "2026-11-22"
_STORY = re.compile(
    r"```diff\n(?P<diff>.*?)```\n\n```text\n\$ gatehouse (?P<command>.*?)\n(?P<shown>.*?)```\n", re.DOTALL
)


def stories() -> Iterator[re.Match[str]]:
    return _STORY.finditer(PAGE.read_text("utf-8"))


def changed(text: str, diff: str) -> str:
    """The text with the lines that go replaced by those that come."""
    gone = "".join(line[1:] + "\n" for line in diff.splitlines() if line.startswith("-"))
    come = "".join(line[1:] + "\n" for line in diff.splitlines() if line.startswith("+"))
    assert text.count(gone) == 1, gone
    return text.replace(gone, come)


@pytest.mark.parametrize("number", range(len(list(stories()))))
def test_a_change_is_noticed_as_shown(
    number: int, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, bless: bool
) -> None:
    story = list(stories())[number]
    shutil.copy(ROOT / "people.yaml", tmp_path)
    for name in ("stacks", "apps", "kit"):
        shutil.copytree(ROOT / name, tmp_path / name)
    sample = (ROOT / "apps.yaml").read_text("utf-8")
    (tmp_path / "apps.yaml").write_text(changed(sample, story["diff"]), "utf-8")
    monkeypatch.chdir(tmp_path)
    main([*story["command"].split(), "--today", TODAY])
    printed = "".join(capsys.readouterr())
    printed = re.sub(r" +$", "", printed, flags=re.MULTILINE)
    if bless:
        text = PAGE.read_text("utf-8")
        PAGE.write_text(text[: story.start("shown")] + printed + text[story.end("shown") :], "utf-8")
    else:
        assert printed == story["shown"], "pytest tests/test_policy_tests_page.py --bless"


def test_there_are_stories() -> None:
    assert len(list(stories())) == 4


def test_what_it_shows_of_the_sample_is_there() -> None:
    sample = (ROOT / "apps.yaml").read_text("utf-8")
    shown = re.findall(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert shown
    assert all(part in sample for part in shown)
