"""JSON documents as the REST API carries them, and typed ways to look into them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Json = dict[str, Any]


def documents(value: object) -> tuple[Json, ...]:
    """The objects of a JSON list; anything else in it, or no list at all, is left out."""
    return tuple(one for one in value if isinstance(one, dict)) if isinstance(value, list) else ()


def texts(value: object) -> tuple[str, ...]:
    """The strings of a JSON list; anything else in it, or no list at all, is left out."""
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def section(document: Json, key: str) -> Json:
    """The object under `key`, empty when there is none."""
    value = document.get(key)
    return value if isinstance(value, dict) else {}


def visible(document: Json) -> Json:
    """The document without what the API keeps to itself (keys that start with an underscore)."""
    return {key: value for key, value in document.items() if not key.startswith("_")}


def _all(value: object, *types: type) -> bool:
    return isinstance(value, list) and all(isinstance(one, types) for one in value)


# What a field may hold, by the word that a refusal uses for it.
KINDS: dict[str, Callable[[object], bool]] = {
    "a text": lambda value: isinstance(value, str),
    "a flag": lambda value: isinstance(value, bool),
    "a number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "an object": lambda value: isinstance(value, dict),
    "a list of texts": lambda value: _all(value, str),
    "a list of objects": lambda value: _all(value, dict),
    "a list of texts or objects": lambda value: _all(value, str, dict),
}


def misfit(document: Json, fields: Mapping[str, str]) -> str | None:
    """The first field that holds something of another kind than `fields` says, in words."""
    for key, kind in fields.items():
        if document.get(key) is not None and not KINDS[kind](document[key]):
            return f"{key} must be {kind}"
    return None
