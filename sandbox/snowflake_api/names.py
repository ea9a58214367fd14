"""How names are shown, and which words the messages use for each kind of object."""

from __future__ import annotations

import re

from sandbox.snowflake_api.things import Body, Function, Path, Thing

_BARE = re.compile("[A-Z_][A-Z0-9_$]*")


def quoted(part: str) -> str:
    """An identifier as it has to be written to be read back."""
    return part if _BARE.fullmatch(part) else always_quoted(part)


def always_quoted(part: str) -> str:
    return '"' + part.replace('"', '""') + '"'


def dotted(path: Path) -> str:
    return ".".join(quoted(part) for part in path)


def always_dotted(path: Path) -> str:
    return ".".join(always_quoted(part) for part in path)


def full_name(thing: Thing[Body]) -> str:
    """As `SHOW GRANTS` names an object; functions with the types of their arguments and result."""
    if isinstance(thing.body, Function):
        signature = thing.path[-1].removeprefix(thing.name)
        return f"{dotted((*thing.schema, thing.name))}{signature}:{thing.body.returns}"
    return dotted(thing.path)


def label(kind: str) -> str:
    """`Network rule`: the kind at the beginning of a sentence."""
    return kind.capitalize()


def granted_on(kind: str) -> str:
    """`NETWORK_RULE`: the kind in a row of grants."""
    return kind.replace(" ", "_")
