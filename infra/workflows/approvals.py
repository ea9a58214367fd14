"""Whose word counts for a pull request that lets more people in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from infra.workflows import WorkflowError

_COMMAND = re.compile(r"/approve-access(?:[ \t]+(?P<digest>\S+))?(?:[ \t]+(?P<reason>.*))?")
_LOGIN = re.compile(r"[a-z0-9](?:-?[a-z0-9]){0,38}")


@dataclass(frozen=True)
class Comment:
    """A comment below a pull request. `edited` means that it is not what its author once wrote."""

    author: str
    text: str
    edited: bool
    by_person: bool = True


@dataclass(frozen=True)
class Judgement:
    """Who approved and why, empty where nobody has; and of each attempt that does not count, why not."""

    approver: str = ""
    reason: str = ""
    refused: tuple[str, ...] = ()


def judge(comments: Iterable[Comment], digest: str, approvers: frozenset[str], authors: Mapping[str, str]) -> Judgement:
    """`authors` maps who may not approve to why: they made the change."""
    refused: list[str] = []
    for comment in comments:
        # The first line only: whoever quotes a command, or shows one as an example, gives none.
        first = comment.text.split("\n", 1)[0].strip()
        match = _COMMAND.fullmatch(first)
        if match is None:
            continue
        why_not = _why_not(comment, match["digest"] or "", (match["reason"] or "").strip(), digest, approvers, authors)
        if not why_not:
            return Judgement(comment.author, (match["reason"] or "").strip(), tuple(refused))
        refused.append(f"{comment.author}: {why_not}")
    return Judgement(refused=tuple(refused))


def _why_not(
    comment: Comment, named: str, reason: str, digest: str, approvers: frozenset[str], authors: Mapping[str, str]
) -> str:
    login = comment.author.lower()
    if not comment.by_person or login not in approvers:
        return "is not among the approvers"
    if login in authors:
        return authors[login]
    if comment.edited:
        return "the comment was edited; write a new one"
    if named != digest:
        return "the digest is not that of what is gained now"
    if not reason:
        return "gives no reason"
    return ""


def approvers(text: str) -> frozenset[str]:
    """The logins of the file of approvers, one a line. Raises WorkflowError."""
    found = set()
    for number, line in enumerate(text.splitlines(), 1):
        login = line.split("#", 1)[0].strip().removeprefix("@").lower()
        if login and not _LOGIN.fullmatch(login):
            raise WorkflowError(f"line {number} of the approvers is no login: `{login}`")
        found |= {login} - {""}
    return frozenset(found)


def comments_of(answer: Iterable[Mapping[str, Any]]) -> tuple[Comment, ...]:
    """The comments of a pull request as GitHub lists them, oldest first."""
    return tuple(
        Comment(
            one["user"]["login"],
            one["body"] or "",
            edited=one["created_at"] != one["updated_at"],
            by_person=one["user"]["type"] == "User",
        )
        for one in answer
        if one["user"]
    )


def authors_of(author: str, commits: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Who may not approve: who opened the pull request, and who wrote or committed any of its commits.

    Raises WorkflowError for a commit of somebody whom GitHub does not know: it could be anybody, the approver too.
    """
    found: dict[str, str] = {}
    for commit in commits:
        people = (commit["author"], commit["committer"])
        if not all(people):
            message = f"GitHub does not know who wrote commit {commit['sha'][:12]}: add their address to an account"
            raise WorkflowError(message)
        found |= {who["login"].lower(): f"wrote commit {commit['sha'][:12]}" for who in people}
    return found | {author.lower(): "opened the pull request"}
