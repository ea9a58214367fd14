"""`gatehouse report`: who may enter what, for those who review access."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from infra.audit.forms import document, page, spreadsheet
from infra.audit.review import Review, compared, review
from infra.load import Project, find_project, load_texts
from infra.problems import ConfigError, Problem
from infra.revisions import WORK_TREE, checked_out, describe, last_changes

FORMS = {"csv": spreadsheet, "json": document, "html": page}


def report(start: Path, revision: str, since: str | None, stacks: Sequence[str], today: date | None, form: str) -> int:
    """Print a review, or what changed since an older revision."""
    root = find_project(start)
    found, project = _looked_at(root, revision, stacks, today)
    if since is not None:
        older, before = _looked_at(root, since, stacks, today)
        people = [set(one.roster.people) if one.roster else set() for one in (project, before)]
        found = compared(found, older, tuple(sorted(people[1] - people[0])))
    print(FORMS[form](found), end="")
    return 0


def _looked_at(root: Path, revision: str, stacks: Sequence[str], today: date | None) -> tuple[Review, Project]:
    """The day is that of the commit: what was in force then."""
    day, called = today or datetime.now(UTC).date(), "work tree"
    if revision != WORK_TREE:
        commit = describe(root, revision)
        day, called = today or date.fromisoformat(commit.date), f"{commit.id[:10]} {commit.date} {commit.subject}"
    with checked_out(root, revision) as folder:
        project = load_texts(folder)
    if unknown := [name for name in stacks if name not in project.estates]:
        raise ConfigError([Problem("unknown-stack", f"stack `{name}` has no file") for name in unknown])
    if stacks:
        chosen = {name: estate for name, estate in project.estates.items() if name in stacks}
        project = Project(chosen, project.roster, ())
    return review(project, last_changes(root, revision), called, day), project
