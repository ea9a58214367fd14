"""Snowflake statements as text. What goes into one is an identifier, a literal or a path, and is quoted as such.

Nothing here holds a secret's value: values only travel in the resource types that mark them
(docs/decisions/2026-11-27-streamlit-by-statements.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

NOTHING = "SELECT 1"
"""A revert that is to leave things as they are: an old revert runs after the new statement."""


def identifier(name: str) -> str:
    """A name between double quotes, which keep its spelling."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text constant. Backslashes and line ends are escapes in Snowflake (docs.snowflake.com, "String constants")."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
    return f"'{escaped}'"


def listed(names: Iterable[str]) -> str:
    """Identifiers between brackets."""
    return f"({', '.join(map(identifier, names))})"


@dataclass(frozen=True)
class ObjectName:
    """The name of an object in a schema."""

    database: str
    schema: str
    name: str

    def __str__(self) -> str:
        return ".".join(map(identifier, (self.database, self.schema, self.name)))

    def beside(self, name: str) -> ObjectName:
        """Another object in the same schema."""
        return ObjectName(self.database, self.schema, name)


def qualified(name: str) -> str:
    """A dotted name, each part quoted."""
    return ".".join(map(identifier, name.split(".")))


def live(streamlit: ObjectName, path: str = "") -> str:
    """The place of the files that visitors see, as a literal. It ends in `/` without a path."""
    return literal(f"snow://streamlit/{streamlit.database}.{streamlit.schema}.{streamlit.name}/versions/live/{path}")


def staged(stage: ObjectName, path: str) -> str:
    """A place on a stage, as a literal; `path` begins at the stage's root."""
    return literal(f"@{stage}/{path}")


def create_streamlit(name: ObjectName) -> str:
    """The identity. The text is the same for the object's whole life, so that nothing ever replaces it: a new object
    has another URL and no grants. The runtime is written because its default has changed."""
    return f"CREATE STREAMLIT {name} MAIN_FILE = 'streamlit_app.py' RUNTIME_NAME = 'SYSTEM$WAREHOUSE_RUNTIME'"


def drop_streamlit(name: ObjectName) -> str:
    return f"DROP STREAMLIT IF EXISTS {name}"


def describe_streamlit(name: ObjectName) -> str:
    return f"DESCRIBE STREAMLIT {name}"


def add_live_version(name: ObjectName) -> str:
    return f"ALTER STREAMLIT {name} ADD LIVE VERSION FROM LAST"


def set_streamlit(name: ObjectName, properties: Mapping[str, str]) -> str:
    """Set properties, each already in its form."""
    return f"ALTER STREAMLIT {name} SET {' '.join(f'{key} = {value}' for key, value in properties.items())}"


def unset_streamlit(name: ObjectName, properties: Iterable[str]) -> str:
    return f"ALTER STREAMLIT {name} UNSET {', '.join(properties)}"


def put(file: str, stage: ObjectName, folder: str) -> str:
    """Upload one file of this machine into a folder of a stage."""
    return f"PUT {literal(f'file://{file}')} {staged(stage, folder)} AUTO_COMPRESS = FALSE OVERWRITE = TRUE"


def copy_files(streamlit: ObjectName, source: str) -> str:
    """Copy all files below `source`, a literal that ends in `/`, into the live version; their folders come along."""
    return f"COPY FILES INTO {live(streamlit)} FROM {source}"


def remove(place: str) -> str:
    """Remove everything whose name begins with a place, a literal."""
    return f"REMOVE {place}"


def remove_live(streamlit: ObjectName, path: str) -> str:
    """Remove one file from the live version, and none whose name goes on after the path.

    The pattern is held against all that LIST shows of a file, `/versions/live/model.json`. A place alone is only the
    beginning of names: it would take `model.json.gz` along.
    """
    escaped = re.sub(r"[][\\.^$*+?(){}|]", r"\\\g<0>", path)
    return f"{remove(live(streamlit, path))} PATTERN = {literal(f'(.*versions/live/)?{escaped}')}"


def fetch(repository: ObjectName) -> str:
    return f"ALTER GIT REPOSITORY {repository} FETCH"


def create_secret(name: ObjectName, parts: str, comment: str) -> str:
    """A secret without a value of its own; `parts` is what follows `TYPE =`."""
    return f"CREATE SECRET {name} TYPE = {parts} COMMENT = {literal(comment)}"


def drop_secret(name: ObjectName) -> str:
    return f"DROP SECRET IF EXISTS {name}"


def show_secret(name: ObjectName) -> str:
    place = f"{identifier(name.database)}.{identifier(name.schema)}"
    return f"SHOW SECRETS LIKE {literal(name.name)} IN SCHEMA {place}"
