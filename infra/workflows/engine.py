"""The Pulumi engine, as the workflows run it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.workflows import WorkflowError
from infra.workflows.plans import PLAN


@dataclass(frozen=True)
class Engine:
    """`command` starts it: `pulumi`, or `sandbox pulumi`."""

    command: tuple[str, ...]
    stack: str
    root: Path

    def preview(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._run("preview", "--save-plan", str((folder / PLAN).absolute()))

    def up(self, folder: Path) -> None:
        """Do what was planned; the engine refuses everything else."""
        self._require_settled()
        self._run("up", "--yes", "--skip-preview", "--plan", str((folder / PLAN).absolute()))

    def lapse(self) -> None:
        """Deploy once more what is deployed: what differs is the day."""
        self._require_settled()
        self._run("up", "--yes", "--skip-preview")

    def drift(self) -> tuple[str, ...]:
        """What is not as it was made: operation, type and name of each resource. Nothing is changed by asking."""
        return drifted(self._asked("refresh", "--preview-only", "--json"))

    def _require_settled(self) -> None:
        """After an interrupted update, things may be there that the engine would make a second time."""
        exported = json.loads(self._asked("stack", "export"))
        pending = exported["deployment"].get("pending_operations") or ()
        if pending:
            named = ", ".join(_named(one["resource"]["urn"]) for one in pending[:5])
            message = f"stack `{self.stack}` has creations of unknown outcome: {named}; see docs/operations.md"
            raise WorkflowError(message)

    def _asked(self, *words: str) -> str:
        """What the engine prints. It can hold inputs of resources, so only its complaints are ever shown."""
        line = [*self.command, *words, "--stack", self.stack, "--non-interactive"]
        done = subprocess.run(line, cwd=self.root, capture_output=True, text=True, check=False)
        if done.returncode:
            what = f"`{words[0]}` of stack `{self.stack}` ended with code {done.returncode}"
            raise WorkflowError(f"{what}:\n{done.stderr[-4000:]}")
        return done.stdout

    def _run(self, *arguments: str) -> None:
        line = [*self.command, arguments[0], "--stack", self.stack, "--non-interactive", *arguments[1:]]
        done = subprocess.run(line, cwd=self.root, check=False)
        if done.returncode:
            raise WorkflowError(f"`{arguments[0]}` of stack `{self.stack}` ended with code {done.returncode}")


def drifted(output: str) -> tuple[str, ...]:
    """The resources that a refresh would change, from what the engine prints as JSON, without their values."""
    try:
        answer: dict[str, Any] = json.loads(output[output.index("{") :])
        summary: dict[str, int] = answer["changeSummary"]
        steps = [(step["op"], step["urn"]) for step in answer.get("steps", ())]
    except (ValueError, KeyError, TypeError):
        raise WorkflowError("the engine printed no summary of the refresh") from None
    changed = sorted(f"{op} {_named(urn)}" for op, urn in steps if op not in _NOTHING)
    counted = sum(number for op, number in summary.items() if op not in _NOTHING)
    if counted and not changed:
        return (f"{counted} resources, which the engine does not name",)
    return tuple(changed)


_NOTHING = frozenset({"same", "read", "refresh"})


def _named(urn: str) -> str:
    """Type and name of a resource: `urn:pulumi:stack::project::parent$type::name`."""
    parts: Sequence[str] = urn.split("::", 3)
    return f"{parts[2].rsplit('$', 1)[-1]} {parts[3]}" if len(parts) == 4 else urn
