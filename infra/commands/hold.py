"""`gatehouse test`: prove what `tests` say, or show somebody for whom it is not so."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from infra.commands.hold_formats import FORMATS
from infra.holds.outcomes import outcomes
from infra.load import find_project, load_project
from infra.terminal import wants_color


def test(start: Path, stacks: Sequence[str], today: date, form: str, *, require_tests: bool) -> int:
    """Print what became of each test. The exit code is 2 if one does not hold, or if an app has none and must."""
    project = load_project(find_project(start), stacks, today)
    found = outcomes(project.estates, today)
    print(FORMATS[form](found, require_tests, wants_color(sys.stdout)), end="")
    return 2 if found.bad or (require_tests and found.untested) else 0
