"""What programs are told about a change: cases of `changes/` and the sample, in every form, exactly."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, get_args
from xml.etree import ElementTree

import pytest
from jsonschema import Draft7Validator

from infra.cli import main
from infra.diff.access_map import access_map
from infra.diff.estates import Diff, diff
from infra.diff.surroundings import Kind
from infra.holds.outcomes import outcomes
from infra.load import load_texts
from infra.problems import ConfigError
from infra.report.annotations import MOST, workflow_commands
from infra.report.document import document
from infra.report.junit import junit
from infra.report.page import page as written_page
from infra.report.redact import redact
from infra.report.sarif import sarif
from tests.problem_codes import ROOT
from tests.sample_change import sample_change
from tests.test_changes import CASES, lay_out
from tests.text_files import split

FOLDER = Path(__file__).parent / "formats"
SCHEMA = json.loads((ROOT / "infra" / "diff.schema.json").read_text("utf-8"))
DAY = date(2027, 1, 15)
CHOSEN = (
    "hostile-title",
    "lapse-that-broadens",
    "machine-swapped",
    "more-specific-path-widens",
    "only-in",
    "removed-app",
)
Json = dict[str, Any]


def changed(name: str, folder: Path) -> Diff | None:
    """The diff of a case; None where its files are refused."""
    if name.startswith("sample"):
        found = sample_change(folder, "dev")
        return redact(found) if name.endswith("redacted") else found
    parts = split((ROOT / "tests" / "changes" / f"{name}.txt").read_text("utf-8"))
    for key in ("", "expect", "options"):
        parts.pop(key, None)
    for side in ("before", "after"):
        lay_out(parts, side, folder / side)
    try:
        return diff(load_texts(folder / "before"), load_texts(folder / "after"), DAY)
    except ConfigError:
        return None


def read_page(found: Diff) -> str:
    """The page without its style, a line for each element."""
    text = re.sub(r"<style>.*?</style>|<meta http-equiv.*?>", "", written_page(found), flags=re.DOTALL)
    return text.replace("><", ">\n<")


FORMS: dict[str, Callable[[Diff], str]] = {
    "document.json": lambda found: json.dumps(document(found), indent=2, ensure_ascii=False) + "\n",
    "annotations.txt": workflow_commands,
    "results.sarif": sarif,
    "junit.xml": junit,
    "page.html": read_page,
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("case", [*CHOSEN, "sample", "sample-redacted"])
def test_form(case: str, form: str, tmp_path: Path, bless: bool) -> None:
    found = changed(case, tmp_path)
    assert found is not None
    actual, golden = FORMS[form](found), FOLDER / case / form
    if bless:
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(actual, "utf-8")
        return
    expected = golden.read_text("utf-8")
    assert actual == expected, "read what is new; if it is right, accept it: pytest tests/test_formats.py --bless"


def everything(tmp_path: Path) -> Iterator[Diff]:
    for number, case in enumerate([*(case.stem for case in CASES), "sample"]):
        found = changed(case, tmp_path / str(number))
        if found is not None:
            yield from (found, redact(found))


def test_the_schema_describes_every_document(tmp_path: Path) -> None:
    Draft7Validator.check_schema(SCHEMA)
    validator = Draft7Validator(SCHEMA)
    seen = 0
    for found in everything(tmp_path):
        said = document(found)
        assert [error.message for error in validator.iter_errors(said)] == []
        assert [*said] == [*SCHEMA["properties"]]
        seen += 1
    assert seen > 80


def test_the_schema_leaves_nothing_open() -> None:
    """Each object says all its keys, each key is explained, and programs may rely on their being there."""
    for about in objects(SCHEMA):
        if "properties" in about:
            assert about["additionalProperties"] is False
            assert about["required"] == [*about["properties"]]
            for key, value in about["properties"].items():
                assert "$ref" in value or "const" in value or value["description"].endswith("."), key


def objects(about: object) -> Iterator[Json]:
    if isinstance(about, dict):
        yield about
        for value in about.values():
            yield from objects(value)
    elif isinstance(about, list):
        for value in about:
            yield from objects(value)


def test_sarif_is_what_the_standard_asks_for(tmp_path: Path) -> None:
    """Sections 3.13 to 3.30 of SARIF 2.1.0, and what GitHub's code scanning reads of it."""
    for found in everything(tmp_path):
        log = json.loads(sarif(found))
        assert log["version"] == "2.1.0"
        (run,) = log["runs"]
        rules = run["tool"]["driver"]["rules"]
        assert len({rule["id"] for rule in rules}) == len(rules)
        for one in run["results"]:
            assert rules[one["ruleIndex"]]["id"] == one["ruleId"]
            assert one["level"] in ("none", "note", "warning", "error")
            assert one["message"]["text"].strip()
            assert all(one["partialFingerprints"].values())
            (where,) = one["locations"]
            file, region = where["physicalLocation"]["artifactLocation"], where["physicalLocation"]["region"]
            assert file == {"uri": "apps.yaml", "uriBaseId": "%SRCROOT%"}
            start, end = (region["startLine"], region["startColumn"]), (region["endLine"], region["endColumn"])
            assert (1, 1) <= start < end
        fingerprints = [one["partialFingerprints"]["gatehouseAccess/v1"] for one in run["results"]]
        assert len(set(fingerprints)) == len(fingerprints)


def test_junit_counts_what_it_lists(tmp_path: Path) -> None:
    for found in everything(tmp_path):
        top = ElementTree.fromstring(junit(found))  # noqa: S314 - we wrote it
        for one in (top, *top.iter("testsuite")):
            assert one.attrib["tests"] == str(len([*one.iter("testcase")]))
            assert one.attrib["failures"] == str(len([*one.iter("failure")]))
            assert one.attrib["errors"] == str(len([*one.iter("error")]))


def many(tmp_path: Path, number: int, *, before: str, after: str) -> Diff:
    """As many apps, which all change in the same way, each with a title that means something to GitHub."""
    for side, who in (("before", before), ("after", after)):
        apps = "".join(
            f"  app-{n}:\n    owner: sales\n    service: http://app:8501\n    path: /app-{n}\n"
            f"    title: 'a, file=x::error::b%0A{n}'\n    access: [{who}]\n"
            for n in range(number)
        )
        lay_out({f"{side}/apps.yaml": f"apps:\n{apps}"}, side, tmp_path / side)
    return diff(load_texts(tmp_path / "before"), load_texts(tmp_path / "after"), DAY)


@pytest.mark.parametrize(("number", "lines"), [(1, 1), (MOST, MOST), (MOST + 1, MOST), (40, MOST)])
def test_no_more_annotations_than_github_shows(number: int, lines: int, tmp_path: Path) -> None:
    said = workflow_commands(many(tmp_path, number, before="sales", after="sales, marketing")).splitlines()
    assert len(said) == lines
    assert all(line.startswith("::warning") for line in said)
    if number > MOST:
        assert said[-1] == f"::warning::{number - MOST + 1} more apps; in all: {number} apps broadened"


def test_a_title_is_no_workflow_command(tmp_path: Path) -> None:
    (line,) = workflow_commands(many(tmp_path, 1, before="sales", after="marketing, sales")).splitlines()
    assert ",title=a%2C file=x%3A%3Aerror%3A%3Ab%250A0%3A broadened::" in line


def test_masked_people_are_no_longer_in_any_form(tmp_path: Path) -> None:
    found = sample_change(tmp_path)
    masked = redact(found)
    names = [*found.names, *found.names.values()]
    said = {form: (write(found), write(masked)) for form, write in FORMS.items()}
    for form, (open_, closed) in said.items():
        assert any(name in open_ for name in names), form
        assert [name for name in names if name in closed] == [], form
        assert "s***@example.com" in closed, form
    assert masked.digest == found.digest
    for which in ("gained", "lost"):
        assert len(masked.people(which)) == len(found.people(which)) > 0
    assert redact(masked) == masked


def test_no_address_is_left_wherever_it_was_written(tmp_path: Path) -> None:
    """In conditions, in what makes somebody a member, in examples: all but groups' addresses and nobody's."""
    masked = 0
    for case in CASES:
        found = changed(case.stem, tmp_path / case.stem)
        for form in ("document.json", "page.html") if found else ():
            said = FORMS[form](redact(found)) if found else ""
            left = set(re.findall(r"(?<!group )(?<!\*)\b[\w.+-]+@[\w-]+\.\w+", re.sub("<wbr>", "", said)))
            assert {one for one in left if not one.startswith("somebody@")} == set(), case.stem
            masked += "***" in said
    assert masked > 4


def test_people_whose_masks_look_alike_are_still_two(tmp_path: Path) -> None:
    apps = "apps:\n  one: {owner: sales, service: 'http://one:8501', path: /one, access: [%s]}\n"
    people = (
        "people:\n"
        "  mia@example.com: {name: Mia, departments: [marketing]}\n"
        "  max@example.com: {name: Max, departments: [marketing]}\n"
    )
    for side, who in (("before", "sales"), ("after", "sales, marketing")):
        lay_out({f"{side}/apps.yaml": apps % who, "people.yaml": people}, side, tmp_path / side)
    found = redact(diff(load_texts(tmp_path / "before"), load_texts(tmp_path / "after"), DAY))
    assert found.people("gained") == ("m***2@example.com", "m***@example.com")


def test_what_is_undecided_is_no_pass(tmp_path: Path) -> None:
    found = sample_change(tmp_path, "dev")
    (stack,) = found.stacks
    unsure = replace(stack.changes[0], verdict="undecided", gained=(), lost=(), notes=("not decided: too large",))
    found = replace(found, stacks=(replace(stack, changes=(unsure, *stack.changes[1:])),))
    assert workflow_commands(found).startswith("::warning file=apps.yaml,line=29,col=3,title=Campaign performance")
    assert [one["level"] for one in json.loads(sarif(found))["runs"][0]["results"]] == ["error", "warning", "note"]
    assert '<error type="undecided" message="Campaign performance: undecided">' in junit(found)
    assert '<section class="banner unsure">' in written_page(found)
    assert document(found)["totals"]["verdicts"]["undecided"] == 1  # type: ignore[index]  # it is data


def test_the_map_shows_all_that_was_proved(tmp_path: Path) -> None:
    """Every row of every gain and loss has its cell, and no cell shows one that was not proved."""
    for found in everything(tmp_path):
        for stack in found.stacks:
            drawn = access_map(stack, found.today)
            for change, row in zip(stack.changes, drawn.rows, strict=True):
                cells = dict(zip(drawn.subjects, row.cells, strict=True))
                for which, deltas in (("gains", change.gained), ("loses", change.lost)):
                    said = {(one.kind, one.who) for delta in deltas for one in delta.rows}
                    shown = {subject for subject, cell in cells.items() if cell.effect in (which, "both")}
                    assert said <= shown, row.app
                    # Beside anybody, those who enter as anybody does are shown too.
                    assert shown == said or ("anybody", "anybody") in said, row.app


@pytest.mark.parametrize("form", ["text", "markdown", "json", "github", "sarif", "junit", "html"])
def test_the_command_prints_every_form_with_masked_people(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = sample_change(tmp_path, "dev")
    written = {
        "json": FORMS["document.json"],
        "github": workflow_commands,
        "sarif": sarif,
        "junit": junit,
        "html": written_page,
    }
    arguments = ["diff", str(ROOT), str(tmp_path), "--stack", "dev", "--today", str(found.today), "--format", form]
    said = []
    for more in ([], ["--redact"]):
        assert main([*arguments, *more]) == 2
        said.append(capsys.readouterr().out)
    tests = outcomes(load_texts(tmp_path).estates, found.today)
    called = replace(found, base=str(ROOT), head=str(tmp_path), tests=tests)
    if form in written:
        assert said == [written[form](called), written[form](redact(called))]
    assert "Sam Okafor" in said[0]
    assert "Sam Okafor" not in said[1]
    assert "s***@example.com" in said[1].replace("\\*", "*").replace("@\u200b", "@")


def test_the_schema_knows_every_kind_of_fact() -> None:
    kinds = SCHEMA["definitions"]["fact"]["properties"]["kind"]["enum"]
    assert set(kinds) == set(get_args(Kind))
