"""The workflow files: what they may do, what they run, and that a linter for their security finds nothing."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.workflows.__main__ import parser
from infra.workflows.approvals import approvers
from infra.workflows.gate import APPROVERS

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ZIZMOR = shutil.which("zizmor", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")

RIGHTS = {
    "access-gate diff": {"contents": "read", "pull-requests": "read"},
    "access-gate gate": {"contents": "read", "pull-requests": "write", "statuses": "write"},
    "check check": {"contents": "read"},
    "policy-diff diff": {"contents": "read"},
    "expiry lapse": {"contents": "read", "deployments": "read"},
    "drift drift": {"contents": "read", "issues": "write"},
    **{
        f"deploy {what}-{stack}": {"contents": "read"}
        for what in ("plan", "up")
        for stack in ("account", "dev", "staging", "prod")
    },
}


def read(path: Path) -> dict[Any, Any]:
    found: dict[Any, Any] = yaml.safe_load(path.read_text("utf-8"))
    return found


JOBS = [(path.stem, name, job) for path in FILES for name, job in read(path)["jobs"].items()]
STEPS = [(f"{file} {name}: {step['name']}", job, step) for file, name, job in JOBS for step in job["steps"]]
RUNS = [
    pytest.param(line, id=name)
    for name, _, step in STEPS
    for line in re.findall(r"-m infra\.workflows (.*)", step.get("run", ""))
]


def test_every_job_has_the_rights_that_it_needs_and_no_other() -> None:
    assert {f"{file} {name}": job["permissions"] for file, name, job in JOBS} == RIGHTS
    assert [path.name for path in FILES if read(path)["permissions"] != {}] == []


def test_actions_are_named_by_their_commit() -> None:
    used = {step["uses"] for _, _, step in STEPS if "uses" in step}
    assert {name for name in used if not re.fullmatch(r"[a-z]+/[a-z-]+@[0-9a-f]{40}", name)} == set()
    for path in FILES:
        for line in re.findall(r"^ +uses: (.*)", path.read_text("utf-8"), re.MULTILINE):
            assert re.fullmatch(r"\S+ # v\d+\.\d+\.\d+", line), f"{path.name}: the version of {line}"
    versions = {line for path in FILES for line in re.findall(r"^ +uses: (.*)", path.read_text("utf-8"), re.MULTILINE)}
    assert len(versions) == len(used)


def test_no_step_leaves_a_token_or_takes_text_into_a_script() -> None:
    for name, _, step in STEPS:
        if step.get("uses", "").startswith("actions/checkout"):
            assert step["with"]["persist-credentials"] is False, name
        assert "${{" not in step.get("run", ""), name


def test_secrets_are_for_environments_only() -> None:
    for name, job, step in STEPS:
        assert "secrets." not in json.dumps(step) or job["environment"], name


def test_what_a_pull_request_starts_has_no_secret_and_checks_out_no_head() -> None:
    for name in ("policy-diff", "access-gate", "check"):
        text = (ROOT / ".github" / "workflows" / f"{name}.yml").read_text("utf-8")
        assert "secrets." not in text
        assert "pull_request_target" not in text
    for name, _, step in STEPS:
        if name.startswith(("policy-diff", "access-gate")) and "checkout" in step.get("uses", ""):
            assert "head" not in str(step["with"].get("ref", "")), name


@pytest.mark.parametrize("line", RUNS)
def test_every_step_is_a_command_that_there_is(line: str) -> None:
    words = shlex.split(os.path.expandvars(line).replace("$", ""))
    assert parser().parse_args(words).command == words[0]


def test_every_command_is_a_step() -> None:
    used = {str(run.values[0]).split()[0] for run in RUNS}
    assert used == {"diff", "gate", "preview", "up", "lapse", "deployed", "drift"}


def test_each_stack_waits_for_the_one_before() -> None:
    jobs = read(ROOT / ".github" / "workflows" / "deploy.yml")["jobs"]
    assert {name: job.get("needs") for name, job in jobs.items()} == {
        "plan-account": None,
        "up-account": "plan-account",
        "plan-dev": "up-account",
        "up-dev": "plan-dev",
        "plan-staging": "up-dev",
        "up-staging": "plan-staging",
        "plan-prod": "up-staging",
        "up-prod": "plan-prod",
    }
    for name, job in jobs.items():
        what, stack = name.split("-", 1)
        assert job["environment"] == (stack if what == "up" else f"{stack}-unattended")
        assert job["concurrency"]["group"] == name


def test_the_engine_is_the_one_that_the_lock_knows() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    locked = re.search(r"^pulumi==(\S+)", lock, re.MULTILINE)
    assert locked
    versions = {step["with"]["pulumi-version"] for _, _, step in STEPS if "pulumi/actions" in step.get("uses", "")}
    assert versions == {locked[1]}


def test_the_approvers_are_a_list_of_logins() -> None:
    approvers((ROOT / APPROVERS).read_text("utf-8"))


def test_what_the_offline_commands_need_is_taken_from_the_lock() -> None:
    """Whole entries: a package without its hashes would not be installed."""
    script = (ROOT / ".ci" / "offline").read_text("utf-8")
    program = re.search(r"^awk '(.*)' requirements\.lock", script, re.MULTILINE)
    assert program
    taken = subprocess.run(
        ["awk", program[1], "requirements.lock"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    assert re.findall(r"^(\S+)==", taken, re.MULTILINE) == ["packaging", "pyyaml"]
    assert taken.count("--hash=sha256:") > 10


def test_zizmor_finds_nothing() -> None:
    if ZIZMOR is None:
        pytest.skip("NO ZIZMOR on this machine: the workflows' security was not looked at")
    done = subprocess.run(
        [ZIZMOR, "--offline", "--no-progress", "--color=never", str(ROOT / ".github")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "No findings to report" in done.stdout
