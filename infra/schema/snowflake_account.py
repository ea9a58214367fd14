"""`gatehouse:snowflake` and `gatehouse:secrets` of a stack file: the account, what the stack owns in it, and values."""

from __future__ import annotations

from dataclasses import dataclass

from infra.encrypted import Encrypted, is_encrypted
from infra.problems import Problems
from infra.records import MapOf, Record, Table, key
from infra.schema.words import IDENTIFIER, LOGIN, QUALIFIED
from infra.shapes import Bad, Flag, JsonSchema, OneOf, Place, Shape, Text, Whole, Word
from infra.source import Mapping, Node

ACCOUNT_NAME = Text("the name of a Snowflake account: letters, digits and `_`", r"[A-Za-z][A-Za-z0-9_]{0,254}", "PROD")
INSTANCE = Text("an instance family", r"(CPU|HIGHMEM|GPU)_[A-Z0-9_]+", "CPU_X64_XS")
SIZES = ("XSMALL", "SMALL", "MEDIUM", "LARGE", "XLARGE", "XXLARGE", "XXXLARGE")
EXPIRY = Text("a time in UTC", r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}", "2027-03-31 00:00:00")


@dataclass(frozen=True)
class WarehouseValues:
    """A warehouse that the stack owns."""

    at: Place
    size: Word | None = key(OneOf(SIZES), "Its size; `XSMALL` if left out.")
    auto_suspend: int = key(Whole(1, 86400), "Seconds without a query until it sleeps; 60 if left out.", default=60)


@dataclass(frozen=True)
class ComputePoolValues:
    """A compute pool that the stack owns. It wakes up by itself, which apps need."""

    at: Place
    instance_family: Word = key(INSTANCE, "What its nodes are.", required=True)
    min_nodes: int = key(Whole(1, 150), "How many nodes wait for apps; 1 if left out.", default=1)
    max_nodes: int = key(Whole(1, 150), "How many nodes there are at most: one app runs on each.", required=True)
    auto_suspend: int = key(Whole(1, 86400), "Seconds without an app until it sleeps; 3600 if left out.", default=3600)


@dataclass(frozen=True)
class SnowflakeValues:
    """The Snowflake account of a stack, and the schema that is the stack's alone."""

    at: Place
    organization: Word = key(ACCOUNT_NAME, "The organization's name.", required=True)
    account: Word = key(ACCOUNT_NAME, "The account's name.", required=True)
    database: Word | None = key(IDENTIFIER, "The database that holds the schema; it must exist.")
    schema: Word | None = key(IDENTIFIER, "The schema of the stack's apps, which Gatehouse creates and owns.")
    user: Word | None = key(LOGIN, "Who deploys; the environment variable SNOWFLAKE_USER if left out.")
    role: Word | None = key(IDENTIFIER, "The role that deploys; `GATEHOUSE` if left out.")
    private_key: bool | None = key(Encrypted(), "The private key of the user, in PEM form.")
    private_key_passphrase: bool | None = key(Encrypted(), "What the private key is encrypted with.")
    token: bool | None = key(Encrypted(), "A programmatic access token of the user.")
    password: bool | None = key(Encrypted(), "The password of the user.")
    create_roles: bool | None = key(
        Flag(), "Whether this stack creates the departments' roles; one stack of an account does, or a directory. "
        "If left out: with `self` or `only`.",
    )  # fmt: skip
    warehouses: Table[WarehouseValues] = key(
        MapOf(IDENTIFIER, Record(WarehouseValues, camel=True)), "Warehouses that the stack owns.", default=Table()
    )
    compute_pools: Table[ComputePoolValues] = key(
        MapOf(IDENTIFIER, Record(ComputePoolValues, camel=True)), "Compute pools that the stack owns.", default=Table()
    )
    git_api_integration: Word | None = key(IDENTIFIER, "The API integration for apps with `git`; it must exist.")
    git_credentials: Word | None = key(QUALIFIED, "The secret with which Snowflake reads the repositories; must exist.")


@dataclass(frozen=True)
class SecretValues:
    """The parts of a secret's value that are set. `value` is the whole of a generic string."""

    at: Place
    value: bool | None = None
    username: bool | None = key(Encrypted(), "password: the user.")
    password: bool | None = key(Encrypted(), "password: the password.")
    refresh_token: bool | None = key(Encrypted(), "oauth2-authorization-code: the refresh token.")
    expires: Word | None = key(EXPIRY, "oauth2-authorization-code: when the refresh token ends, in UTC.")


@dataclass(frozen=True)
class SecretValue(Shape[SecretValues]):
    """A value of one part, encrypted as it stands, or of several by name."""

    def decode(self, node: Node, problems: Problems) -> SecretValues | Bad:
        if isinstance(node, Mapping) and not is_encrypted(node):
            return Record(SecretValues, camel=True).decode(node, problems)
        value = Encrypted().decode(node, problems)
        return value if isinstance(value, Bad) else SecretValues(Place(node.span, {}), value=value)

    def schema(self) -> JsonSchema:
        return {"anyOf": [Encrypted().schema(), Record(SecretValues, camel=True).schema()]}
