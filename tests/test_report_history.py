"""Since when: what a review says of commits, in histories of every shape."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from infra.blame import last_changes
from infra.cli import main
from infra.revisions import describe
from tests.repositories import git
from tests.test_changes import PREAMBLE, STACK
from tests.text_files import write

APPS = PREAMBLE + (
    "apps:\n"
    "  report:\n"
    "    owner: sales\n"
    "    service: http://report:8501\n"
    "    path: /report\n"
    "    access:\n"
    "      - allow:\n"
    "          - marketing\n"
    "          - sales\n"
    "    machines:\n"
    "      - exporter\n"
    "      - robot\n"
)
PEOPLE = "people:\n  sam@example.com: {name: Sam, departments: [sales]}\n"


def lay_out(folder: Path, apps: str = APPS, people: str = PEOPLE) -> None:
    for name, text in (("apps.yaml", apps), ("people.yaml", people), ("stacks/Pulumi.dev.yaml", STACK)):
        write(folder, name, text)


def commit(folder: Path, subject: str, day: str, **more: str) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--allow-empty", "--message", subject, day=day, **more)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    git(tmp_path, "init", "--initial-branch", "main")
    lay_out(tmp_path)
    commit(tmp_path, "Begin", "2027-01-02")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def reviewed(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    assert main(["report", "--format", "json", *arguments]) == 0
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


def changes(capsys: pytest.CaptureFixture[str], *arguments: str, who: str = "Sam") -> str:
    """Of one row: day, author and subject, or what is said instead of them."""
    found = reviewed(capsys, *arguments)["rows"]
    assert isinstance(found, list)
    (said,) = {row["last change"] for row in found if row["person"] == who}
    head, _, rest = str(said).rpartition("2027-")
    return f"{'in or before ' if head.startswith('in or before ') else ''}{rest}"


def edit(folder: Path, before: str, after: str) -> None:
    text = (folder / "apps.yaml").read_text("utf-8")
    assert text.count(before) == 1
    write(folder, "apps.yaml", text.replace(before, after))


@pytest.mark.parametrize(
    ("before", "after", "who"),
    [
        ("          - sales\n", "          - sales  # all\n", "Sam"),
        ("      - robot\n", "      - robot  # the cleaner\n", "machine exporter"),
        ("  sales: {groups: [Sales]}", "  sales: {groups: [Sales, More]}", "Sam"),
    ],
    ids=["the last line of an entry", "machines", "the department"],
)
def test_each_line_that_a_row_depends_on_counts(
    project: Path, before: str, after: str, who: str, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(project, before, after)
    commit(project, "Touch", "2027-01-05")
    assert changes(capsys, "HEAD", who=who) == "01-05 Ada: Touch"


def test_a_denial_that_narrows_a_row_counts(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(project, "      - allow:\n", "      - {deny: contractors, require: [{country: [FR]}]}\n      - allow:\n")
    commit(project, "Deny others", "2027-01-05")
    assert changes(capsys, "HEAD") == "01-02 Ada: Begin"
    edit(project, "deny: contractors", "deny: sales")
    commit(project, "Deny sales", "2027-01-06")
    assert changes(capsys, "HEAD") == "01-06 Ada: Deny sales"


def test_of_two_commits_of_a_day_the_later_one_is_the_last(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(project, "          - marketing\n", "          - marketing  # first\n")
    commit(project, "Morning", "2027-01-05", time="08:00:00Z")
    edit(project, "          - sales\n", "          - sales  # second\n")
    commit(project, "Evening", "2027-01-05", time="20:00:00Z")
    assert changes(capsys, "HEAD") == "01-05 Ada: Evening"


def test_a_day_is_that_of_utc_everywhere(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(project, "          - sales\n", "          - sales  # late\n")
    commit(project, "Late", "2027-01-05", time="23:30:00-0800")
    assert describe(project, "HEAD").date == "2027-01-06"
    assert reviewed(capsys, "HEAD")["evaluated for"] == "2027-01-06"
    assert changes(capsys, "HEAD") == "01-06 Ada: Late"


def test_a_file_that_was_called_otherwise_keeps_its_history(tmp_path: Path, capsys: pytest.CaptureFixture[str],
                                                            monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    git(tmp_path, "init", "--initial-branch", "main")
    write(tmp_path, "config/access.yaml", APPS)
    commit(tmp_path, "Before", "2027-01-02")
    git(tmp_path, "mv", "config/access.yaml", "apps.yaml")
    lay_out(tmp_path)
    commit(tmp_path, "Rename", "2027-01-03")
    monkeypatch.chdir(tmp_path)
    assert changes(capsys, "HEAD") == "01-02 Ada: Before"


def test_what_a_merge_brings_is_whose_it_was(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(project, "switch", "--quiet", "--create", "branch")
    edit(project, "          - sales\n", "          - sales  # theirs\n")
    commit(project, "Theirs", "2027-01-05", author="Bob")
    git(project, "switch", "--quiet", "main")
    write(project, "unrelated.txt", "x")
    commit(project, "Ours", "2027-01-06")
    git(project, "merge", "--no-ff", "--message", "Merge", "branch", day="2027-01-07")
    assert changes(capsys, "HEAD") == "01-05 Bob: Theirs"


def test_a_shallow_clone_does_not_say_more_than_it_knows(
    project: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    write(project, "unrelated.txt", "x")
    commit(project, "Unrelated", "2027-02-01", author="Eve")
    clone = tmp_path_factory.mktemp("clone") / "shallow"
    git(project, "clone", "--quiet", "--depth", "1", project.as_uri(), str(clone))
    monkeypatch.chdir(clone)
    assert changes(capsys, "HEAD") == "in or before 02-01 Eve: Unrelated"
    monkeypatch.chdir(project)
    assert changes(capsys, "HEAD") == "01-02 Ada: Begin"


def test_no_settings_hide_a_commit(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(project, "          - sales\n", "          - sales  # quietly\n")
    commit(project, "Quietly", "2027-01-05")
    write(project, "ignored", f"{describe(project, 'HEAD').id}\n")
    git(project, "config", "blame.ignoreRevsFile", "ignored")
    assert changes(capsys, "HEAD") == "01-05 Ada: Quietly"


def test_names_of_every_script_are_kept(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(project, "config", "i18n.logOutputEncoding", "ISO-8859-1")
    edit(project, "          - sales\n", "          - sales  # x\n")
    commit(project, "Prüfung für 営業", "2027-01-05", author="Łukasz 田中")
    assert changes(capsys, "HEAD") == "01-05 Łukasz 田中: Prüfung für 営業"
    assert "Prüfung für 営業" in str(reviewed(capsys, "HEAD")["revision"])


@pytest.mark.parametrize("sign", ["\x85", "\u2028", "\r"])
def test_neither_subjects_nor_comments_pass_for_commits(
    project: Path, sign: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Git's lines end with LF alone and those of YAML with more; each change stays with its line."""
    first = describe(project, "HEAD").id
    text = (project / "apps.yaml").read_text("utf-8")
    (project / "apps.yaml").write_bytes(f"# a{sign}# {first} 1 1\n{text}# end\n".encode())
    git(project, "commit", "--all", "--message", f"a{sign}{first} 1 1", day="2027-02-01")
    found = last_changes(project, "HEAD")
    assert len(found) == text.count("\n") + 3
    assert [change.seconds for change in found[-2:]] == sorted({change.seconds for change in found})
    assert changes(capsys, "HEAD") == "01-02 Ada: Begin"


def test_the_work_tree_says_what_it_is(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commit_id = describe(project, "HEAD").id[:10]
    assert reviewed(capsys)["revision"] == f"work tree, as in {commit_id} 2027-01-02 Begin"
    write(project, "notes.txt", "no part of it")
    assert reviewed(capsys)["revision"] == f"work tree, as in {commit_id} 2027-01-02 Begin"
    write(project, "people.yaml", PEOPLE + "  kim@agency.example: {}\n")
    assert reviewed(capsys)["revision"] == f"work tree, with changes on {commit_id} 2027-01-02 Begin"
    edit(project, "          - sales\n", "          - sales  # x\n")
    assert changes(capsys) == "not committed"


def test_a_repository_without_commits_has_none_to_show(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lay_out(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert reviewed(capsys)["revision"] == "work tree, in no git repository"
    assert changes(capsys) == ""
    git(tmp_path, "init", "--initial-branch", "main")
    assert reviewed(capsys)["revision"] == "work tree, of which nothing is committed"
    assert changes(capsys) == "not committed"


@pytest.mark.parametrize("arguments", [["v1"], ["HEAD", "--since", "v1"], ["HEAD", "--since", ""], ["--stack", "x"]])
@pytest.mark.usefixtures("project")
def test_what_is_not_there_is_an_error(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", *arguments]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(("error[unknown-revision]", "error[unknown-stack]"))
