"""What a lint looks at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from infra.checks.scope import Scope
from infra.estate import App, Entry


@dataclass(frozen=True)
class Lint:
    """A scope that has passed all checks, on a day."""

    scope: Scope
    today: date

    def entries(self) -> Iterable[tuple[App, Entry]]:
        return ((app, entry) for app in self.scope.estate.apps for entry in app.access)
