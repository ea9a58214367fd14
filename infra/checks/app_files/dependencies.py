"""Rules about files that name an app's packages: the runtime reads the one that it finds, and no other."""

from __future__ import annotations

from infra.checks.app_files.container_packages import check_project, check_requirements
from infra.checks.app_files.folder import SnowflakeApp
from infra.checks.app_files.warehouse_packages import ENVIRONMENT, check_environment
from infra.problems import Related, Span

REQUIREMENTS = "requirements.txt"
PROJECT = "pyproject.toml"
LOCK = "uv.lock"


def check_dependencies(app: SnowflakeApp) -> None:
    """Ensure that every file with packages is read by the runtime of the app, and says what the runtime can do."""
    if app.is_container:
        _check_container(app)
        return
    if ENVIRONMENT in app.folder.texts:
        check_environment(app, app.folder.texts[ENVIRONMENT])
    for path in (REQUIREMENTS, PROJECT, LOCK, "environment.yaml"):
        if path in app.folder.places and _names_packages(app, path):
            advice = f"name the packages in `{ENVIRONMENT}`, as Snowflake's channel calls them"
            _refuse(app, path, f"`{path}` is not read in a warehouse app", advice, *app.because)


def _check_container(app: SnowflakeApp) -> None:
    """One file is read: the first from the main file up to the root (docs.snowflake.com, "Manage dependencies")."""
    folders = _upwards(app.main_file)
    found = [f"{folder}{name}" for folder in folders for name in (REQUIREMENTS, PROJECT)]
    found = [path for path in found if path in app.folder.places]
    for path in (path for path in found[1:] if _names_packages(app, path)):
        message = f"`{path}` is not read, since `{found[0]}` is found first"
        _refuse(app, path, message, "keep one of the two")
    for folder in folders:
        path = f"{folder}{LOCK}"
        if path in app.folder.places and found[:1] != [f"{folder}{PROJECT}"]:
            message = f"`{path}` is not read without the `{PROJECT}` that it belongs to"
            advice = f"remove it, or put `{PROJECT}` beside it" if not found else f"remove it, or `{found[0]}`"
            _refuse(app, path, message, advice)
        for name in (ENVIRONMENT, "environment.yaml"):
            if f"{folder}{name}" in app.folder.places:
                message = f"`{folder}{name}` is not read in a container app"
                advice = f"name the packages in `{PROJECT}`, as PyPI calls them, and run `uv lock`"
                _refuse(app, f"{folder}{name}", message, advice, *app.because)
    if found and found[0] in app.folder.texts:
        if found[0].endswith(PROJECT):
            lock = app.folder.texts.get(f"{found[0].removesuffix(PROJECT)}{LOCK}")
            check_project(app, found[0], lock)
        else:
            check_requirements(app, app.folder.texts[found[0]])


def _upwards(main_file: str) -> list[str]:
    """The folder of the main file and those above it, each with a `/` behind it unless it is the root."""
    folders = [main_file[: main_file.rfind("/") + 1]]
    while folders[-1]:
        above = folders[-1].rstrip("/")
        folders.append(above[: above.rfind("/") + 1])
    return folders


def _names_packages(app: SnowflakeApp, path: str) -> bool:
    """Whether a file is for packages: a `pyproject.toml` without `[project]` only configures tools."""
    toml = app.folder.toml(path) if path.endswith(PROJECT) else None
    return toml is None or "project" in toml.values


def _place(app: SnowflakeApp, path: str) -> Span:
    return app.folder.texts[path].whole if path in app.folder.texts else app.source.span


def _refuse(app: SnowflakeApp, path: str, message: str, advice: str, *related: Related) -> None:
    app.problems.add("unread-file", message, _place(app, path), related=related, advice=(advice,))
