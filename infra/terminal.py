"""Plain text for terminals: tables with honest widths, and colour only where it is wanted."""

from __future__ import annotations

import os
import shutil
import unicodedata
from collections.abc import Iterator, Sequence
from typing import TextIO


def wants_color(stream: TextIO) -> bool:
    """Whether to colour output (no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def room(stream: TextIO) -> int | None:
    """How wide a line may be; what is not a terminal takes every line as it is."""
    return shutil.get_terminal_size().columns if stream.isatty() else None


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


def filled(text: str, columns: int | None) -> list[str]:
    """The text in lines that fit; only whole words move to a new one, so addresses can be copied."""
    if columns is None or width(text) <= columns:
        return [text]
    lines: list[str] = []
    for word in text.split(" "):
        if lines and width(lines[-1]) + 1 + width(word) <= columns:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def table(
    header: Sequence[str], rows: Sequence[Sequence[str]], *, color: bool = False, columns: int | None = None
) -> str:
    """Aligned columns under a header, the last one not padded; a block for each row where that is too wide."""
    cells = [list(header), *(list(row) for row in rows)]
    widths = [max(width(row[column]) for row in cells) for column in range(len(header))]
    if columns is not None and sum(widths) + 2 * (len(widths) - 1) > columns:
        return "\n\n".join("\n".join(_block(header, row, color, columns)) for row in rows)
    lines = ["  ".join(_pad(cell, widths[n]) for n, cell in enumerate(row)).rstrip() for row in cells]
    return "\n".join([bold(lines[0], color), *lines[1:]])


def _block(header: Sequence[str], row: Sequence[str], color: bool, columns: int) -> Iterator[str]:
    """A row as its first cell, and below it the others that say something, each after its heading."""
    yield bold(row[0], color)
    margin = 4 + max(map(width, header[1:]), default=0)
    for head, cell in zip(header[1:], row[1:], strict=True):
        for number, line in enumerate(filled(cell, max(columns - margin, 20)) if cell else ()):
            yield _pad("" if number else f"  {head}", margin) + line


def _pad(text: str, columns: int) -> str:
    return text + " " * (columns - width(text))
