"""Who holds which privilege in Snowflake. Every grant of a stack is worked out here, and made by the schema's owner.

An app runs with the rights of the role that created its object, so each owning department has a role of its own for
that; a department's viewers get the object and the way to it, nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from infra import names
from infra.estate import App, Department, Estate, InSnowflake, SnowflakeSchema
from infra.secret_functions import secret_functions
from infra.sql import ObjectName, identifier

Kind = Literal[
    "DATABASE",
    "WAREHOUSE",
    "COMPUTE POOL",
    "INTEGRATION",
    "SCHEMA",
    "STREAMLIT",
    "SECRET",
    "FUNCTION",
    "GIT REPOSITORY",
]
ON_ACCOUNT = frozenset({"DATABASE", "WAREHOUSE", "COMPUTE POOL", "INTEGRATION"})


@dataclass(frozen=True)
class Target:
    """An object on which something is granted. `name` is as SQL has it, with quotes where the SDK wants them."""

    kind: Kind
    name: str


@dataclass(frozen=True)
class Grant:
    """Privileges of a role on an object; `to_viewers` if a department's, which the account's stacks share."""

    role: str
    privileges: tuple[str, ...]
    target: Target
    to_viewers: bool = False

    @property
    def logical_name(self) -> str:
        """`FINANCE: STREAMLIT APPS.PUBLIC.LEDGER`."""
        return f"{self.role}: {self.target.kind} {self.target.name.replace(chr(34), '')}"


def object_name(home: InSnowflake, name: str) -> ObjectName:
    """An object in the app's schema."""
    return ObjectName(home.schema.database, home.schema.name, name)


def admitted(app: App, today: date) -> tuple[Department, ...]:
    """The departments that may see an app in Snowflake today, each once."""
    entries = [entry for entry in app.access if entry.decision == "allow" and entry.holds_on(today)]
    return tuple(dict.fromkeys(department for entry in entries for department in entry.departments))


def owner_grants(home: InSnowflake) -> Iterable[Grant]:
    """What the role needs with whose rights an app runs: where it is, what runs it, what it calls."""
    role = home.owner_role
    yield Grant(role, ("USAGE",), Target("DATABASE", home.schema.database))
    yield Grant(role, ("CREATE STAGE", "CREATE STREAMLIT", "USAGE"), schema_target(home.schema))
    yield Grant(role, ("USAGE",), Target("WAREHOUSE", home.query_warehouse))
    if home.compute_pool:
        yield Grant(role, ("USAGE",), Target("COMPUTE POOL", home.compute_pool))
    if home.integration:
        yield Grant(role, ("USAGE",), Target("INTEGRATION", home.integration))
    if home.git:
        yield Grant(role, ("READ",), Target("GIT REPOSITORY", str(object_name(home, names.git_repository(home.name)))))
    for secret in home.attached:
        yield Grant(role, ("READ", "USAGE"), Target("SECRET", str(object_name(home, secret.name))))
    for secret in home.read_by_function:
        for function in secret_functions(secret):
            yield Grant(role, ("USAGE",), Target("FUNCTION", f"{object_name(home, function.name)}()"))


def viewer_grants(estate: Estate, today: date) -> tuple[Grant, ...]:
    """What lets departments in: the object, and the way to it through database and schema."""
    return tuple(dict.fromkeys(grant for app, home in estate.in_snowflake for grant in _viewers(app, home, today)))


def _viewers(app: App, home: InSnowflake, today: date) -> Iterable[Grant]:
    for department in admitted(app, today):
        role = department.snowflake_role
        yield Grant(role, ("USAGE",), Target("DATABASE", home.schema.database), to_viewers=True)
        yield Grant(role, ("USAGE",), schema_target(home.schema), to_viewers=True)
        yield Grant(role, ("USAGE",), Target("STREAMLIT", str(object_name(home, home.name))), to_viewers=True)


def schema_target(schema: SnowflakeSchema) -> Target:
    """The schema of a stack's apps."""
    return Target("SCHEMA", f"{identifier(schema.database)}.{identifier(schema.name)}")
