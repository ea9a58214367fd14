"""Patterns of LIKE."""

from __future__ import annotations

import re


def like_pattern(text: str) -> str:
    """The regular expression that a LIKE means: `%` any text, `_` one character, `\\` before one taken literally."""
    out, escaped = [], False
    for character in text:
        if character == "\\" and not escaped:
            escaped = True
            continue
        wild = {"%": ".*", "_": "."}.get(character) if not escaped else None
        out.append(wild or re.escape(character))
        escaped = False
    return "".join(out)
