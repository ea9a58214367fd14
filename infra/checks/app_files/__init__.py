"""Checks of an app's own files against the Snowflake runtime that it is deployed to.

Each file is read once, however many stacks and apps there are. Problems are shown in the app's file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from infra.checks.app_files.configuration import check_configuration
from infra.checks.app_files.dependencies import check_dependencies
from infra.checks.app_files.folder import Folder, SnowflakeApp
from infra.checks.app_files.imports import check_imports
from infra.checks.app_files.layout import check_files, check_main_file
from infra.checks.app_files.plain_secrets import check_credentials
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
    check_runtime,
    check_secret_use,
)


def check_app_files(scopes: Sequence[Scope]) -> None:
    """Ensure that what lies in an app's folder runs, and runs safely, where the app is deployed.

    The stacks have apps.yaml in common, and with it the apps. Files that Snowflake fetches from Git are not here.
    """
    root = scopes[0].root if scopes else None
    if root is None:
        return
    scope = scopes[0]
    beside: frozenset[str] | None = None
    folders: dict[str, Folder] = {}
    for name, app in scope.file.apps.items():
        snowflake, source = app.snowflake, app.source
        if snowflake is None or source is None or snowflake.git is not None or not (root / source).is_dir():
            continue
        if beside is None:
            beside = frozenset(path.name.removesuffix(".py") for path in root.iterdir())
        if source not in folders:
            folders[source] = Folder(root, beside, source, scope.problems)
        main_file = str(snowflake.main_file or MAIN_FILE)
        for rule in _RULES:
            rule(SnowflakeApp(name, snowflake, source, main_file, folders[source], scope.problems))
