"""A text file of an app, and where a stretch of it stands."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

from infra.problems import Source, Span

_LINE_END = re.compile("\r\n|\r|\n")
_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", re.MULTILINE)


@dataclass(frozen=True, eq=False)
class TextFile:
    """One file; `path` is below the app's folder, `source` what messages show of it."""

    path: str
    text: str
    source: Source

    @staticmethod
    def of(path: str, name: str, text: str) -> TextFile:
        """`name` is what messages call it. Lines end as those of Python and of TOML do."""
        return TextFile(path, text, Source(name, _LINE_END.split(text)))

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(end.end() for end in _LINE_END.finditer(self.text))]

    def span(self, start: int, end: int) -> Span:
        """The place of a stretch of the text."""
        line, last = bisect_right(self._starts, start) - 1, bisect_right(self._starts, end) - 1
        return Span(self.source, line, start - self._starts[line], last, end - self._starts[last])

    @property
    def whole(self) -> Span:
        """The file as such: messages name it and show no line of it."""
        return Span(Source(self.source.name, []), 0, 0, 0, 0)


def decoded(content: bytes, *, is_python: bool) -> str | None:
    """The text of a file, or None where it has another encoding than it should. Python may name one (PEP 263)."""
    encoding = "utf-8-sig"
    if is_python and (cookie := _COOKIE.search(b"\n".join(content.split(b"\n", 2)[:2]))):
        encoding = cookie[1].decode("ascii")
    try:
        return content.decode(encoding)
    except (UnicodeError, LookupError):
        return None
