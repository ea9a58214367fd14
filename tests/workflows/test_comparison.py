"""What is said of a pull request: its files as data, and nothing that it could do to be said otherwise."""

from __future__ import annotations

from datetime import date

import pytest

from infra.report.markdown import MARKER
from infra.workflows.comparison import findings
from infra.workflows.proposal import is_program
from infra.workflows.pull import Pull
from infra.workflows.verdict import Findings
from tests.workflows.repository import Repository, git

TODAY = date(2026, 11, 27)
QUOTA = "access: [sales, finance]"


def found(repository: Repository, body: str = "") -> Findings:
    """Commit what was edited, and compare it in the clone, which is on main."""
    head = repository.propose(7)
    git(repository.clone, "fetch", "--quiet", "origin", "main", "refs/pull/7/head")
    base = git(repository.work, "rev-parse", "main").strip()
    pull = Pull(7, "main", head, "ann", body)
    return findings(repository.clone, pull, base, TODAY, f"https://github.com/example/apps/blob/{head}")


def test_who_gains_is_found_and_named(repository: Repository) -> None:
    repository.branch()
    repository.widen()
    shown = found(repository)
    assert (shown.verdict.code, shown.verdict.quiet, len(shown.verdict.digest)) == (3, False, 32)
    assert shown.report.startswith(f"{MARKER}\n### ⚠️ 1 app broadened")
    assert f"`/approve-access {shown.verdict.digest} <reason>`" in shown.report
    assert f"/blob/{shown.verdict.head}/apps.yaml#L" in shown.report


def test_words_and_readings_of_nobody_are_quiet(repository: Repository) -> None:
    repository.branch()
    (repository.work / "docs").mkdir()
    (repository.work / "docs" / "more.md").write_text("more\n")
    repository.edit("apps.yaml", "title: Handbook", "title: Hand book")
    shown = found(repository)
    assert (shown.verdict.code, shown.verdict.digest, shown.verdict.quiet) == (0, "", True)


def test_what_is_stated_must_be_all(repository: Repository) -> None:
    repository.branch()
    repository.widen()
    assert found(repository, "for the audit\n\ngains: marketing -> quota\n").verdict.code == 3
    assert found(repository, "gains: sales -> ledger").verdict.code == 2
    assert found(repository, "gains: somebody").verdict.code == 1


def test_a_test_that_does_not_hold_is_shown_first(repository: Repository) -> None:
    """As the program of main proves it, whatever the branch makes of `gatehouse test`."""
    repository.branch()
    repository.widen()
    repository.edit("apps.yaml", "only: [sales, finance, marketing]\n", "only: [sales, finance]\n")
    shown = found(repository)
    assert (shown.verdict.code, shown.verdict.quiet) == (2, False)
    assert shown.report.startswith(f"{MARKER}\n### ❌ Tests of apps.yaml do not hold\n")
    assert "\n17 of 18 tests hold" in shown.report
    assert "error[test-failed]: somebody in marketing, who holds the role MARKETING, reaches `quota`" in shown.report
    assert "\n</pre>\n\n### ⚠️ 1 app broadened" in shown.report


def test_the_report_is_there_as_a_page_and_as_data(repository: Repository) -> None:
    repository.branch()
    repository.widen()
    more = dict(found(repository).more)
    assert "<html" in more["report.html"]
    assert "quota" in more["report.json"]


def test_the_branch_is_compared_with_what_merging_makes_of_it(repository: Repository) -> None:
    """What main has got since the branch began is neither gained nor lost by the branch."""
    repository.branch()
    repository.widen()
    repository.commit("widen")
    git(repository.work, "checkout", "--quiet", "main")
    repository.edit("apps.yaml", "{country: [JP, US]}", "{country: [JP]}")
    repository.push_to_main("meanwhile")
    git(repository.work, "checkout", "--quiet", "change")
    shown = found(repository)
    assert "### ⚠️ 1 app broadened, 6 unchanged" in shown.report


def test_a_conflict_is_said(repository: Repository) -> None:
    repository.branch()
    repository.widen()
    repository.commit("widen")
    git(repository.work, "checkout", "--quiet", "main")
    repository.edit("apps.yaml", QUOTA, "access: [finance]")
    repository.push_to_main("meanwhile")
    git(repository.work, "checkout", "--quiet", "change")
    shown = found(repository)
    assert shown.verdict.code == 1
    assert "it conflicts with the branch that it leads into" in shown.report


def test_an_error_in_the_files_is_shown_as_text(repository: Repository) -> None:
    repository.branch()
    repository.edit("apps.yaml", QUOTA, 'access: ["</pre>@everybody<img src=x>"]')
    shown = found(repository)
    assert (shown.verdict.code, shown.verdict.digest) == (1, "")
    assert "### ❌ It cannot be said who gains and who loses" in shown.report
    assert shown.report.count("</pre>") == 1
    assert "<img" not in shown.report


def test_a_branch_without_a_common_past_is_no_proposal(repository: Repository) -> None:
    repository.branch()
    git(repository.work, "checkout", "--quiet", "--orphan", "alone")
    assert "it cannot be merged" in found(repository).report


def test_a_report_has_room_in_a_comment_whatever_is_in_it(repository: Repository) -> None:
    repository.branch()
    for number in range(12):
        (repository.work / ("&" * 200 + f"{number}.py")).write_text("")
    keys = "\n".join(f"{'&' * 200}{number}: x" for number in range(500))
    repository.edit("apps.yaml", "identity:", f"{keys}\nidentity:")
    shown = found(repository)
    assert shown.verdict.code == 1
    assert len(shown.report) < 65_000


@pytest.mark.parametrize("file", ["apps.yaml", "people.yaml", "stacks/Pulumi.prod.yaml"])
def test_a_link_in_place_of_a_file_is_refused(repository: Repository, file: str) -> None:
    """It would be skipped when it is read, and followed when it is deployed."""
    repository.branch()
    path = repository.work / file
    path.rename(repository.work / "elsewhere.yaml")
    path.symlink_to(repository.work / "elsewhere.yaml")
    shown = found(repository)
    assert shown.verdict.code == 1
    assert f"`{file}` is a link" in shown.report


def test_a_link_in_place_of_the_folder_is_refused(repository: Repository) -> None:
    repository.branch()
    (repository.work / "stacks").rename(repository.work / "elsewhere")
    (repository.work / "stacks").symlink_to("elsewhere")
    assert "`stacks` is a link" in found(repository).report


def test_too_much_to_read_is_refused(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.workflows.proposal.MOST_BYTES", 1000)
    repository.branch()
    repository.widen()
    assert "more than 1,000" in found(repository).report


def test_a_change_of_the_program_cannot_be_missed(repository: Repository) -> None:
    repository.branch()
    repository.widen()
    (repository.work / "infra").mkdir()
    (repository.work / "infra" / "cli.py").write_text("print('nobody gains anything')\n")
    (repository.work / "yaml.py").write_text("")
    shown = found(repository)
    first, second = shown.report.split("\n")[:2]
    assert first == MARKER
    assert second.startswith("> 🛑 **The program itself changes: 2 files.**")
    assert second.endswith("Read: infra/cli.py, yaml.py")
    assert "1 app broadened" in shown.report
    assert (shown.verdict.code, shown.verdict.quiet) == (3, False)


def test_a_program_changed_alone_is_not_quiet(repository: Repository) -> None:
    repository.branch()
    for number in range(12):
        (repository.work / f"@all {number}\u202e.py").write_text("")
    shown = found(repository)
    assert (shown.verdict.code, shown.verdict.quiet) == (0, False)
    assert "and 2 more files" in shown.report
    assert "@all" not in shown.report
    assert "\u202e" not in shown.report


def test_nothing_of_the_head_is_checked_out(repository: Repository) -> None:
    before = (repository.clone / "apps.yaml").read_text("utf-8")
    repository.branch()
    repository.widen()
    (repository.work / "sitecustomize.py").write_text("")
    found(repository)
    assert (repository.clone / "apps.yaml").read_text("utf-8") == before
    assert not (repository.clone / "sitecustomize.py").exists()
    assert git(repository.clone, "status", "--porcelain") == ""


PROGRAM = """
infra/cli.py  .github/workflows/deploy.yml  .github/access-approvers  .ci/offline  Makefile  pyproject.toml
requirements.lock  Pulumi.yaml  kit/streamlit_access/keys.py  .dockerignore  .gitattributes  apps/.gitattributes
stacks/.gitattributes  .gitmodules  yaml.py  yaml/__init__.py  sitecustomize.py  stacks/other.py  CODEOWNERS
"""
NO_PROGRAM = """
apps.yaml  people.yaml  stacks/Pulumi.prod.yaml  apps/ledger/streamlit_app.py  docs/commands.md  tests/conftest.py
sandbox/cli.py  bench/diff.py  README.md  CHANGELOG.md
"""


@pytest.mark.parametrize("path", PROGRAM.split())
def test_what_decides_what_runs_is_program(path: str) -> None:
    assert is_program(path)


@pytest.mark.parametrize("path", NO_PROGRAM.split())
def test_what_decides_nothing_is_none(path: str) -> None:
    assert not is_program(path)
