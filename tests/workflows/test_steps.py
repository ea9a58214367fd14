"""The steps as commands: what they print, hand on, and end with."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.workflows.__main__ import main
from infra.workflows.gate import CONTEXT
from infra.workflows.verdict import REPORT, VERDICT
from tests.workflows.fake_github import REPOSITORY, TOKEN, FakeGitHub
from tests.workflows.repository import ROOT, Repository


class Steps:
    """Steps in a clone of the default branch. `output` is what they hand on."""

    def __init__(self, github: FakeGitHub, repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
        self.github, self.folder = github, repository.clone.parent
        self.given = self.folder / "output"
        for name, value in (
            ("GITHUB_REPOSITORY", REPOSITORY),
            ("GITHUB_TOKEN", TOKEN),
            ("GITHUB_API_URL", github.address),
            ("GITHUB_OUTPUT", str(self.given)),
        ):
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(repository.clone)

    @property
    def output(self) -> str:
        return self.given.read_text() if self.given.exists() else ""

    def run(self, command: str, event: dict[str, Any]) -> int:
        path = self.folder / "event.json"
        path.write_text(json.dumps(event))
        return main([command, "--event", str(path), "--report", str(self.folder / "report")])


@pytest.fixture
def steps(github: FakeGitHub, repository: Repository, monkeypatch: pytest.MonkeyPatch) -> Steps:
    return Steps(github, repository, monkeypatch)


def propose(repository: Repository) -> str:
    repository.branch()
    repository.widen()
    return repository.propose(7)


def test_a_fork_gets_its_report_without_asking_github(steps: Steps, repository: Repository) -> None:
    """The event says everything; the token of a fork may read nothing but the repository."""
    steps.github.open_pull(7, propose(repository))
    event = {"pull_request": steps.github.pulls[7], "repository": steps.github.about(7)["repository"]}
    assert steps.run("diff", event) == 0
    assert steps.github.asked == []
    assert steps.output == "pull=7\n"
    assert sorted(path.name for path in (steps.folder / "report").iterdir()) == [
        "report.html",
        "report.json",
        REPORT,
        VERDICT,
    ]


def test_a_head_that_has_moved_is_left_to_the_next_run(
    steps: Steps, repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    steps.github.open_pull(7, propose(repository))
    repository.propose(7, "another")
    assert steps.run("diff", steps.github.about(7)) == 0
    assert "nothing to do: the pull request has moved on" in capsys.readouterr().out
    assert (steps.output, (steps.folder / "report").exists()) == ("", False)


def test_where_there_is_nothing_to_look_at(steps: Steps) -> None:
    steps.github.open_pull(7, "a" * 40, into="other")
    for command in ("diff", "gate"):
        assert steps.run(command, steps.github.about(7)) == 0
    assert steps.output == "pull=\npull=\n"
    assert steps.github.statuses == {}


def test_a_comparison_that_broke_is_an_error_of_the_status(steps: Steps, repository: Repository) -> None:
    head = propose(repository)
    steps.github.open_pull(7, head)
    assert steps.run("gate", steps.github.about(7)) == 0
    status = steps.github.statuses[head]
    assert (status["state"], status["context"]) == ("error", CONTEXT)
    assert "the diff could not be made" in status["description"]


def test_the_approvers_of_a_pull_request_are_not_asked(steps: Steps, repository: Repository) -> None:
    """Its own list is in its commit only, and the clone is on main."""
    repository.branch()
    repository.widen()
    (repository.work / ".github").mkdir()
    (repository.work / ".github" / "access-approvers").write_text("mallory\n")
    head = repository.propose(7)
    steps.github.open_pull(7, head)
    assert steps.run("diff", steps.github.about(7)) == 0
    digest = json.loads((steps.folder / "report" / VERDICT).read_text())["digest"]
    steps.github.comment(7, "mallory", f"/approve-access {digest} trust me")
    assert steps.run("gate", steps.github.about(7)) == 0
    assert steps.github.statuses[head]["state"] == "failure"
    (comment,) = steps.github.own_comments(7)
    assert "**The program itself changes: 1 file.**" in comment


def test_mistakes_in_calling_end_with_1(steps: Steps, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["diff"])
    assert ended.value.code == 1
    assert main(["up", "--stack", "prod", "--plan", str(steps.folder), "--branch", "main"]) == 1
    monkeypatch.delenv("GITHUB_REPOSITORY")
    assert main(["deployed", "--environment", "prod", "--branch", "main"]) == 1


def test_a_bug_is_told_from_a_refusal(steps: Steps, capsys: pytest.CaptureFixture[str]) -> None:
    assert steps.run("gate", {"repository": {}}) == 70
    assert "Traceback" in capsys.readouterr().err


def test_the_page_names_what_there_is() -> None:
    page = (ROOT / "docs" / "pull-requests.md").read_text("utf-8")
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        assert f"| `{path.stem}` |" in page
    assert f"`{CONTEXT}`" in page
