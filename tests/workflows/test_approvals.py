"""Whose word counts, and what does not."""

from __future__ import annotations

from typing import Any

import pytest

from infra.workflows import WorkflowError
from infra.workflows.approvals import Comment, approvers, authors_of, comments_of, judge

DIGEST = "8a2c6e43f53d54e4332707c13fcad0a1"
OTHER = "0123456789abcdef0123456789abcdef"
LISTED = approvers("# the platform team\n@Rita\n\nann # on Mondays\n")
AUTHORS = authors_of("ann", [])
SAID = f"/approve-access {DIGEST} joint audit until March"

COUNTS = (
    Comment("rita", SAID, edited=False),
    Comment("RITA", SAID + "\nand a second line", edited=False),
    Comment("rita", f"  /approve-access   {DIGEST}\tjoint audit  ", edited=False),
    Comment("rita", SAID + "\r\nas in a mail", edited=False),
)

DOES_NOT = (
    (Comment("ann", SAID, edited=False), "opened the pull request"),
    (Comment("mallory", SAID, edited=False), "is not among the approvers"),
    (Comment("rita", SAID, edited=True), "the comment was edited; write a new one"),
    (Comment("rita", f"/approve-access {OTHER} audit", edited=False), "the digest is not that of what is gained now"),
    (
        Comment("rita", f"/approve-access {DIGEST[:31]} audit", edited=False),
        "the digest is not that of what is gained now",
    ),
    (
        Comment("rita", f"/approve-access `{DIGEST}` audit", edited=False),
        "the digest is not that of what is gained now",
    ),
    (Comment("rita", "/approve-access", edited=False), "the digest is not that of what is gained now"),
    (Comment("rita", f"/approve-access {DIGEST}", edited=False), "gives no reason"),
    (Comment("rita", f"/approve-access {DIGEST}   ", edited=False), "gives no reason"),
    (Comment("rita", SAID, edited=False, by_person=False), "is not among the approvers"),
)

NO_COMMAND = (
    f"> {SAID}",
    f"please comment\n{SAID}",
    f"```\n{SAID}\n```",
    f"/approve-accessories {DIGEST} why not",
    f"approve-access {DIGEST} why not",
    "looks good to me",
    "",
)


@pytest.mark.parametrize("comment", COUNTS, ids=lambda comment: repr(comment.text))
def test_an_approver_says_the_digest_and_why(comment: Comment) -> None:
    judged = judge([comment], DIGEST, LISTED, AUTHORS)
    assert (judged.approver, judged.refused) == (comment.author, ())
    assert judged.reason.startswith("joint audit")


@pytest.mark.parametrize(("comment", "why"), DOES_NOT, ids=[why for _, why in DOES_NOT])
def test_what_does_not_count_is_said(comment: Comment, why: str) -> None:
    judged = judge([comment], DIGEST, LISTED, AUTHORS)
    assert (judged.approver, judged.refused) == ("", (f"{comment.author}: {why}",))


@pytest.mark.parametrize("text", NO_COMMAND, ids=repr)
def test_other_words_are_no_command(text: str) -> None:
    assert judge([Comment("rita", text, edited=False)], DIGEST, LISTED, AUTHORS) == judge([], DIGEST, LISTED, AUTHORS)


def test_a_good_comment_counts_among_bad_ones() -> None:
    judged = judge([*(comment for comment, _ in DOES_NOT), *COUNTS], DIGEST, LISTED, AUTHORS)
    assert judged.approver == "rita"
    assert len(judged.refused) == len(DOES_NOT)


def commit(author: str | None, committer: str | None = "web-flow") -> dict[str, Any]:
    return {
        "sha": "4f2c1d" * 6 + "aaaa",
        "author": author and {"login": author},
        "committer": committer and {"login": committer},
    }


@pytest.mark.parametrize("made", [commit("Rita"), commit("bob", "rita")], ids=["wrote", "committed"])
def test_whoever_made_a_commit_does_not_approve_of_it(made: dict[str, Any]) -> None:
    judged = judge(COUNTS[:1], DIGEST, LISTED, authors_of("bob", [made]))
    assert judged.refused == ("rita: wrote commit 4f2c1d4f2c1d",)


@pytest.mark.parametrize("made", [commit(None), commit("bob", None)], ids=["wrote", "committed"])
def test_a_commit_of_nobody_known_could_be_the_approvers(made: dict[str, Any]) -> None:
    with pytest.raises(WorkflowError, match="does not know who wrote commit 4f2c1d4f2c1d"):
        authors_of("bob", [made])


@pytest.mark.parametrize("text", ["two words", "a@example.com", "-dash", "end-", "*"])
def test_the_list_of_approvers_holds_logins_only(text: str) -> None:
    with pytest.raises(WorkflowError, match="line 1 of the approvers is no login"):
        approvers(text)


def test_comments_are_read_as_github_lists_them() -> None:
    at = {"created_at": "2026-11-27T10:00:00Z", "updated_at": "2026-11-27T10:00:00Z"}
    later = at | {"updated_at": "2026-11-27T10:00:01Z"}
    rita, robot = {"login": "rita", "type": "User"}, {"login": "rita", "type": "Bot"}
    assert comments_of(
        [
            {"user": rita, "body": SAID, **at},
            {"user": rita, "body": None, **later},
            {"user": robot, "body": SAID, **at},
            {"user": None, "body": SAID, **at},
        ]
    ) == (
        Comment("rita", SAID, edited=False),
        Comment("rita", "", edited=True),
        Comment("rita", SAID, edited=False, by_person=False),
    )
