"""Several small files in one text file: `-- name --` starts each, as in Go's txtar."""

from __future__ import annotations

import re
from pathlib import Path

_HEADER = re.compile(r"^-- (?P<name>\S+)(?: \((?P<encoding>[\w-]+)\))? --\n", re.MULTILINE)
_MANY = re.compile(r"\{1\.\.(\d+)\}")


def split(text: str) -> dict[str, str]:
    """The parts by header (name and encoding as written); what comes before the first is the story, named ``."""
    starts = list(_HEADER.finditer(text))
    parts = {"": text[: starts[0].start()] if starts else text}
    for header, following in zip(starts, [*starts[1:], None], strict=True):
        parts[header[0].strip()[3:-3]] = text[header.end() : following.start() if following else None]
    return parts


def write(folder: Path, header: str, text: str) -> None:
    """Write one part as a file. A line with `{1..900}` stands for 900 lines; `name (latin-1)` is in that encoding."""
    name, _, encoding = header.partition(" ")
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(expanded(text).encode(encoding.strip("()") or "utf-8"))


def expanded(text: str) -> str:
    lines: list[str] = []
    for line in text.splitlines(keepends=True):
        many = _MANY.search(line)
        lines += [_MANY.sub(str(n), line) for n in range(1, int(many[1]) + 1)] if many else [line]
    return "".join(lines)
