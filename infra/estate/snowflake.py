"""The Snowflake side of a stack: its account and schema, what it owns there, and the apps' homes.

All names are physical and in capitals: the provider quotes every identifier, so a name has exactly this spelling.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from infra.estate.people import Department
from infra.problems import Span
from infra.schema.words import SecretType

Delivery = Literal["object", "function"]
Runtime = Literal["warehouse", "container"]


@dataclass(frozen=True)
class SnowflakeSchema:
    """The schema that belongs to a stack alone."""

    database: str
    name: str


@dataclass(frozen=True)
class Warehouse:
    """A warehouse of the stack's own. `key` is its name in the stack file; it sleeps after `auto_suspend` seconds."""

    key: str
    name: str
    size: str
    auto_suspend: int


@dataclass(frozen=True)
class ComputePool:
    """A compute pool of the stack's own. `key` is as a warehouse's; nodes without an app sleep after `auto_suspend`."""

    key: str
    name: str
    instance_family: str
    min_nodes: int
    max_nodes: int
    auto_suspend: int


@dataclass(frozen=True)
class SnowflakeAccount:
    """The account of a stack. `schema` is None where the stack has no apps in it.

    `viewers` are the departments that some app of apps.yaml admits in Snowflake, whatever stack it is in.
    """

    organization: str
    name: str
    role: str
    schema: SnowflakeSchema | None
    creates_roles: bool
    viewers: tuple[Department, ...]
    warehouses: tuple[Warehouse, ...]
    compute_pools: tuple[ComputePool, ...]
    git_api_integration: str | None
    git_credentials: str | None


@dataclass(frozen=True)
class SecretObject:
    """A secret of one app. `alias` is what the app calls it, `name` the object in the schema."""

    alias: str
    name: str
    type: SecretType
    deliver: Delivery
    integration: str | None
    scopes: tuple[str, ...]
    rotated_outside: bool
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True)
class GitSource:
    """Where Snowflake fetches files from; `reference` is `commits/<id>` or `tags/<tag>`."""

    repository: str
    reference: str


@dataclass(frozen=True)
class InSnowflake:
    """A Streamlit object, called `name` in the stack's schema.

    `owner_role` is the role with whose rights it runs. `integration` is its external access integration, None for an
    app that calls nothing outside.
    """

    account: SnowflakeAccount
    schema: SnowflakeSchema
    name: str
    owner_role: str
    source: str
    git: GitSource | None
    runtime: Runtime
    query_warehouse: str
    compute_pool: str | None
    main_file: str
    artifact_repositories: tuple[str, ...]
    external_hosts: tuple[str, ...]
    integration: str | None
    secrets: tuple[SecretObject, ...]

    @property
    def url(self) -> str:
        """Where people open it in Snowsight."""
        place = f"{self.account.organization}/{self.account.name}".lower()
        path = f"{self.schema.database}.{self.schema.name}.{self.name}"
        return f"https://app.snowflake.com/{place}/#/streamlit-apps/{path}"

    @property
    def attached(self) -> tuple[SecretObject, ...]:
        """The secrets that are attached to the STREAMLIT object itself."""
        return tuple(secret for secret in self.secrets if secret.deliver == "object")

    @property
    def read_by_function(self) -> tuple[SecretObject, ...]:
        """The secrets that secret UDFs read."""
        return tuple(secret for secret in self.secrets if secret.deliver == "function")
