"""Two versions of apps.yaml read together: an app that is written the same in both is decoded once.

Most of a large file is as it was, and reading it is most of the work of comparing it. Text is set aside only where
YAML's parser has found, in both files, that an entry of `apps` begins there and another one after it. What lies between
means the same in both then: no quote is open, and no anchor reaches out of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from infra.problems import Problems
from infra.records import Table
from infra.schema import FILE, AppsFile
from infra.schema.apps import App
from infra.shapes import Bad, Word
from infra.source import Mapping, parse

_SECTION = re.compile(r"apps: *")
_APP = re.compile(r"  ([a-z0-9-]+):( .*)?")


class _Block(NamedTuple):
    """The lines of an app, from its key to the next one's."""

    name: str
    start: int
    lines: tuple[str, ...]


def load_alike(text: str, name: str, other: AppsFile) -> AppsFile | None:
    """apps.yaml with the apps of `other` that it writes the same way; these have their place in `other`, in which
    nothing is wrong.

    None where nothing can be set aside, or where anything is wrong: reading all of it says what.
    """
    lines = text.split("\n")
    blocks = _blocks(lines)
    alike = _alike(blocks, other)
    if not alike:
        return None
    for block in alike.values():
        # A key without a value, and empty lines, so that everything else keeps its place.
        lines[block.start : block.start + len(block.lines)] = [f"  {block.name}:"] + [""] * (len(block.lines) - 1)
    problems = Problems()
    root = parse("\n".join(lines), name, problems)
    if problems.found or not isinstance(root, Mapping):
        return None
    apps = {key.text: value for key, value in root.entries}.get("apps")
    if not isinstance(apps, Mapping):
        return None
    found = tuple(Word.at(key.text, key.span) for key, _ in apps.entries)
    if not _begin_there(blocks, Table(declared=found)):
        return None
    read = apps._replace(entries=tuple(entry for entry in apps.entries if entry[0].text not in alike))
    entries = tuple((key, read if key.text == "apps" else value) for key, value in root.entries)
    file = FILE.decode(root._replace(entries=entries), problems)
    if problems.found or isinstance(file, Bad):
        return None
    both = {word: other.apps[word] if word in alike else file.apps[word] for word in map(str, found)}
    return replace(file, apps=Table(both, found))


def _alike(blocks: Sequence[_Block], other: AppsFile) -> dict[str, _Block]:
    """The apps that stand in `other` with the same lines."""
    lines = other.at.span.source.lines
    theirs = _blocks(lines)
    if not _begin_there(theirs, other.apps):
        return {}
    # Where the last one ends, no parser has said.
    known = {block.name: block.lines for block in theirs[:-1] if block.name in other.apps}
    return {
        block.name: block
        for block in blocks[:-1]
        if known.get(block.name) == block.lines and not any(set(line) & set("&*") for line in block.lines)
    }


def _begin_there(blocks: Sequence[_Block], apps: Table[App]) -> bool:
    """Whether the parser found the same apps in the same places."""
    found = [(name, span.line, span.column) for name, span in apps.declared.items()]
    return found == [(block.name, block.start, 2) for block in blocks]


def _blocks(lines: Sequence[str]) -> tuple[_Block, ...]:
    """What looks like the entries of `apps`, where these are written in the usual way."""
    sections = [number for number, line in enumerate(lines) if _SECTION.fullmatch(line)]
    if len(sections) != 1 or any("\r" in line for line in lines):
        return ()
    first = sections[0] + 1
    end = next((number for number in range(first, len(lines)) if lines[number][:1] not in ("", " ", "#")), len(lines))
    starts = [(found[1], number) for number in range(first, end) if (found := _APP.fullmatch(lines[number]))]
    if not starts or any(lines[first : starts[0][1]]):
        return ()
    ends = [number for _, number in starts[1:]] + [end]
    return tuple(
        _Block(name, start, tuple(lines[start:stop])) for (name, start), stop in zip(starts, ends, strict=True)
    )
