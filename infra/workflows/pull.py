"""The pull request that an event is about."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.workflows import WorkflowError
from infra.workflows.github import GitHub

_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Pull:
    """An open pull request into the default branch. `head` is its newest commit."""

    number: int
    base: str
    head: str
    author: str
    body: str

    @property
    def stated(self) -> tuple[str, ...] | None:
        """What its description says that somebody gains: the lines `gains: …`; None where there is none."""
        lines = (line.strip() for line in self.body.splitlines())
        return tuple(line.removeprefix("gains:").strip() for line in lines if line.startswith("gains:")) or None


def pull_of(event: Mapping[str, Any], github: GitHub) -> Pull | None:
    """The pull request to look at; None where there is none, or where it leads into another branch.

    A status belongs to a commit. So a pull request into another branch, where the same commit may open nothing, must
    not get one.
    """
    found = _found(event, github)
    if found is None or found["state"] != "open" or found["base"]["ref"] != event["repository"]["default_branch"]:
        return None
    if not _COMMIT.fullmatch(found["head"]["sha"]):
        raise WorkflowError("the newest commit of the pull request has no id")
    return Pull(
        int(found["number"]), found["base"]["ref"], found["head"]["sha"], _login(found["user"]), found["body"] or ""
    )


def _found(event: Mapping[str, Any], github: GitHub) -> Mapping[str, Any] | None:
    if "pull_request" in event:
        pull: Mapping[str, Any] = event["pull_request"]
        return pull
    if "issue" in event:
        return github.get(f"pulls/{int(event['issue']['number'])}") if "pull_request" in event["issue"] else None
    # A run names no pull request when it comes from a fork, so it is looked for by branch and commit.
    run = event["workflow_run"]
    owner = (run["head_repository"] or {}).get("owner", {}).get("login", "")
    wanted = github.every("pulls", state="open", head=f"{owner}:{run['head_branch']}") if owner else []
    into = event["repository"]["default_branch"]
    same = (one for one in wanted if one["head"]["sha"] == run["head_sha"] and one["base"]["ref"] == into)
    return next(same, None)


def _login(user: Mapping[str, Any] | None) -> str:
    return str(user["login"]) if user else "ghost"
