"""Image references as Docker writes them: `name`, `name:tag`, `host/name:tag`, an id or the beginning of one."""

from __future__ import annotations

import re

from sandbox.docker_engine.refusals import RefusalError

_REFERENCE = re.compile(
    r"(?:[a-zA-Z0-9.-]+(?::[0-9]+)?/)?[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*"
    r"(?::[\w][\w.-]{0,127})?"
)


def familiar(text: str) -> str:
    """A reference in the form that Docker shows: with a tag, without the folder of Docker's own images."""
    if "@" in text:
        # A digest names what a registry holds; there is none, so such a name never matches a local tag.
        return text
    if not _REFERENCE.fullmatch(text):
        raise RefusalError(400, "invalid reference format")
    short = text.removeprefix("library/")
    return short if ":" in short.rpartition("/")[2] else f"{short}:latest"


def is_id(text: str) -> bool:
    """Whether the text can be an image's id or the beginning of one."""
    return re.fullmatch("(sha256:)?[0-9a-f]{4,64}", text) is not None
