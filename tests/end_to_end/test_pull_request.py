"""The way of a pull request without GitHub: check, diff, comment, gate, approval, plan, and the update of that plan.

What workflows run is run here, on the real engine, in git repositories of this machine, against a GitHub of its own.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from sandbox.environment import API_TOKEN
from tests.end_to_end.world import Ended, World
from tests.workflows.fake_github import REPOSITORY, TOKEN, FakeGitHub, serving
from tests.workflows.repository import Repository, git

ZONE = "9f8e7d6c5b4a39281706f5e4d3c2b1a0"  # of the sandbox's stack
TODAY = datetime.now(UTC).date()


class Life:
    """A project that is deployed, and everything that a pull request meets on its way."""

    def __init__(self, folder: Path, github: FakeGitHub) -> None:
        self.world, self.github, self.folder = World(folder), github, folder
        project = self.world.project
        (project / ".gitignore").write_text("__pycache__/\n")
        (project / ".github").mkdir()
        (project / ".github" / "access-approvers").write_text("rita\nann\n")
        self.repository = Repository(folder, project)
        self.plan, self.first = folder / "plan", folder / "first.json"
        self.begun = Ended(0, "")

    def gatehouse(self, *arguments: str) -> Ended:
        return self._run(self.world.project, "infra.cli", *arguments)

    def step(self, *arguments: str, where: Path | None = None) -> Ended:
        """A step of a workflow, with the program that was checked out."""
        return self._run(where or self.world.project, "infra.workflows", *arguments)

    def deploys(self, command: str, *arguments: str) -> Ended:
        engine = shlex.join(self.world.command("pulumi"))
        return self.step(command, "--stack", "sandbox", "--engine", engine, *arguments)

    def updates(self, *arguments: str) -> Ended:
        return self.deploys("up", "--plan", str(self.plan), "--branch", "main", *arguments)

    def reviewed(self) -> tuple[Ended, Ended]:
        """Both jobs of the gate, as after a push or a comment; they run in a clone of main."""
        event = self.folder / "event.json"
        event.write_text(json.dumps(self.github.about(7)))
        about = ("--event", str(event), "--report", str(self.folder / "report"))
        clone = self.repository.clone
        return self.step("diff", *about, where=clone), self.step("gate", *about, where=clone)

    def _run(self, where: Path, module: str, *arguments: str) -> Ended:
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=where,
            env={
                **self.world.environment,
                "GITHUB_REPOSITORY": REPOSITORY,
                "GITHUB_API_URL": self.github.address,
                "GITHUB_TOKEN": TOKEN,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=self.world.limit,
            check=False,
        )
        return Ended(done.returncode, done.stdout)


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    with serving(FakeGitHub()) as github:
        created = Life(tmp_path_factory.mktemp("life"), github)
        try:
            created.world.ok("pulumi", "preview", "--save-plan", str(created.first))
            created.begun = created.world.pulumi("up", "--yes", "--skip-preview", "--plan", str(created.first))
            planned = created.deploys("preview", "--plan", str(created.plan))
            assert planned.code == 0, planned
            done = created.updates()
            assert done.code == 0, done
            yield created
        finally:
            created.world.sandbox("down")


def test_a_plan_can_be_handed_on_since_its_secrets_are_encrypted(life: Life) -> None:
    text = life.first.read_text("utf-8")
    assert text.count('"ciphertext"') >= 3
    assert [canary for canary in ("sandbox-workspace-secret", "sandbox-partners-secret") if canary in text] == []


def test_where_roles_are_new_a_second_plan_is_needed(life: Life) -> None:
    """The engine cannot ask a provider that acts as a role which is not there yet, so its plan lacks what it adds.

    What the first plan could say is done by then, and the second update, which the fixture made, does the rest.
    """
    assert life.begun.code != 0, life.begun
    found = re.findall(r"error: resource (urn:.+) violates plan: (.+)", life.begun.text)
    assert found, life.begun
    assert {(urn.rsplit("::", 2)[1].rsplit("$", 1)[-1].split(":")[0], why) for urn, why in found} == {
        ("snowflake", "properties changed: =+__defaults[{[]}]")
    }
    assert life.world.ok("pulumi", "preview", "--expect-no-changes")


def test_from_a_proposal_to_the_update(life: Life) -> None:
    repository, github, world = life.repository, life.github, life.world

    # Ann lets marketing into an app of sales.
    repository.branch()
    repository.widen()
    head = repository.propose(7, "Let marketing see the quota")
    github.open_pull(7, head, author="ann")
    checked = life.gatehouse("check")
    assert checked.code == 0, checked
    seen = life.gatehouse("diff", "main", "change", "--format", "markdown")
    assert seen.code == 3, seen
    digest = re.findall(r"^`/approve-access ([0-9a-f]{32}) <reason>`$", seen.text, re.MULTILINE)[0]

    # The comment says so, and the gate is shut.
    compared, gated = life.reviewed()
    assert (compared.code, gated.code) == (0, 0), f"{compared}\n{gated}"
    assert f"failure: access is broadened: comment /approve-access {digest}" in gated.text
    (comment,) = github.own_comments(7)
    assert "marketing" in comment
    assert f"`/approve-access {digest} <reason>`" in comment

    # The author's own word opens it as little as one for something else.
    github.comment(7, "ann", f"/approve-access {digest} it is fine")
    github.comment(7, "rita", f"/approve-access {'0' * 32} joint planning")
    _, gated = life.reviewed()
    assert "failure" in gated.text
    assert github.statuses[head]["state"] == "failure"

    github.comment(7, "rita", f"/approve-access {digest} joint planning until March")
    _, gated = life.reviewed()
    assert "success: approved by rita: joint planning until March" in gated.text
    assert github.statuses[head]["state"] == "success"
    assert len(github.own_comments(7)) == 1
    by_hand = life.gatehouse("diff", "main", "change", "--approved", digest, "--reason", "joint planning")
    assert by_hand.code == 0, by_hand

    # A push that opens more is not what was approved.
    for words in ("access", "only"):
        old = f"{words}: [sales, finance, marketing]"
        repository.edit("apps.yaml", old, old.replace("]", ", contractors]"))
    further = repository.propose(7, "and the agency")
    github.open_pull(7, further, author="ann")
    github.comment(7, "rita", f"/approve-access {digest} joint planning until March")
    compared, gated = life.reviewed()
    assert github.statuses[further]["state"] == "failure", f"{compared}\n{gated}"
    assert "rita: the digest is not that of what is gained now" in github.own_comments(7)[0]
    git(repository.work, "reset", "--quiet", "--hard", head)

    # Merged, planned, and deployed as planned: the same commit, the same day.
    git(repository.work, "checkout", "--quiet", "main")
    git(repository.work, "merge", "--quiet", "--no-edit", "change")
    git(repository.work, "push", "--quiet", "origin", "main")
    planned = life.deploys("preview", "--plan", str(life.plan))
    assert planned.code == 0, planned
    late = life.updates("--today", str(TODAY + timedelta(days=2)))  # midnight may have passed since
    assert late.code == 1, late
    assert "access may have lapsed; preview again" in late.text
    before = world.statements()
    done = life.updates("--today", str(TODAY))
    assert done.code == 0, done
    assert any("MARKETING" in one.upper() for one in world.statements()[len(before) :])


def test_a_plan_is_refused_once_the_branch_has_moved(life: Life) -> None:
    planned = life.deploys("preview", "--plan", str(life.plan))
    assert planned.code == 0, planned
    (life.repository.work / "docs").mkdir()
    (life.repository.work / "docs" / "note.md").write_text("meanwhile\n")
    life.repository.push_to_main("meanwhile")
    moved = life.updates()
    assert moved.code == 1
    assert "preview again" in moved.text
    git(life.repository.work, "checkout", "--quiet", "--detach", "HEAD~1")
    moved = life.updates()
    assert moved.code == 1
    assert "the branch has moved on to" in moved.text
    git(life.repository.work, "checkout", "--quiet", "main")


def test_a_plan_does_nothing_but_what_was_planned(life: Life) -> None:
    """The engine's own word: files that changed below a plan of theirs."""
    planned = life.deploys("preview", "--plan", str(life.plan))
    assert planned.code == 0, planned
    text = (life.world.project / "apps.yaml").read_text("utf-8")
    for words in ("access", "only"):
        old = f"{words}: [sales, finance, marketing]"
        life.world.edit("apps.yaml", old, old.replace("marketing", "contractors"))
    life.world.forget_statements()
    refused = life.updates()
    assert refused.code == 1, refused
    assert "is not allowed by the plan" in refused.text
    assert not any("CONTRACTORS" in one.upper() for one in life.world.statements())
    (life.world.project / "apps.yaml").write_text(text, "utf-8")


def test_access_lapses_by_an_update_of_what_is_deployed(life: Life) -> None:
    life.world.forget_requests()
    lapsed = life.deploys("lapse")
    assert lapsed.code == 0, lapsed
    assert life.world.writes() == []


def test_drift_opens_one_issue_and_closes_it(life: Life) -> None:
    clean = life.deploys("drift")
    assert "stack `sandbox` is as it was made" in clean.text, clean
    assert "issues" not in life.github.lists
    record = life.world.objects()["dns_records"][0]
    url = f"{life.world.origin}/client/v4/zones/{ZONE}/dns_records/{record['id']}"
    token = {"Authorization": f"Bearer {API_TOKEN}"}
    httpx.patch(url, json={"proxied": False}, headers=token, trust_env=False).raise_for_status()
    found = life.deploys("drift")
    assert "opened issue 1: Drift in sandbox: 1 resource" in found.text, found
    assert record["name"] in life.github.lists["issues"][0]["body"]
    mended = life.world.pulumi("up", "--refresh", "--yes", "--skip-preview")
    assert mended.code == 0, mended
    closed = life.deploys("drift")
    assert "closed issue 1" in closed.text, closed
