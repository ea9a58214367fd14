"""What a person sees: steps with their times, live only where a terminal can show it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.status import Status
from rich.table import Table

Say = Callable[[str], None]
_WIDE = 120


class Screen:
    """One column of step names, one of what became of them."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 160)

    def line(self, name: str, text: str, seconds: float | None = None) -> None:
        """One finished line; `seconds` only where they are worth reading."""
        took = f"  [dim]{seconds:.1f} s[/]" if seconds is not None and seconds >= 0.1 else ""
        self.console.print(f"  [bold]{name:<16}[/]{text}{took}")

    @contextmanager
    def step(self, name: str) -> Iterator[_Step]:
        """A step that takes time: a spinner with seconds on a terminal, one line at the end everywhere."""
        step = _Step(self, name)
        with step.live():
            yield step
        self.line(name, step.outcome, step.seconds)

    def apps(self, rows: list[tuple[str, str, str, str]]) -> None:
        """The table of apps: name, address, who may enter, where it is; one below the other where it is narrow."""
        self.console.print()
        if self.console.width < _WIDE:
            for app, url, who, where in rows:
                self.console.print(
                    f"  [bold]{escape(app)}[/]  {escape(url)}\n    {escape(who)}\n    [dim]{escape(where)}[/]"
                )
            return
        table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
        table.add_column("App", no_wrap=True)
        table.add_column("URL", no_wrap=True)
        table.add_column("Who may enter", overflow="fold")
        table.add_column("Where", overflow="fold")
        for row in rows:
            table.add_row(*(escape(cell) for cell in row))
        self.console.print(table)


class _Step:
    def __init__(self, screen: Screen, name: str) -> None:
        self._screen = screen
        self._name = name
        self._started = time.monotonic()
        self._doing = ""
        self._status: Status | None = None
        self.outcome = "ready"

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._started

    def say(self, doing: str) -> None:
        """What is going on now; a line of its own where nothing can be redrawn."""
        self._doing = doing
        if self._status is None and not self._screen.console.is_terminal:
            self._screen.line(self._name, f"{doing} …")

    def show(self, doing: str) -> None:
        """What is going on now, for terminals only."""
        self._doing = doing

    @contextmanager
    def live(self) -> Iterator[None]:
        console = self._screen.console
        if not console.is_terminal:
            yield
            return
        with console.status("") as status:
            self._status = status
            # The spinner asks for its text whenever it is drawn, so the seconds count themselves.
            status.renderable.text = _Ticking(self)
            yield


class _Ticking:
    def __init__(self, step: _Step) -> None:
        self._step = step

    def __rich__(self) -> str:
        step = self._step
        return f"[bold]{step._name:<16}[/]{step._doing or 'working'}  [dim]{step.seconds:.0f} s[/]"
