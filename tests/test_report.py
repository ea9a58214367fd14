"""An access review of a small repository: its rows, the commits behind them, and what changed between two of them.

Each form is a file in `audit/`, accepted with `pytest tests/test_report.py --bless`.
"""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from infra.cli import main
from tests.browser import needs_chromium, offline
from tests.repositories import git
from tests.test_changes import PREAMBLE, STACK
from tests.text_files import write

FOLDER = Path(__file__).parent / "audit"
BEFORE = """\
apps:
  report:
    title: Sales report
    owner: sales
    service: http://report:8501
    path: /report
    access:
      - sales
      - allow: contractors
        require: [mfa]
        expires: 2027-01-10
        reason: an audit
    machines: [robot]
  ledger:
    owner: finance
    source: apps/ledger
    snowflake: {runtime: warehouse, query_warehouse: reporting}
    access: [finance]
"""
AFTER = BEFORE.replace(
    "      - sales\n", "      - deny: contractors\n        require: [{country: [FR]}]\n      - sales\n"
)
AFTER = AFTER.replace("require: [mfa]\n        expires: 2027-01-10", "require: [mfa]\n        expires: 2027-06-30")
PEOPLE = """\
people:
  sam@example.com: {name: '=HYPERLINK("x")', departments: [sales]}
  kim@agency.example: {name: Kim Lee, departments: [contractors]}
  cfo@example.com: {name: '<b>Carla</b>'}
  gone@example.com: {name: Gone, departments: [finance]}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two commits, and one line that is not committed."""
    git(tmp_path, "init", "--initial-branch", "main")
    for day, apps, people, subject in (
        ("2027-01-02", BEFORE, PEOPLE, "Add the report (#12)"),
        (
            "2027-01-15",
            AFTER,
            PEOPLE.replace("  gone@example.com: {name: Gone, departments: [finance]}\n", ""),
            "Audit",
        ),
    ):
        for name, text in (("apps.yaml", PREAMBLE + apps), ("people.yaml", people), ("stacks/Pulumi.dev.yaml", STACK)):
            write(tmp_path, name, text)
        git(tmp_path, "add", ".")
        git(tmp_path, "commit", "--message", subject, day=day)
    text = (tmp_path / "apps.yaml").read_text("utf-8")
    write(tmp_path, "apps.yaml", text.replace("access: [finance]", "access: [finance, sales]"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["report", *arguments]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("now.csv", ["--today", "2027-01-16"]),
        ("now.html", ["--format", "html", "--today", "2027-01-16"]),
        ("first-commit.json", ["HEAD~1", "--format", "json"]),
        ("since.csv", ["HEAD", "--since", "HEAD~1"]),
    ],
)
@pytest.mark.usefixtures("project")
def test_form(name: str, arguments: list[str], capsys: pytest.CaptureFixture[str], bless: bool) -> None:
    actual = printed(capsys, *arguments)
    if bless:
        (FOLDER / name).write_bytes(actual.encode())
    assert actual == (FOLDER / name).read_bytes().decode(), "if it is right: pytest tests/test_report.py --bless"


@pytest.mark.usefixtures("project")
def test_no_cell_is_a_formula(capsys: pytest.CaptureFixture[str]) -> None:
    cells = [cell for row in csv.reader(io.StringIO(printed(capsys))) for cell in row]
    assert any("HYPERLINK" in cell for cell in cells)
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)


@pytest.mark.usefixtures("project")
def test_a_revision_is_looked_at_on_its_own_day(capsys: pytest.CaptureFixture[str]) -> None:
    """The entry that ended on 2027-01-10 was in force when it was committed."""
    then = json.loads(printed(capsys, "HEAD~1", "--format", "json"))
    now = json.loads(printed(capsys, "HEAD~1", "--format", "json", "--today", "2027-01-11"))
    listed = [{row["person"] for row in found["rows"]} for found in (then, now)]
    assert listed[0] - listed[1] == {"Kim Lee"}
    assert then["policies"] != now["policies"]


def test_the_name_of_the_policies_is_that_of_their_meaning(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def named() -> str:
        return str(json.loads(printed(capsys, "--format", "json", "--today", "2027-01-16"))["policies"])

    before, text = named(), (project / "apps.yaml").read_text("utf-8")
    write(project, "apps.yaml", "# a comment\n" + text.replace("[finance, sales]", "[sales, finance]"))
    assert named() == before
    write(project, "apps.yaml", text.replace("require: [mfa]", "require: [{country: [JP]}]"))
    assert named() != before


@needs_chromium
@pytest.mark.usefixtures("project")
def test_the_page_asks_nobody_and_fits_on_paper(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "review.html"
    file.write_text(printed(capsys, "--format", "html"), "utf-8")
    with offline() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        heard: list[str] = []
        page.on("request", lambda request: heard.append(request.url) if request.url != file.as_uri() else None)
        page.on("console", lambda message: heard.append(message.text))
        page.goto(file.as_uri())
        assert page.locator("td b").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= 1280
        assert heard == []
