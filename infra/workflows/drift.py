"""One issue for each stack that is not as it was made: opened, kept up to date, closed when it is clean again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from infra.problems import count
from infra.report.markdown import escaped
from infra.workflows.github import BOT, GitHub

_SHOWN = 200


def marker(stack: str) -> str:
    return f"<!-- gatehouse:drift:{stack} -->"


def tell(github: GitHub, stack: str, changed: Sequence[str], run: str) -> str:
    """Say it in the issue, and return what was done. `run` is where the log is."""
    found = _issue(github, stack)
    if not changed:
        if found is None:
            return f"stack `{stack}` is as it was made"
        number = int(found["number"])
        github.post(f"issues/{number}/comments", {"body": f"`{stack}` is as it was made again: {run}"})
        github.patch(f"issues/{number}", {"state": "closed", "state_reason": "completed"})
        return f"closed issue {number}: stack `{stack}` is as it was made"
    title = f"Drift in {stack}: {count(len(changed), 'resource')}"
    body = _body(stack, changed, run)
    if found is None:
        opened = github.post("issues", {"title": title, "body": body})
        return f"opened issue {int(opened['number'])}: {title}"
    if (found["title"], found["body"]) != (title, body):
        github.patch(f"issues/{int(found['number'])}", {"title": title, "body": body})
    return f"issue {int(found['number'])} says it: {title}"


def _issue(github: GitHub, stack: str) -> Any:
    for one in github.every("issues", state="open", creator=BOT):
        mine = (one["user"] or {}).get("login") == BOT
        if mine and "pull_request" not in one and (one["body"] or "").startswith(marker(stack)):
            return one
    return None


def _body(stack: str, changed: Sequence[str], run: str) -> str:
    lines = [f"- {escaped(one[:300])}" for one in changed[:_SHOWN]]
    if len(changed) > _SHOWN:
        lines.append(f"- and {len(changed) - _SHOWN} more")
    return "\n".join(
        (
            marker(stack),
            f"Somebody or something has changed what stack `{stack}` made. Found by {run}",
            "",
            *lines,
            "",
            f"`pulumi preview --refresh --diff --stack {stack}` shows what the next update does to it.",
            "",
        )
    )
