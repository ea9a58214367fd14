"""Where files are: `@stage/path`, `@repository/branches/main/path` and `snow://streamlit/<name>/versions/live/path`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sandbox.snowflake_api import refusals
from sandbox.snowflake_api.call import Call
from sandbox.snowflake_api.names import dotted
from sandbox.snowflake_api.paths import safe
from sandbox.snowflake_api.things import GitRepository, Path, Stage, Streamlit, Thing

_PART = r'(?:"(?:[^"]|"")+"|[A-Za-z_][\w$]*)'
_NAME = rf"(?P<name>{_PART}(?:\.{_PART}){{0,2}})"
_STAGE = re.compile(rf"@{_NAME}(?:/(?P<path>.*))?", re.DOTALL)
_SNOW = re.compile(rf"snow://streamlit/{_NAME}(?:/(?P<path>.*))?", re.DOTALL | re.IGNORECASE)
_SINGLE = re.compile(_PART)
Holder = Thing[Stage] | Thing[Streamlit] | Thing[GitRepository]


@dataclass(frozen=True)
class Address:
    """The object that holds the files, and the path in it: `/` between parts, none at the beginning.

    A path that ends in `/` (or is empty) is a folder; any other is a file, or the beginning of names.
    """

    holder: Holder
    path: str

    @property
    def shown(self) -> str:
        """The address, for messages."""
        if isinstance(self.holder.body, Streamlit):
            return f"snow://streamlit/{dotted(self.holder.path)}/{self.path}"
        return f"@{dotted(self.holder.path)}/{self.path}"


def address(call: Call, text: str) -> Address:
    """The object and path that a text means. The object is one that the session reaches."""
    found = _STAGE.fullmatch(text)
    snow = _SNOW.fullmatch(text)
    if found is None and snow is None:
        raise refusals.syntax(f"'{text}' is neither the path of a named stage nor of a Streamlit app.")
    path = safe((found or snow)["path"] or "")  # type: ignore[index]  # one of the two matched
    if snow is not None:
        app = call.get(Streamlit, call.path(Streamlit, _parts(snow["name"])))
        return Address(app, path)
    parts = _parts(found["name"]) if found is not None else ()
    full = call.path(Stage, parts)
    if call.catalogue.find(GitRepository, full) is not None:
        return Address(call.get(GitRepository, full), path)
    return Address(call.get(Stage, full), path)


def _parts(name: str) -> Path:
    return tuple(one[1:-1].replace('""', '"') if one.startswith('"') else one.upper() for one in _SINGLE.findall(name))
