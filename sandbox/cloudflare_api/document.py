"""JSON documents as the REST API carries them, and typed ways to look into them."""

from __future__ import annotations

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
