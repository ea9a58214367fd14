"""What a check looks at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from infra.estate import Estate
from infra.problems import Problems, Span
from infra.schema import AppsFile
from infra.schema.apps import App
from infra.stack import Stack


@dataclass(frozen=True)
class Scope:
    """apps.yaml as written, one stack, the estate of both, and where to report.

    `root` is the project's folder, or None where there is no file system to look at.
    """

    file: AppsFile
    stack: Stack
    stacks: tuple[str, ...]
    estate: Estate
    problems: Problems
    root: Path | None = None

    def span_of(self, app: str) -> Span:
        """Where an app's name stands."""
        return self.file.apps.declared[app]

    def apps_here(self) -> dict[str, App]:
        """The apps of this stack as written."""
        name, only = self.stack.name, self.stack.has_apps
        return {key: app for key, app in self.file.apps.items() if only and (not app.only_in or name in app.only_in)}


Check = Callable[[Scope], None]
