"""The deployed apps as text: one line each where that fits, else a block each; words are never broken."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

_HEADS = ("App", "URL", "Who may enter", "Now")
_STYLES = ("bold", "cyan", "", "dim")
_BETWEEN = "   "
_MARGIN = "  "


@dataclass(frozen=True)
class AppRow:
    """What a person wants to know of one app."""

    title: str
    url: str
    who: str
    status: str

    @property
    def cells(self) -> tuple[str, str, str, str]:
        """In the order in which they are shown."""
        return (self.title, self.url, self.who, self.status)


def app_lines(rows: Sequence[AppRow], width: int | None) -> list[Text]:
    """The table of apps, or where it is too wide for the terminal the blocks; `None` is as wide as it takes."""
    widths = [max(map(cell_len, column)) for column in zip(_HEADS, *(row.cells for row in rows), strict=True)]
    if width is not None and len(_MARGIN) + sum(widths) + len(_BETWEEN) * (len(widths) - 1) > width:
        lines = [line for row in rows for line in _block(row, width)]
        return lines[:-1]
    head = _line(_HEADS, widths, ("bold",) * len(_HEADS))
    return [head, *(_line(row.cells, widths, _STYLES) for row in rows)]


def hang(head: Text, body: Text, width: int | None) -> list[Text]:
    """The body beside the head, and its further lines below its first; only whole words move to a new line."""
    if width is None:
        return [Text.assemble(head, body)]
    room = max(width - head.cell_len, 20)
    parts = [part for line in body.split("\n", allow_blank=True) for part in line.divide(_breaks(line.plain, room))]
    indent = Text(" " * head.cell_len)
    lines = [Text.assemble(indent if number else head, part) for number, part in enumerate(parts)] or [head]
    for line in lines:
        line.rstrip()
    return lines


def _breaks(text: str, room: int) -> list[int]:
    """Where a new line begins. Rich's own wrapping would break words, and with them addresses."""
    breaks, used = [], 0
    for word in re.finditer(r"\S+\s*", text):
        length = cell_len(word[0].rstrip())
        if used and used + length > room:
            breaks.append(word.start())
            used = 0
        used += cell_len(word[0])
    return breaks


def _block(row: AppRow, width: int) -> list[Text]:
    lines = [Text.assemble(_MARGIN, (row.title, "bold"))]
    for head, cell, style in zip(("URL", "Who", "Now"), row.cells[1:], _STYLES[1:], strict=True):
        lines += hang(Text.assemble((f"{_MARGIN * 2}{head}  ", "dim")), Text(cell, style), width)
    return [*lines, Text()]


def _line(cells: Sequence[str], widths: Sequence[int], styles: Sequence[str]) -> Text:
    line = Text(_MARGIN)
    for cell, width, style in zip(cells, widths, styles, strict=True):
        line.append(cell, style).append(" " * (width - cell_len(cell)) + _BETWEEN)
    line.rstrip()
    return line
