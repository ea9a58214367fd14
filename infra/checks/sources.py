"""Rules about the code of an app."""

from __future__ import annotations

from infra.checks.scope import Scope


def check_sources(scope: Scope) -> None:
    """Ensure that an app's folder exists and holds the file that is run."""
    for app in scope.file.apps.values() if scope.root else ():
        if app.source is None or scope.root is None:
            continue
        main = (app.snowflake.main_file if app.snowflake else None) or "streamlit_app.py"
        if not (scope.root / app.source).is_dir():
            scope.problems.add("missing-source", f"there is no folder `{app.source}`", app.source.span)
        elif not (scope.root / app.source / main).is_file():
            advice = ("Streamlit starts this file",)
            scope.problems.add("missing-source", f"`{app.source}` has no `{main}`", app.source.span, advice=advice)
