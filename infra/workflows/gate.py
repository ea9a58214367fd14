"""The gate: what the status of a pull request's newest commit says, and the comment that explains it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from infra.report.markdown import MARKER, escaped
from infra.workflows import StaleError, WorkflowError
from infra.workflows.approvals import Judgement, approvers, authors_of, comments_of, judge
from infra.workflows.github import BOT, GitHub
from infra.workflows.pull import Pull
from infra.workflows.verdict import Findings, Verdict, read

APPROVERS = Path(".github/access-approvers")
"""Read from the default branch, never from a pull request."""

CONTEXT = "gatehouse/access"
_MOST_COMMITS = 250  # GitHub lists no more of a pull request
_SHOWN = 5  # attempts that do not count


@dataclass(frozen=True)
class Outcome:
    """A commit status."""

    state: Literal["success", "failure", "error"]
    description: str


def outcome(verdict: Verdict, judgement: Judgement) -> Outcome:
    """What becomes of a verdict by what people said to it."""
    if verdict.code == 0:
        return Outcome("success", "nobody gains access, or as stated only")
    if verdict.code == 1:
        return Outcome("failure", "the files have errors, or cannot be merged")
    if verdict.code == 2:
        return Outcome("failure", "a test does not hold, or somebody gains what is not stated")
    if verdict.code not in (3, 4):
        return Outcome("error", "the diff ended unexpectedly")
    if judgement.approver:
        return Outcome("success", f"approved by {judgement.approver}: {judgement.reason}")
    what = "access is broadened" if verdict.code == 3 else "it is undecided whether access is broadened"
    return Outcome("failure", f"{what}: comment /approve-access {verdict.digest} and a reason")


def run(github: GitHub, event: Mapping[str, Any], pull: Pull, folder: Path, root: Path) -> Outcome:
    """Look at everything anew, write the comment and the status, and return what they say. Raises StaleError."""
    try:
        found = read(folder, pull)
        comments = github.every(f"issues/{pull.number}/comments")
        judgement = _judgement(github, pull, comments, found.verdict, root)
        decided = outcome(found.verdict, judgement)
        _write_comment(github, pull, comments, found, judgement)
    except StaleError:
        raise
    except WorkflowError as error:
        decided = Outcome("error", str(error))
    server = str(event["repository"].get("html_url", ""))
    status = {"state": decided.state, "context": CONTEXT, "description": decided.description[:140]}
    github.post(f"statuses/{pull.head}", status | ({"target_url": f"{server}/pull/{pull.number}"} if server else {}))
    return decided


def _judgement(github: GitHub, pull: Pull, comments: list[Any], verdict: Verdict, root: Path) -> Judgement:
    if not verdict.digest:
        return Judgement()
    try:
        commits = github.every(f"pulls/{pull.number}/commits")
        if len(commits) >= _MOST_COMMITS:
            raise WorkflowError(f"it has {_MOST_COMMITS} commits or more, so not all authors are known: squash them")
        made = authors_of(pull.author, commits)
        listed = approvers((root / APPROVERS).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Judgement(refused=(f"nobody can approve: there is no {APPROVERS}",))
    except WorkflowError as error:
        return Judgement(refused=(f"nobody can approve: {error}",))
    return judge(comments_of(comments), verdict.digest, listed, made)


def _write_comment(github: GitHub, pull: Pull, comments: list[Any], found: Findings, judgement: Judgement) -> None:
    """One comment, edited in place. Nothing is written where nothing happens and nothing was said."""
    own = next((one for one in comments if _is_own(one)), None)
    text = found.report + _footer(found.verdict, judgement)
    if own is None and not found.verdict.quiet:
        github.post(f"issues/{pull.number}/comments", {"body": text})
    elif own is not None and own["body"] != text:
        github.patch(f"issues/comments/{int(own['id'])}", {"body": text})


def _is_own(comment: Mapping[str, Any]) -> bool:
    """Anybody can write the marker; only a workflow writes as one."""
    user = comment["user"] or {}
    return user.get("login") == BOT and user.get("type") == "Bot" and (comment["body"] or "").startswith(MARKER)


def _footer(verdict: Verdict, judgement: Judgement) -> str:
    # Cut, since a comment holds 65,536 characters and a report may have 60,000 of them.
    lines = []
    if judgement.approver:
        lines.append(f"✅ Approved by **{escaped(judgement.approver)}**: {escaped(judgement.reason[:200])}")
    lines += [f"Not counted: {escaped(one[:150])}" for one in judgement.refused[-_SHOWN:]]
    lines.append(f"<sub>{verdict.head[:12]} merged into {verdict.base[:12]}</sub>")
    return "\n\n---\n" + "\n\n".join(lines) + "\n"
