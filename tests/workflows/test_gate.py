"""The gate, against a GitHub of this machine: comment, approval, status, and what cannot be forged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from infra.report.markdown import MARKER
from infra.workflows import StaleError, WorkflowError
from infra.workflows.approvals import Judgement
from infra.workflows.gate import CONTEXT, Outcome, outcome, run
from infra.workflows.github import GitHub
from infra.workflows.pull import Pull, pull_of
from infra.workflows.verdict import Findings, Verdict, read
from tests.workflows.fake_github import FakeGitHub, person

HEAD, NEXT, BASE = "a" * 40, "b" * 40, "c" * 40
DIGEST, OTHER = "8a2c6e43f53d54e4332707c13fcad0a1", "0123456789abcdef0123456789abcdef"


class Gate:
    """A pull request, what was found about it, and the gate."""

    def __init__(self, github: FakeGitHub, folder: Path) -> None:
        self.github, self.folder = github, folder
        (folder / ".github").mkdir()
        (folder / ".github" / "access-approvers").write_text("rita\nann\n")
        github.open_pull(7, HEAD)
        self.find(3, DIGEST)

    def find(self, code: int, digest: str = "", head: str = HEAD, quiet: bool = False) -> None:
        verdict = Verdict(7, BASE, head, code, digest, quiet)
        Findings(verdict, f"{MARKER}\n### The report\n").write(self.folder / "report")

    def push(self, head: str) -> None:
        self.github.pulls[7]["head"]["sha"] = head

    def decide(self) -> Outcome:
        event = self.github.about(7)
        pull = pull_of(event, self.github.client())
        assert pull is not None
        decided = run(self.github.client(), event, pull, self.folder / "report", self.folder)
        assert self.status["description"].startswith(decided.description[:140])
        return decided

    @property
    def status(self) -> dict[str, Any]:
        return self.github.statuses[self.github.pulls[7]["head"]["sha"]]

    @property
    def comment(self) -> str:
        (text,) = self.github.own_comments(7)
        return text


@pytest.fixture
def gate(github: FakeGitHub, tmp_path: Path) -> Gate:
    return Gate(github, tmp_path)


def test_refused_then_approved(gate: Gate) -> None:
    assert gate.decide() == Outcome("failure", f"access is broadened: comment /approve-access {DIGEST} and a reason")
    assert gate.status["context"] == CONTEXT
    assert gate.status["target_url"] == "https://github.com/example/apps/pull/7"
    assert gate.comment.startswith(f"{MARKER}\n### The report\n")
    gate.github.comment(7, "rita", f"/approve-access {DIGEST} joint audit")
    assert gate.decide() == Outcome("success", "approved by rita: joint audit")
    assert "Approved by **rita**: joint audit" in gate.comment


def test_an_approval_is_void_once_something_else_is_gained(gate: Gate) -> None:
    gate.github.comment(7, "rita", f"/approve-access {DIGEST} joint audit")
    assert gate.decide().state == "success"
    gate.push(NEXT)
    assert NEXT not in gate.github.statuses  # which blocks, until it is decided
    gate.find(3, OTHER, head=NEXT)
    assert gate.decide().state == "failure"
    assert "rita: the digest is not that of what is gained now" in gate.comment
    assert gate.github.statuses[HEAD]["state"] == "success"


def test_an_approval_outlives_a_push_that_opens_nothing_else(gate: Gate) -> None:
    gate.github.comment(7, "rita", f"/approve-access {DIGEST} joint audit")
    gate.push(NEXT)
    gate.find(3, DIGEST, head=NEXT)
    assert gate.decide().state == "success"


def test_an_approval_can_be_taken_back(gate: Gate) -> None:
    gate.github.comment(7, "rita", f"/approve-access {DIGEST} joint audit")
    assert gate.decide().state == "success"
    gate.github.comments(7)[:] = [one for one in gate.github.comments(7) if one["user"]["login"] != "rita"]
    assert gate.decide().state == "failure"


@pytest.mark.parametrize(
    ("who", "text", "edited", "said"),
    [
        ("ann", f"/approve-access {DIGEST} trust me", False, "ann: opened the pull request"),
        ("mallory", f"/approve-access {DIGEST} trust me", False, "mallory: is not among the approvers"),
        ("rita", f"/approve-access {DIGEST}", False, "rita: gives no reason"),
        ("rita", f"/approve-access {OTHER} joint audit", False, "rita: the digest is not that"),
        ("rita", f"/approve-access {DIGEST} joint audit", True, "rita: the comment was edited"),
    ],
)
def test_what_does_not_count_is_said_in_the_comment(gate: Gate, who: str, text: str, edited: bool, said: str) -> None:
    gate.github.comment(7, who, text, edited)
    assert gate.decide().state == "failure"
    assert f"Not counted: {said}" in gate.comment


def test_the_author_of_any_commit_cannot_approve(gate: Gate) -> None:
    commits = gate.github.lists["pulls/7/commits"]
    commits[:] = [*(commits * 120), {"sha": "d" * 40, "author": person("Rita"), "committer": person("web-flow")}]
    gate.github.comment(7, "rita", f"/approve-access {DIGEST} joint audit")
    assert gate.decide().state == "failure"
    assert "rita: wrote commit dddddddddddd" in gate.comment


def test_more_commits_than_github_lists_cannot_be_approved(gate: Gate) -> None:
    gate.github.lists["pulls/7/commits"] *= 250
    gate.github.comment(7, "rita", f"/approve-access {DIGEST} joint audit")
    assert gate.decide().state == "failure"
    assert "squash them" in gate.comment


def test_without_a_list_nobody_approves(gate: Gate) -> None:
    (gate.folder / ".github" / "access-approvers").unlink()
    gate.github.comment(7, "rita", f"/approve-access {DIGEST} joint audit")
    assert gate.decide().state == "failure"
    assert "there is no .github/access-approvers" in gate.comment.replace("\\", "")


def test_one_comment_is_edited_in_place_however_many_there_are(gate: Gate) -> None:
    for number in range(150):
        gate.github.comment(7, f"person{number}", "me too")
    gate.decide()
    for number in range(150):
        gate.github.comment(7, f"person{number}", "and me")
    gate.github.comment(7, "rita", f"/approve-access {DIGEST} joint audit")
    gate.github.asked.clear()
    assert gate.decide().state == "success"
    assert len(gate.github.own_comments(7)) == 1
    assert "Approved by" in gate.comment
    assert sum(one == "GET issues/7/comments" for one in gate.github.asked) == 4
    gate.github.asked.clear()
    gate.decide()
    assert not any(one.startswith("PATCH") for one in gate.github.asked)


def test_a_comment_that_only_looks_like_ours_is_left_alone(gate: Gate) -> None:
    forged = gate.github.comment(7, "mallory", f"{MARKER}\n### ✅ nobody gains")
    gate.decide()
    assert forged["body"] == f"{MARKER}\n### ✅ nobody gains"
    assert len(gate.github.own_comments(7)) == 1


def test_nothing_is_written_where_nothing_happens(gate: Gate) -> None:
    gate.find(0, quiet=True)
    assert gate.decide() == Outcome("success", "nobody gains access, or as stated only")
    assert gate.github.comments(7) == []


def test_a_comment_that_is_there_is_told_that_nothing_is_left(gate: Gate) -> None:
    gate.decide()
    gate.push(NEXT)
    gate.find(0, quiet=True, head=NEXT)
    gate.decide()
    assert NEXT[:12] in gate.comment


PLAIN = {"pull": 7, "base": BASE, "head": HEAD, "code": 0, "digest": "", "quiet": False}
FORGED = {
    "of another pull request": ({"pull": 8}, "another pull request"),
    "of no number": ({"pull": True}, "no verdict"),
    "with a code of text": ({"code": "0"}, "no verdict"),
    "with a key more": ({"approved": True}, "no verdict"),
    "broadened without a digest": ({"code": 3}, "contradicts itself"),
    "with a digest of nothing": ({"digest": DIGEST}, "contradicts itself"),
}


@pytest.mark.parametrize("name", FORGED)
def test_findings_that_do_not_fit_are_an_error(gate: Gate, name: str) -> None:
    change, why = FORGED[name]
    (gate.folder / "report" / "verdict.json").write_text(json.dumps(PLAIN | change))
    decided = gate.decide()
    assert decided.state == "error"
    assert why in decided.description
    assert gate.github.comments(7) == []


@pytest.mark.parametrize(
    ("file", "content", "why"),
    [
        ("report.md", b"### nothing to see", "does not begin as a report does"),
        ("report.md", b"\xff\xfe", "is not UTF-8"),
        ("report.md", b"x" * 200_001, "is larger than"),
        ("verdict.json", b"[" * 100_000, "is no verdict"),
        ("verdict.json", b"[]", "is no verdict"),
        ("verdict.json", None, "the diff could not be made"),
        ("report.md", None, "the diff could not be made"),
    ],
)
def test_a_report_that_is_none_is_an_error(gate: Gate, file: str, content: bytes | None, why: str) -> None:
    path = gate.folder / "report" / file
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    decided = gate.decide()
    assert decided.state == "error"
    assert why in decided.description


def test_a_link_in_the_report_is_not_followed(gate: Gate) -> None:
    path = gate.folder / "report" / "report.md"
    path.rename(gate.folder / "secret.md")
    path.symlink_to(gate.folder / "secret.md")
    assert gate.decide().state == "error"


def test_findings_about_an_older_commit_decide_nothing(gate: Gate) -> None:
    gate.push(NEXT)
    with pytest.raises(StaleError):
        gate.decide()
    assert gate.github.statuses == {}


CODES = {0: "success", 1: "failure", 2: "failure", 3: "failure", 4: "failure", 70: "error", -9: "error"}


@pytest.mark.parametrize("code", CODES)
def test_every_exit_code_has_a_state(code: int) -> None:
    verdict = Verdict(7, BASE, HEAD, code, DIGEST, False)
    assert outcome(verdict, Judgement()).state == CODES[code]
    approved = outcome(verdict, Judgement("rita", "audit")).state
    assert approved == ("success" if code in (3, 4) else CODES[code])


# Which pull request


def run_of(fake: FakeGitHub, branch: str = "change", owner: str | None = "ann", head: str = HEAD) -> dict[str, Any]:
    repository = {"owner": {"login": owner}} if owner else None
    run = {"head_sha": head, "head_branch": branch, "head_repository": repository, "pull_requests": []}
    return {"workflow_run": run, "repository": fake.about(7)["repository"]}


def test_a_run_belongs_to_the_pull_request_with_its_branch_and_commit(github: FakeGitHub) -> None:
    github.open_pull(7, HEAD, body="gains: sales -> wiki\r\nand\ngains: finance -> wiki")
    found = pull_of(run_of(github), github.client())
    assert found is not None
    assert found == Pull(7, "main", HEAD, "ann", "gains: sales -> wiki\r\nand\ngains: finance -> wiki")
    assert found.stated == ("sales -> wiki", "finance -> wiki")
    assert pull_of(run_of(github, head=NEXT), github.client()) is None
    assert pull_of(run_of(github, owner="bob"), github.client()) is None
    assert pull_of(run_of(github, owner=None), github.client()) is None


def test_a_pull_request_into_another_branch_gets_no_status(github: FakeGitHub) -> None:
    """Into a branch where it opens nothing, the same commit would pass."""
    github.open_pull(6, HEAD, into="already-broad")
    assert pull_of(run_of(github), github.client()) is None
    assert pull_of(github.about(6), github.client()) is None
    github.open_pull(7, HEAD)
    found = pull_of(run_of(github), github.client())
    assert found is not None
    assert found.number == 7


def test_closed_ones_and_issues_are_left_alone(github: FakeGitHub) -> None:
    github.open_pull(7, HEAD)
    github.pulls[7]["state"] = "closed"
    assert pull_of(github.about(7), github.client()) is None
    assert pull_of({"issue": {"number": 3}, "repository": github.about(7)["repository"]}, github.client()) is None


# The client


def test_a_token_goes_nowhere_in_plain_text() -> None:
    with pytest.raises(WorkflowError, match="https only"):
        GitHub("example/apps", "token", "http://example.com")


def test_refusals_are_told(github: FakeGitHub) -> None:
    with pytest.raises(WorkflowError, match="GitHub answered 401 to GET pulls/7"):
        GitHub("example/apps", "wrong", github.address).get("pulls/7")
    with pytest.raises(WorkflowError, match="GitHub answered 404 to GET pulls/7"):
        github.client().get("pulls/7")


def test_a_list_without_end_is_refused_rather_than_cut(github: FakeGitHub) -> None:
    github.lists["issues/7/comments"] = [{"id": number} for number in range(5001)]
    with pytest.raises(WorkflowError, match="more than 5000"):
        github.client().every("issues/7/comments")


def test_reading_takes_what_was_written(tmp_path: Path) -> None:
    found = Findings(Verdict(7, BASE, HEAD, 3, DIGEST, False), f"{MARKER}\n### ⚠️ broadened\n")
    found.write(tmp_path)
    assert read(tmp_path, Pull(7, "main", HEAD, "ann", "")) == found
