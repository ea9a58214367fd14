"""`gatehouse test`: prove what `tests` say, or show somebody for whom it is not so."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from infra.commands.hold_formats import FORMATS
from infra.holds.outcomes import Outcomes, outcomes
from infra.load import Project, find_project, load_file, load_project
from infra.problems import Problems
from infra.terminal import wants_color


def test(
    start: Path, stacks: Sequence[str], today: date, form: str, *, require_tests: bool = False, strength: bool = False
) -> int:
    """Print what became of each test, or how strong they are.

    The exit code is 2 if a test does not hold, or if an app has none and must.
    """
    root = find_project(start)
    project = load_project(root, stacks, today)
    found = outcomes(project.estates, today)
    color = wants_color(sys.stdout)
    if strength:
        print(_strength(root, project, found, form, color), end="")
    else:
        print(FORMATS[form](found, require_tests, color), end="")
    return 2 if found.bad or (require_tests and found.untested) else 0


def _strength(root: Path, project: Project, found: Outcomes, form: str, color: bool) -> str:
    from infra.commands.strength import FORMATS as STRENGTH_FORMATS
    from infra.commands.strength import Report
    from infra.holds.strength import strength

    file = load_file(root, Problems())
    assert file is not None  # noqa: S101 - it has been read a moment ago
    return STRENGTH_FORMATS[form](Report(found, strength(project.estates, file, found.today)), color)
