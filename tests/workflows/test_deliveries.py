"""Plans that are void, what is deployed, and the issue about drift."""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path

import pytest

from infra.workflows import WorkflowError
from infra.workflows.deployed import deployed
from infra.workflows.drift import marker, tell
from infra.workflows.engine import Engine, drifted
from infra.workflows.plans import PLAN, RECORD, record, require
from tests.workflows.fake_github import FakeGitHub, person
from tests.workflows.repository import Repository, git

NOW, NEXT = "a" * 40, "b" * 40
TODAY, TOMORROW = date(2026, 11, 27), date(2026, 11, 28)


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    (tmp_path / PLAN).write_text("{}")
    record(tmp_path, "prod", NOW, TODAY)
    return tmp_path


def test_a_plan_is_good_for_what_it_was_made_for(plan: Path) -> None:
    require(plan, "prod", NOW, NOW, TODAY)


@pytest.mark.parametrize(
    ("stack", "commit", "newest", "day", "why"),
    [
        ("dev", NOW, NOW, TODAY, "the plan is for stack `prod`, not for `dev`"),
        ("prod", NEXT, NEXT, TODAY, "the plan is for commit aaaaaaaaaaaa, and this is bbbbbbbbbbbb"),
        ("prod", NOW, NEXT, TODAY, "the branch has moved on to bbbbbbbbbbbb"),
        ("prod", NOW, NOW, TOMORROW, "the plan is of 2026-11-27, and it is 2026-11-28: access may have lapsed"),
    ],
)
def test_a_plan_is_good_for_nothing_else(plan: Path, stack: str, commit: str, newest: str, day: date, why: str) -> None:
    with pytest.raises(WorkflowError, match=why):
        require(plan, stack, commit, newest, day)


def test_another_plan_in_its_place_is_refused(plan: Path) -> None:
    (plan / PLAN).write_text('{"resourcePlans": {}}')
    with pytest.raises(WorkflowError, match="not the one that was made"):
        require(plan, "prod", NOW, NOW, TODAY)


@pytest.mark.parametrize("file", [PLAN, RECORD])
def test_a_plan_that_is_not_there_is_asked_for(plan: Path, file: str) -> None:
    (plan / file).unlink()
    with pytest.raises(WorkflowError, match="preview first"):
        require(plan, "prod", NOW, NOW, TODAY)


# The engine

STAND_IN = """
import json, os, sys
print(*sys.argv[1:], file=open("asked", "a"))
if sys.argv[1] == os.environ.get("FAILS"):
    sys.exit("a complaint")
if sys.argv[1:3] == ["stack", "export"]:
    print(open("state.json").read())
"""


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """An engine that writes down what it is asked, of a stack in which nothing is open."""
    (tmp_path / "stand_in.py").write_text(STAND_IN)
    settle(tmp_path)
    return Engine((sys.executable, "stand_in.py"), "prod", tmp_path)


def settle(folder: Path, *pending: str) -> None:
    operations = [{"resource": {"urn": urn}, "type": "creating"} for urn in pending]
    (folder / "state.json").write_text(json.dumps({"deployment": {"pending_operations": operations}}))


def test_what_the_engine_is_asked(engine: Engine) -> None:
    plan = engine.root / "plan"
    engine.preview(plan)
    engine.up(plan)
    engine.lapse()
    always = "--stack prod --non-interactive"
    assert (engine.root / "asked").read_text().splitlines() == [
        f"preview {always} --save-plan {plan / PLAN}",
        f"stack export {always}",
        f"up {always} --yes --skip-preview --plan {plan / PLAN}",
        f"stack export {always}",
        f"up {always} --yes --skip-preview",
    ]


def test_creations_of_unknown_outcome_stop_an_update(engine: Engine) -> None:
    settle(engine.root, URN)
    for update in (engine.lapse, lambda: engine.up(engine.root)):
        with pytest.raises(WorkflowError, match=r"unknown outcome: cloudflare:index/dnsRecord:DnsRecord apps.example"):
            update()
    assert "up" not in (engine.root / "asked").read_text()


@pytest.mark.parametrize("fails", ["preview", "up", "stack", "refresh"])
def test_a_failure_of_the_engine_is_told(engine: Engine, fails: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAILS", fails)
    asks = {"preview": lambda: engine.preview(engine.root), "refresh": engine.drift}
    with pytest.raises(WorkflowError, match=f"`{fails}` of stack `prod` ended with code 1"):
        asks.get(fails, engine.lapse)()


# What is deployed


def known(fake: FakeGitHub, *deployments: tuple[str, str, tuple[str, ...]]) -> None:
    """Newest first, as GitHub lists them."""
    fake.lists["deployments"] = [
        {"id": number, "environment": environment, "sha": sha}
        for number, (environment, sha, _) in enumerate(deployments)
    ]
    for number, (_, _, states) in enumerate(deployments):
        fake.lists[f"deployments/{number}/statuses"] = [{"state": state} for state in states]


def test_the_newest_deployment_that_succeeded_counts(github: FakeGitHub, repository: Repository) -> None:
    commits = [repository.base, *(repository.push_to_main(f"{number}") for number in range(3))]
    git(repository.clone, "fetch", "--quiet", "origin")
    known(
        github,
        ("prod", commits[3], ("failure", "in_progress")),
        ("dev", commits[3], ("success",)),
        ("prod", commits[2], ("waiting",)),
        ("prod", commits[1], ("inactive", "success")),
        ("prod", commits[0], ("success",)),
    )
    assert deployed(github.client(), "prod", repository.clone, "main") == commits[1]
    assert deployed(github.client(), "staging", repository.clone, "main") == ""


def test_what_is_not_of_the_branch_is_not_deployed_again(github: FakeGitHub, repository: Repository) -> None:
    repository.branch()
    head = repository.propose(7)
    git(repository.clone, "fetch", "--quiet", "origin", "refs/pull/7/head")
    known(github, ("prod", head, ("success",)))
    with pytest.raises(WorkflowError, match="which is not in `main`"):
        deployed(github.client(), "prod", repository.clone, "main")


# Drift

URN = "urn:pulumi:prod::gatehouse::infra:dns:DnsRoute$cloudflare:index/dnsRecord:DnsRecord::apps.example.com"
NAMED = "update cloudflare:index/dnsRecord:DnsRecord apps.example.com"


def refresh(summary: dict[str, int], *steps: tuple[str, str]) -> str:
    listed = [{"op": op, "urn": urn, "newState": {"inputs": {"content": "a value"}}} for op, urn in steps]
    return "the sandbox has started\n" + json.dumps({"steps": listed, "changeSummary": summary})


@pytest.mark.parametrize(
    ("output", "found"),
    [
        (refresh({"same": 30}, ("same", URN)), ()),
        (refresh({"same": 29, "update": 1}, ("same", URN), ("update", URN)), (NAMED,)),
        (refresh({"delete": 1}, ("delete", URN)), (NAMED.replace("update", "delete"),)),
        (refresh({"update": 2}), ("2 resources, which the engine does not name",)),
        (refresh({"update": 1}, ("update", "odd")), ("update odd",)),
    ],
)
def test_drift_is_named_without_its_values(output: str, found: tuple[str, ...]) -> None:
    assert drifted(output) == found


@pytest.mark.parametrize("output", ["", "error: no stack", '{"steps": []}', "{"])
def test_an_answer_without_a_summary_is_not_taken_for_clean(output: str) -> None:
    with pytest.raises(WorkflowError, match="no summary"):
        drifted(output)


def test_one_issue_is_opened_kept_up_to_date_and_closed(github: FakeGitHub) -> None:
    client = github.client()
    assert tell(client, "prod", (), "run 1") == "stack `prod` is as it was made"
    assert tell(client, "prod", (NAMED,), "run 2") == "opened issue 1: Drift in prod: 1 resource"
    assert tell(client, "dev", (NAMED,), "run 2") == "opened issue 2: Drift in dev: 1 resource"
    tell(client, "prod", (NAMED, "delete x y"), "run 3")
    prod, dev = github.lists["issues"]
    assert (prod["title"], prod["state"]) == ("Drift in prod: 2 resources", "open")
    assert prod["body"].startswith(marker("prod"))
    assert "apps.example.com" in prod["body"]
    assert tell(client, "prod", (), "run 4") == "closed issue 1: stack `prod` is as it was made"
    assert (prod["state"], dev["state"]) == ("closed", "open")
    assert tell(client, "prod", (NAMED,), "run 5").startswith("opened issue 3")


def test_an_issue_that_somebody_else_wrote_is_left_alone(github: FakeGitHub) -> None:
    forged = {"number": 1, "state": "open", "user": person("mallory"), "body": marker("prod"), "title": "Drift"}
    github.lists["issues"] = [forged]
    assert tell(github.client(), "prod", (NAMED,), "run 1").startswith("opened issue 2")
    assert forged["title"] == "Drift"
