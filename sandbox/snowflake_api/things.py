"""What an account holds: objects of sixteen kinds, each with its own properties, and the grants on them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Generic, Literal, TypeVar

Level = Literal["account", "database", "schema"]
Path = tuple[str, ...]


@dataclass(frozen=True)
class Grant:
    """A privilege on the object that carries it. Membership in a role is USAGE on that role."""

    privilege: str
    grantee: str
    by: str
    created: float
    to: str = "ROLE"
    option: bool = False


@dataclass(frozen=True)
class Future:
    """What a role gets on each object of a kind that is made in the schema (or database) that carries it."""

    kind: str
    privilege: str
    grantee: str
    created: float
    option: bool = False


@dataclass(frozen=True)
class Body:
    """The properties of an object. `kind` is the word of its grants, `level` says what it lives in."""

    kind: ClassVar[str]
    level: ClassVar[Level]

    def __init_subclass__(cls, kind: str, level: Level) -> None:
        cls.kind, cls.level = kind, level


@dataclass(frozen=True)
class Account(Body, kind="ACCOUNT", level="account"):
    default_pool: str | None = None


@dataclass(frozen=True)
class Database(Body, kind="DATABASE", level="account"):
    futures: tuple[Future, ...] = ()


@dataclass(frozen=True)
class Schema(Body, kind="SCHEMA", level="database"):
    managed: bool = False
    futures: tuple[Future, ...] = ()


@dataclass(frozen=True)
class Role(Body, kind="ROLE", level="account"):
    pass


@dataclass(frozen=True)
class User(Body, kind="USER", level="account"):
    """`wanted` are roles that a person is to hold as soon as they exist; `person` is one of the viewers of apps."""

    login: str = ""
    display_name: str | None = None
    email: str | None = None
    password: str | None = field(default=None, repr=False)
    public_key: str | None = None
    access_token: str | None = field(default=None, repr=False)
    default_role: str | None = None
    default_warehouse: str | None = None
    default_namespace: str | None = None
    disabled: bool = False
    person: bool = False
    wanted: tuple[str, ...] = ()


@dataclass(frozen=True)
class Warehouse(Body, kind="WAREHOUSE", level="account"):
    type: str = "STANDARD"
    size: str = "X-Small"
    suspended: bool = False
    auto_suspend: int = 600
    auto_resume: bool = True
    min_clusters: int = 1
    max_clusters: int = 1
    scaling: str = "STANDARD"
    acceleration: bool = False
    acceleration_scale: int = 8
    concurrency: int = 8
    queued_timeout: int = 0
    statement_timeout: int = 172800
    generation: str | None = None


@dataclass(frozen=True)
class ComputePool(Body, kind="COMPUTE POOL", level="account"):
    family: str = ""
    min_nodes: int = 0
    max_nodes: int = 0
    auto_resume: bool = True
    auto_suspend: int = 3600
    suspended: bool = False
    backup_families: tuple[str, ...] = ()


@dataclass(frozen=True)
class ExternalAccess(Body, kind="INTEGRATION", level="account"):
    """Allowed secrets are listed, or `all`; none at all is an empty list."""

    rules: tuple[Path, ...] = ()
    secrets: tuple[Path, ...] | Literal["all"] = ()
    api_authentications: tuple[Path, ...] = ()
    enabled: bool = False


@dataclass(frozen=True)
class ApiIntegration(Body, kind="INTEGRATION", level="account"):
    """What secrets and Git repositories authenticate with; only the world file makes them."""

    category: str = "SECURITY"
    type: str = ""
    flows: tuple[str, ...] = ()
    enabled: bool = True


@dataclass(frozen=True)
class Secret(Body, kind="SECRET", level="schema"):
    type: str = ""
    secret_string: str | None = field(default=None, repr=False)
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    refresh_expiry: float | None = None
    api: Path | None = None
    scopes: tuple[str, ...] | None = None
    algorithm: str | None = None
    enabled: bool = True


@dataclass(frozen=True)
class NetworkRule(Body, kind="NETWORK RULE", level="schema"):
    type: str = ""
    mode: str = "INGRESS"
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True)
class GitRepository(Body, kind="GIT REPOSITORY", level="schema"):
    origin: str = ""
    api: Path = ()
    credentials: Path | None = None
    folder: str = ""
    fetched: float = 0.0


@dataclass(frozen=True)
class Stage(Body, kind="STAGE", level="schema"):
    """`directory` says whether there is a directory table, and whether it follows the files by itself."""

    folder: str = ""
    encryption: str = "SNOWFLAKE_FULL"
    directory: tuple[bool, bool] = (False, False)


@dataclass(frozen=True)
class Function(Body, kind="FUNCTION", level="schema"):
    """The last part of its path is its signature: the name and the types of its arguments."""

    arguments: tuple[tuple[str, str], ...] = ()
    returns: str = "VARCHAR"
    body: str = ""
    handler: str = ""
    runtime: str = ""
    secure: bool = False
    null_handling: str = "CALLED ON NULL INPUT"
    volatility: str = "VOLATILE"
    integrations: tuple[Path, ...] = ()
    secrets: tuple[tuple[str, Path], ...] = ()
    packages: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Streamlit(Body, kind="STREAMLIT", level="schema"):
    """`folder` holds the versions on disk; `live` says whether one of them is the live version."""

    folder: str = ""
    url_id: str = ""
    token: str = field(default="", repr=False)
    main_file: str = "streamlit_app.py"
    runtime: str = ""
    pool: str | None = None
    warehouse: str | None = None
    title: str | None = None
    integrations: tuple[Path, ...] = ()
    secrets: tuple[tuple[str, Path], ...] = ()
    imports: tuple[str, ...] = ()
    repositories: tuple[str, ...] = ()
    source: str | None = None
    root_location: str | None = None
    live: bool = False
    restarts: int = 0


BODIES: dict[str, type[Body]] = {one.__name__: one for one in Body.__subclasses__()}
B_co = TypeVar("B_co", bound=Body, covariant=True)


@dataclass(frozen=True)
class Thing(Generic[B_co]):
    """An object: its full name, who owns it, its properties and the grants on it."""

    path: Path
    owner: str
    created: float
    body: B_co
    comment: str | None = None
    grants: tuple[Grant, ...] = ()

    @property
    def kind(self) -> str:
        return self.body.kind

    @property
    def name(self) -> str:
        """The last part of the path, without the arguments of a function."""
        own = self.path[-1] if self.path else ""
        return own.rpartition("(")[0] if isinstance(self.body, Function) else own

    @property
    def schema(self) -> Path:
        return self.path[:2]
