"""The properties of a Streamlit object, as ALTER STREAMLIT sets them and unsets what is not said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from infra import names
from infra.estate import App, InSnowflake
from infra.sql import ObjectName, identifier, listed, literal, qualified

RUNTIMES = {"warehouse": "SYSTEM$WAREHOUSE_RUNTIME", "container": "SYSTEM$ST_CONTAINER_RUNTIME_PY3_11"}
# What may be said or not (docs.snowflake.com, ALTER STREAMLIT ... UNSET); the rest always is.
OPTIONAL = ("EXTERNAL_ACCESS_INTEGRATIONS", "SECRETS", "ARTIFACT_REPOSITORIES")


@dataclass(frozen=True)
class Properties:
    """What is set, each value in its form, in the order of the statement; and what is not."""

    present: Mapping[str, str]
    absent: tuple[str, ...]


def properties_of(app: App, home: InSnowflake, stack: str) -> Properties:
    """What an app's object shall be."""
    at = ObjectName(home.schema.database, home.schema.name, home.name)
    found = {
        "MAIN_FILE": literal(home.main_file),
        "RUNTIME_NAME": literal(RUNTIMES[home.runtime]),
        "COMPUTE_POOL": identifier(home.compute_pool) if home.compute_pool else "",
        "QUERY_WAREHOUSE": identifier(home.query_warehouse),
        "TITLE": literal(app.title),
        "COMMENT": literal(names.comment(stack)),
        "EXTERNAL_ACCESS_INTEGRATIONS": listed([home.integration]) if home.integration else "",
        "SECRETS": _secrets(home, at),
        "ARTIFACT_REPOSITORIES": f"({', '.join(map(qualified, home.artifact_repositories))})"
        if home.artifact_repositories
        else "",
    }
    present = {key: value for key, value in found.items() if value}
    absent = [key for key in OPTIONAL if key not in present]
    # An integration is not taken away under a secret that needs it.
    return Properties(present, tuple(sorted(absent, key=lambda key: key != "SECRETS")))


def _secrets(home: InSnowflake, at: ObjectName) -> str:
    pairs = [f"{literal(secret.alias)} = {at.beside(secret.name)}" for secret in home.attached]
    return f"({', '.join(pairs)})" if pairs else ""
