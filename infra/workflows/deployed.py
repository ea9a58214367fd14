"""Which commit an environment has, as GitHub remembers it."""

from __future__ import annotations

from pathlib import Path

from infra.workflows import WorkflowError
from infra.workflows.github import GitHub
from infra.workflows.proposal import git

_WAS_THERE = frozenset({"success", "inactive"})  # a newer success makes an older one inactive


def deployed(github: GitHub, environment: str, root: Path, branch: str) -> str:
    """The commit that was deployed last, empty where none was.

    Whoever may write to the repository can tell GitHub of a deployment, so it must be a commit of the branch.
    """
    for one in github.every("deployments", environment=environment):
        statuses = github.every(f"deployments/{int(one['id'])}/statuses")
        if any(status["state"] in _WAS_THERE for status in statuses):
            commit = str(one["sha"])
            try:
                git(root, "merge-base", "--is-ancestor", commit, f"refs/remotes/origin/{branch}")
            except WorkflowError:
                raise WorkflowError(f"`{environment}` is said to have {commit}, which is not in `{branch}`") from None
            return commit
    return ""
