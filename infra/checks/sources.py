"""Rules about the code of an app."""

from __future__ import annotations

from pathlib import Path

from infra.checks.scope import Scope
from infra.problems import did_you_mean


def check_sources(scope: Scope) -> None:
    """Ensure that an app's folder exists and holds the file that is run."""
    for app in scope.file.apps.values() if scope.root else ():
        if app.source is None or scope.root is None or (app.snowflake and app.snowflake.git):
            continue
        main = (app.snowflake.main_file if app.snowflake else None) or "streamlit_app.py"
        if not (scope.root / app.source).is_dir():
            message = f"there is no folder `{app.source}`"
            advice = did_you_mean(app.source, _folders_beside(scope.root, app.source))[:1]
            scope.problems.add("missing-source", message, app.source.span, advice=advice)
        elif not (scope.root / app.source / main).is_file():
            advice = ("Streamlit starts this file",)
            scope.problems.add("missing-source", f"`{app.source}` has no `{main}`", app.source.span, advice=advice)


def _folders_beside(root: Path, source: str) -> list[str]:
    parent = (root / source).parent
    found = sorted(path for path in parent.iterdir() if path.is_dir()) if parent.is_dir() else []
    return [path.relative_to(root).as_posix() for path in found]
