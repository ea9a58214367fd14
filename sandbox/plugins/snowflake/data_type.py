"""Data types of what functions return, as far as functions over secrets return them.

Spelled and compared as in pkg/sdk/datatypes of terraform-provider-snowflake: a text without a length has the default.
"""

from __future__ import annotations

import re

_TEXT = ("NVARCHAR2", "NVARCHAR", "VARCHAR", "STRING", "TEXT")
_PLAIN = ("ARRAY", "BOOLEAN", "DATE", "FLOAT", "OBJECT", "VARIANT")
_DEFAULT_LENGTH = 16777216


def spelled(value: str) -> str:
    """The type with its length; raises ValueError for one that is not known here."""
    word, length = _split(value)
    return f"{word}({length or _DEFAULT_LENGTH})" if word in _TEXT else word


def kind(value: str) -> tuple[str, int]:
    """What is compared of a type: all words for text mean the same."""
    word, length = _split(value)
    return ("TEXT", int(length or _DEFAULT_LENGTH)) if word in _TEXT else (word, 0)


def seen(known: str, returned: str) -> str:
    """The type to store for a function that says it returns this; without a length it says nothing of the length."""
    answer = re.sub(r"\s+NOT NULL$", "", returned.strip().upper())
    try:
        word, length = _split(answer)
        is_same = kind(known) == kind(answer) if length or word not in _TEXT else kind(known)[0] == "TEXT"
    except ValueError:
        is_same = False
    return spelled(known) if is_same else answer


def _split(value: str) -> tuple[str, str]:
    found = re.fullmatch(r"\s*(\w+)\s*(?:\(\s*(\d+)\s*\))?\s*", value)
    word, length = (found[1].upper(), found[2] or "") if found else ("", "")
    if word not in _TEXT and (word not in _PLAIN or length):
        raise ValueError(value)
    return word, length
