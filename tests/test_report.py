"""An access review of a small repository: its rows, the commits behind them, and what changed between two of them.

Each form is a file in `audit/`, accepted with `pytest tests/test_report.py --bless`.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Literal

import pytest

from infra.audit.forms import BYTE_ORDER_MARK, spreadsheet
from infra.audit.review import Line, Review
from infra.audit.rows import Row
from infra.cli import main
from tests.browser import needs_chromium, offline
from tests.repositories import git
from tests.test_changes import PREAMBLE, STACK
from tests.text_files import write

CONTRAST = """one => {
  const luminance = color => color.match(/[0-9.]+/g).slice(0, 3).map(part => part / 255)
    .map(part => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
  const of = node => luminance(getComputedStyle(node)[node === document.body ? "backgroundColor" : "color"]);
  const both = [of(one), of(document.body)].sort();
  return (both[1] + 0.05) / (both[0] + 0.05);
}"""
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


@pytest.mark.parametrize(
    "name",
    ["=1+1", "+1", "-1", "@SUM(1)", " =1+1", "＝1+1", "＠SUM(1)", "\t=1", "\r=1", "\n=1", "Kim;=1+1", "Kim; =1+1",
     "Kim|+1", "Kim\t@x", "\u200b=1"],
)  # fmt: skip
def test_no_name_is_a_formula(name: str) -> None:
    """Nor in countries where a semicolon ends a cell."""
    row = Row("app", "App", "/app/", "sales", person=name, line=1)
    found = Review("x", date(2027, 1, 1), "x", ("dev",), (Line(row, f"0123456789 2027-01-01 {name}: {name}"),))
    text = spreadsheet(found).removeprefix(BYTE_ORDER_MARK)
    for separator in (",", ";", "\t", "|"):
        for cells in csv.reader(io.StringIO(text), delimiter=separator, quoting=csv.QUOTE_NONE, escapechar=None):
            assert not any(re.match(r'[\s"\u200b]*[=+\-@＝＋－＠]', cell) for cell in cells), cells


def test_no_name_orders_a_terminal_about() -> None:
    row = Row("app", "App", "/app/", "sales", person="a\x1b[2J\u202eb\x9b", line=1)
    text = spreadsheet(Review("x", date(2027, 1, 1), "x", ("dev",), (Line(row, "by \x1b]0;x\x07"),)))
    assert all(one.isprintable() or one in "\r\n\ufeff" for one in text)


def test_files_are_utf_8_in_every_locale(project: Path) -> None:
    """For Excel with a mark at the beginning, without which it reads what is common in the country."""
    edited = (project / "people.yaml").read_text("utf-8").replace("Kim Lee", "Łukasz 田中")
    write(project, "people.yaml", edited)
    for form, start in (("csv", b"\xef\xbb\xbfrevision,"), ("json", b"{"), ("html", b"<!doctype html>")):
        program = [sys.executable, "-m", "infra.cli", "report", "--format", form]
        environment = {**os.environ, "PYTHONIOENCODING": "latin-1", "PYTHONPATH": str(Path(__file__).parents[1])}
        found = subprocess.run(program, cwd=project, env=environment, check=True, capture_output=True).stdout
        assert found.startswith(start)
        assert "Łukasz 田中" in found.decode()


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
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.usefixtures("project")
def test_the_page_asks_nobody_and_fits(
    width: int, scheme: Literal["light", "dark"], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "review.html"
    file.write_text(printed(capsys, "--format", "html"), "utf-8")
    with offline() as browser:
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        heard: list[str] = []
        page.on("request", lambda request: heard.append(request.url) if request.url != file.as_uri() else None)
        page.on("console", lambda message: heard.append(message.text))
        page.goto(file.as_uri())
        assert page.locator("td b").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator("td strong").first.evaluate(CONTRAST) >= 4.5
        assert page.locator("td .soft").first.evaluate(CONTRAST) >= 4.5
        assert heard == []
