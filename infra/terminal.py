"""Plain text for terminals: tables with honest widths, and colour only where it is wanted."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Sequence
from typing import TextIO


def wants_color(stream: TextIO) -> bool:
    """Whether to colour output (no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def bold(text: str, color: bool) -> str:
    return f"\x1b[1m{text}\x1b[0m" if color else text


def colored(text: str, code: str, color: bool) -> str:
    """Text in a colour, which never says anything that the text does not."""
    return f"\x1b[{code}m{text}\x1b[0m" if color else text


def width(text: str) -> int:
    """Columns that a text takes: East Asian wide characters take two."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def table(header: Sequence[str], rows: Sequence[Sequence[str]], *, color: bool = False) -> str:
    """Aligned columns under a header; the last column is not padded."""
    cells = [list(header), *(list(row) for row in rows)]
    widths = [max(width(row[column]) for row in cells) for column in range(len(header))]
    lines = ["  ".join(_pad(cell, widths[n]) for n, cell in enumerate(row)).rstrip() for row in cells]
    return "\n".join([bold(lines[0], color), *lines[1:]])


def _pad(text: str, columns: int) -> str:
    return text + " " * (columns - width(text))
