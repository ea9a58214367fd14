"""What a person sees: steps with their times, live only where a terminal can show it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.cells import cell_len
from rich.console import Console
from rich.status import Status
from rich.text import Text

from sandbox.layout import AppRow, app_lines, hang

Say = Callable[[str], None]


class Screen:
    """One column of step names, one of what became of them."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False, soft_wrap=True)

    @property
    def width(self) -> int | None:
        """How wide a line may be; what is not a terminal takes every line as it is."""
        return self.console.width if self.console.is_terminal else None

    def text(self, text: str = "") -> None:
        """A line of its own, from the left."""
        self._print(hang(Text(), Text.from_markup(text), self.width))

    def line(self, name: str, text: str, seconds: float | None = None) -> None:
        """One finished line; `seconds` only where they are worth reading."""
        took = f"  [dim]{seconds:.1f} s[/]" if seconds is not None and seconds >= 0.1 else ""
        self._print(hang(Text.assemble((f"  {name:<16}", "bold")), Text.from_markup(text + took), self.width))

    @contextmanager
    def step(self, name: str) -> Iterator[_Step]:
        """A step that takes time: a spinner with seconds on a terminal, one line at the end everywhere."""
        step = _Step(self, name)
        with step.live():
            yield step
        self.line(name, step.outcome, step.seconds)

    def apps(self, rows: Sequence[AppRow]) -> None:
        """Every app with its address, who may enter, and what it is now."""
        self._print([Text(), *app_lines(rows, self.width)])

    def columns(self, rows: Sequence[tuple[str, ...]]) -> None:
        """A list: aligned for eyes, with tabs for programs."""
        widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            if self.width is None:
                self.console.print("\t".join(row), markup=False)
            else:
                padded = (cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True))
                self.console.print(f"  {'  '.join(padded)}".rstrip(), markup=False)

    def _print(self, lines: Sequence[Text]) -> None:
        for line in lines:
            self.console.print(line)


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
