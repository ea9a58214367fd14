"""A saved plan with what it was made for, so that an update does what was looked at, or nothing."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

from infra.workflows import WorkflowError

PLAN = "plan.json"
RECORD = "planned.json"


@dataclass(frozen=True)
class Planned:
    """What a plan is for: a stack, a commit, a day (UTC), and the plan's own hash."""

    stack: str
    commit: str
    day: str
    plan: str


def record(folder: Path, stack: str, commit: str, day: date) -> None:
    """Write down what the plan of a folder is for."""
    planned = Planned(stack, commit, day.isoformat(), _hash(folder))
    (folder / RECORD).write_text(json.dumps(asdict(planned)) + "\n", encoding="utf-8")


def require(folder: Path, stack: str, commit: str, newest: str, day: date) -> None:
    """Raises WorkflowError unless the plan is for this stack, this commit, this day, and nothing has moved since.

    `newest` is where the branch is now. The day counts because access ends with one.
    """
    try:
        planned = Planned(**json.loads((folder / RECORD).read_text(encoding="utf-8")))
        found = _hash(folder)
    except (OSError, TypeError, ValueError):
        raise WorkflowError(f"there is no plan in `{folder}`: preview first") from None
    if planned.plan != found:
        raise WorkflowError("the plan is not the one that was made")
    if planned.stack != stack:
        raise WorkflowError(f"the plan is for stack `{planned.stack}`, not for `{stack}`")
    if planned.commit != commit:
        raise WorkflowError(f"the plan is for commit {planned.commit[:12]}, and this is {commit[:12]}: preview again")
    if newest != commit:
        raise WorkflowError(f"the branch has moved on to {newest[:12]}: what comes of that is another plan")
    if planned.day != day.isoformat():
        raise WorkflowError(f"the plan is of {planned.day}, and it is {day}: access may have lapsed; preview again")


def _hash(folder: Path) -> str:
    return sha256((folder / PLAN).read_bytes()).hexdigest()
