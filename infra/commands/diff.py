"""`gatehouse diff`: who gains and who loses by a change, and whether somebody has approved of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from infra.diff.estates import Diff, diff
from infra.diff.intents import intents
from infra.holds.outcomes import outcomes
from infra.load import Project, find_project, load_both
from infra.problems import ConfigError, Problem, count
from infra.report.markdown import markdown
from infra.report.text import text
from infra.revisions import WORK_TREE, checked_out, merge_base
from infra.terminal import wants_color

OK, NOT_HELD, NOT_APPROVED, UNDECIDED = 0, 2, 3, 4


@dataclass(frozen=True)
class Approval:
    """Somebody's word that what is gained may be gained. It is void for anything else than what it names."""

    digest: str
    reason: str


def compare(
    start: Path, base: str | None, head: str | None, stacks: Sequence[str], today: date, stated: Sequence[str] | None
) -> Diff:
    """The diff of two revisions or folders. Raises ConfigError."""
    with ExitStack() as opened:
        if base is not None and Path(base).is_dir():
            root = Path(base)
            older = root
        else:
            root = find_project(start)
            base = base or merge_base(root)
            older = opened.enter_context(checked_out(root, base))
        newer = (
            Path(head) if head and Path(head).is_dir() else opened.enter_context(checked_out(root, head or WORK_TREE))
        )
        before, after = load_both(older, newer, f"{base}/" if Path(base).is_dir() else f"{base}:")
        _require_stacks(stacks, before, after)
        said = None
        if stated is not None:
            apps, who = _names(before, after)
            said = intents(stated, apps, who)
        found = diff(before, after, today, called=(base, head or "work tree"), stacks=stacks, stated=said)
        return replace(found, tests=outcomes(after.estates, today))


def _require_stacks(stacks: Sequence[str], *projects: Project) -> None:
    known = {name for project in projects for name in project.estates}
    unknown = [
        Problem("unknown-stack", f"stack `{name}` has no file on either side") for name in stacks if name not in known
    ]
    if unknown:
        raise ConfigError(unknown)


def _names(*projects: Project) -> tuple[set[str], set[str]]:
    estates = [estate for project in projects for estate in project.estates.values()]
    apps = {app.name for estate in estates for app in estate.apps}
    departments = {department.name for estate in estates for department in estate.departments}
    return apps, departments | {machine.name for estate in estates for machine in estate.machines}


def show(found: Diff, form: str, source_url: str) -> None:
    """Print a diff. Each form is imported where it is wanted: most runs print one."""
    # At once: what the gate says on standard error comes below it, also where both go to one place.
    print(_written(found, form, source_url), end="", flush=True)


def _written(found: Diff, form: str, source_url: str) -> str:
    match form:
        case "markdown":
            return markdown(found, source_url=source_url)
        case "json":
            from infra.report.document import document

            return json.dumps(document(found), indent=2, ensure_ascii=False) + "\n"
        case "github":
            from infra.report.annotations import workflow_commands

            return workflow_commands(found)
        case "sarif":
            from infra.report.sarif import sarif

            return sarif(found)
        case "junit":
            from infra.report.junit import junit

            return junit(found)
        case "html":
            from infra.report.page import page

            return page(found, source_url=source_url)
        case _:
            return text(found, color=wants_color(sys.stdout))


def gate(found: Diff, approval: Approval | None) -> int:
    """The exit code, and on standard error why it is not 0."""
    code, said = _judged(found, approval)
    if said:
        print("", *said, sep="\n", file=sys.stderr)
    return code


def _judged(found: Diff, approval: Approval | None) -> tuple[int, list[str]]:
    said = []
    if found.failing:
        failing = count(found.failing, "test of apps.yaml does not hold", "tests of apps.yaml do not hold")
        said.append(f"{failing}: `gatehouse test` shows why")
    said += dict.fromkeys(f"not stated: `{change.app}` opens to {who}" for _, change, who in found.unstated)
    code = NOT_HELD if said else OK
    if not found.is_widening:
        return code, said
    if approval is not None and approval.digest == found.digest and approval.reason.strip():
        return code, [*said, f"approved: {found.digest}, because {approval.reason.strip()}"]
    if approval is not None and approval.digest != found.digest:
        said.append(f"the approval is void: it is for {approval.digest}, and this is {found.digest}")
    elif approval is not None:
        said.append("an approval says why: `--reason`")
    said.append(f"access is broadened; to approve of it: --approved {found.digest} --reason WHY")
    return code or (UNDECIDED if found.undecided else NOT_APPROVED), said
