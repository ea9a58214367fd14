"""`gatehouse report`: who may enter what, for those who review access."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from infra.audit.compared import compared
from infra.audit.forms import document, spreadsheet
from infra.audit.page import page
from infra.audit.review import Review, review
from infra.blame import last_changes
from infra.load import Project, find_project, load_texts
from infra.problems import ConfigError, Problem, did_you_mean
from infra.revisions import WORK_TREE, checked_out, describe, work_tree
from infra.stack import FOLDER

FORMS = {"csv": spreadsheet, "json": document, "html": page}


def report(start: Path, revision: str, since: str | None, stacks: Sequence[str], today: date | None, form: str) -> int:
    """Print a review, or what changed since an older revision."""
    root = find_project(start)
    if since == WORK_TREE:
        wanted = "name the revision of the last review: a branch, a tag or a commit"
        raise ConfigError([Problem("unknown-revision", "`--since` names nothing", advice=(wanted,))])
    found, project = _looked_at(root, revision, stacks, today)
    # The older revision need not have the stack.
    if unknown := [name for name in stacks if name not in project.estates]:
        advice = did_you_mean(unknown[0], project.estates)
        message = f"stack `{unknown[0]}` has no file in `{FOLDER}/`"
        raise ConfigError([Problem("unknown-stack", message, advice=advice)])
    if since is not None:
        older, before = _looked_at(root, since, stacks, today)
        found = compared(found, older, project, before)
    # A file of these forms is UTF-8 with its own line ends, whatever the terminal's are.
    sys.stdout.flush()
    sys.stdout.buffer.write(FORMS[form](found).encode())
    return 0


def _looked_at(root: Path, revision: str, stacks: Sequence[str], today: date | None) -> tuple[Review, Project]:
    """The day is that of the commit: what was in force then."""
    if revision == WORK_TREE:
        day, called = today or datetime.now(UTC).date(), work_tree(root)
    else:
        commit = describe(root, revision)
        day, called = today or date.fromisoformat(commit.date), str(commit)
        revision = commit.id  # a branch may move meanwhile
    with checked_out(root, revision) as folder:
        project = load_texts(folder)
    return review(project, stacks, last_changes(root, revision), called, day), project
