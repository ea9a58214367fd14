"""TOML with places: `tomllib` reads the values, and says nothing about where they stand, so keys are found here.

The text has been accepted by `tomllib` when its keys are looked for, so this only has to find the ends of things.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field

from infra.checks.app_files.text_file import TextFile
from infra.problems import Problems, Span

Path = tuple[str | int, ...]

MAX_CHARACTERS = 64 * 1024  # `tomllib` takes four times as long for a key of twice as many parts

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_STRING = re.compile(r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\])*"|\'[^\']*\'', re.DOTALL)
_KEY = re.compile(rf"[ \t]*(?:([A-Za-z0-9_-]+)|({_STRING.pattern}))[ \t]*(\.?)", re.DOTALL)
_OTHER = re.compile(r"[^,\]}#\r\n]+(?<![ \t])")
_POSITION = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)")
_WORDS = (
    (r"Illegal character '\\n'", "a text in quotes is not closed", "write the same quote at its end"),
    (r"Cannot declare \('(.+)',?\) twice", r"`[\1]` is written twice", "write everything of it below the first"),
    (r"Cannot overwrite a value", "this key is written twice", "remove or rename one of them"),
    (r"Invalid value", "this is not a value", "text stands in quotes"),
    (r"Expected '=' after a key in a key/value pair", "`=` is missing here", "a key is written `key = value`"),
)


@dataclass(frozen=True)
class Toml:
    """A TOML file: its values, where each key or table begins, and where each value stands.

    An entry of a list is found under its index.
    """

    values: dict[str, object]
    keys: dict[Path, Span] = field(default_factory=dict)
    texts: dict[Path, Span] = field(default_factory=dict)

    def leaves(self, *start: str) -> Iterator[tuple[Path, object]]:
        """Every value below a table that is neither a table nor a list, in the order of the file."""
        left: list[tuple[Path, object]] = [(start, self.at(*start))]
        while left:
            path, value = left.pop()
            if isinstance(value, dict):
                left += [((*path, key), below) for key, below in reversed(value.items())]
            elif isinstance(value, list):
                left += [((*path, number), below) for number, below in reversed(list(enumerate(value)))]
            elif value is not None:
                yield path, value

    def at(self, *path: str) -> object:
        """What stands there, or None."""
        found: object = self.values
        for key in path:
            found = found.get(key) if isinstance(found, dict) else None
        return found


def read_toml(file: TextFile, problems: Problems) -> Toml | None:
    """The file's values and places, or None with a problem recorded."""
    if len(file.text) > MAX_CHARACTERS:
        message = f"`{file.source.name}` has {len(file.text):,} characters, more than {MAX_CHARACTERS:,}"
        problems.add("too-large", message, file.whole)
        return None
    try:
        toml = Toml(tomllib.loads(file.text))
        _Places(file, toml).find()
    except tomllib.TOMLDecodeError as error:
        _report(file, str(error), problems)
        return None
    except RecursionError:
        problems.add("toml-syntax", "brackets are nested too deep", file.whole)
        return None
    return toml


def _report(file: TextFile, said: str, problems: Problems) -> None:
    match = _POSITION.fullmatch(said)
    said = match[1] if match else said
    line, column = (int(match[2]) - 1, int(match[3]) - 1) if match and match[2] else (len(file.source.lines) - 1, 0)
    while line > 0 and not file.source.lines[line].strip():
        line -= 1
        column = len(file.source.lines[line])
    advice: tuple[str, ...] = ()
    message = f"this is not TOML: {said[:1].lower()}{said[1:]}"
    for pattern, better, fix in _WORDS:
        if known := re.fullmatch(pattern, said):
            message, advice = known.expand(better).replace("', '", "."), (fix,)
    problems.add("toml-syntax", message, Span(file.source, line, column, line, column + 1), advice=advice)


@dataclass
class _Places:
    file: TextFile
    toml: Toml
    position: int = 0
    lists: dict[Path, int] = field(default_factory=dict)  # how many tables each `[[list]]` has so far

    def find(self) -> None:
        text = self.file.text
        table: Path = ()
        self.skip(_BLANK)
        while self.position < len(text):
            if text[self.position] == "[":
                table = self.header()
            else:
                self.entry(table)
            self.skip(_BLANK)

    def skip(self, pattern: re.Pattern[str]) -> None:
        if match := pattern.match(self.file.text, self.position):
            self.position = match.end()

    def header(self) -> Path:
        """`[table]` or `[[list]]`."""
        is_list = self.file.text.startswith("[[", self.position)
        self.position += 2 if is_list else 1
        start = self.position
        path = self.key(())
        self.toml.keys[path] = self.file.span(start, self.position)
        if is_list:
            self.lists[path] = self.lists.get(path, -1) + 1
            path = (*path, self.lists[path])
        self.position += 2 if is_list else 1
        return path

    def key(self, table: Path) -> Path:
        """A key with its dots, each part put down with its place."""
        more, path = ".", table
        while more and (match := _KEY.match(self.file.text, self.position)):
            bare, quoted, more = match.groups()
            number = 1 if bare else 2
            path = (*path, bare or next(iter(tomllib.loads(f"{quoted} = 0"))))
            self.toml.keys.setdefault(path, self.file.span(*match.span(number)))
            if path in self.lists:
                path = (*path, self.lists[path])
            self.position = match.end()
        return path[:-1] if isinstance(path[-1], int) else path

    def entry(self, table: Path) -> None:
        """`key = value`."""
        path = self.key(table)
        self.position += 1
        self.skip(_BLANK)
        self.value(path)

    def value(self, path: Path) -> None:
        start, first = self.position, self.file.text[self.position]
        if first in "[{":
            self.inside(path, first)
        else:
            self.skip(_STRING if first in "\"'" else _OTHER)
        self.toml.texts[path] = self.file.span(start, self.position)

    def inside(self, path: Path, bracket: str) -> None:
        """The entries of a list or of an inline table."""
        self.position += 1
        number = 0
        while True:
            self.skip(_BLANK)
            if self.file.text[self.position] in "]}":
                break
            if bracket == "[":
                self.value((*path, number))
            else:
                self.entry(path)
            number += 1
            self.skip(_BLANK)
            self.position += self.file.text[self.position] == ","
        self.position += 1
