"""Checks of an app's own files: that they are Python, and fit the Snowflake runtime if they are deployed to one.

Each file is read once, however many stacks and apps there are. Problems are shown in the app's file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from infra.checks.app_files.configuration import check_configuration
from infra.checks.app_files.dependencies import check_dependencies
from infra.checks.app_files.folder import AppCode, Folder, SnowflakeApp
from infra.checks.app_files.imports import check_imports
from infra.checks.app_files.layout import check_files, check_main_file
from infra.checks.app_files.packages import check_packages
from infra.checks.app_files.plain_secrets import check_credentials, hide_in_broken
from infra.checks.app_files.python_source import IN_SNOWFLAKE
from infra.checks.app_files.runtime import check_runtime
from infra.checks.app_files.secret_use import check_secret_use
from infra.checks.app_files.secrets_file import check_secrets_file
from infra.checks.app_files.syntax import check_syntax
from infra.checks.scope import Scope
from infra.in_snowflake import MAIN_FILE

_RULES: tuple[Callable[[SnowflakeApp], None], ...] = (
    check_files,
    check_main_file,
    check_syntax,
    check_configuration,
    check_secrets_file,
    check_credentials,
    check_dependencies,
    check_imports,
    check_packages,
    check_runtime,
    check_secret_use,
)
_BEHIND_THE_TUNNEL: tuple[Callable[[AppCode], None], ...] = (check_syntax, check_imports)


def check_app_files(scopes: Sequence[Scope]) -> None:
    """Ensure that what lies in an app's folder runs, and runs safely, where the app is deployed.

    The stacks have apps.yaml in common, and with it the apps. Files that Snowflake fetches from Git are not here.
    """
    root = scopes[0].root if scopes else None
    if root is None:
        return
    scope, beside = scopes[0], _beside(root)
    folders: dict[tuple[str, bool], Folder] = {}
    for name, app in scope.file.apps.items():
        snowflake, source = app.snowflake, app.source
        if source is None or (snowflake and snowflake.git is not None) or not (root / source).is_dir():
            continue
        kind = (str(source), snowflake is not None)
        if kind not in folders:
            folders[kind] = Folder(root, beside, source, scope.problems, IN_SNOWFLAKE if snowflake else None)
        if snowflake is not None:
            main_file = str(snowflake.main_file or MAIN_FILE)
            for rule in _RULES:
                rule(SnowflakeApp(name, source, main_file, folders[kind], scope.problems, snowflake))
        else:
            hide_in_broken(folders[kind])
            for shared in _BEHIND_THE_TUNNEL:
                shared(AppCode(name, source, MAIN_FILE, folders[kind], scope.problems))


def _beside(root: Path) -> frozenset[str]:
    return frozenset(path.name.removesuffix(".py") for path in root.iterdir()) if root.is_dir() else frozenset()
