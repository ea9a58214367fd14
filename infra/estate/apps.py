"""Apps with their homes, and the estate that holds all of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from infra.estate.entries import Entry
from infra.estate.people import Department, Device, Machine, Provider
from infra.estate.snowflake import InSnowflake, SnowflakeAccount
from infra.problems import Span
from infra.schema.expectations import Expectation
from infra.shapes import Place
from infra.stack import Stack


@dataclass(frozen=True)
class Tunnelled:
    """An app behind the tunnel. `path` is empty for an app with a host name of its own.

    `service` is the origin as the connector reaches it; `source` is the folder of an app that Gatehouse itself runs.
    """

    hostname: str
    path: str
    service: str
    source: str | None
    host_header: str | None = None
    tls_name: str | None = None
    tls_verify: bool = True

    @property
    def domain(self) -> str:
        """Access's word for host name plus path."""
        return self.hostname + self.path

    @property
    def url(self) -> str:
        return f"https://{self.domain}/"


@dataclass(frozen=True)
class App:
    """One app with its home and everything that decides who may enter."""

    name: str
    title: str
    owner: Department
    home: Tunnelled | InSnowflake
    access: tuple[Entry, ...]
    machines: tuple[Machine, ...]
    session: str
    at: Place = field(compare=False, repr=False)
    span: Span = field(compare=False, repr=False)
    tags: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class Estate:
    """What one stack provisions. All tuples are in the order of the file, which means nothing outside `access`.

    `exclusive` are departments that have nobody in common, as the file says.
    """

    stack: Stack
    providers: tuple[Provider, ...]
    default_provider: Provider | None
    departments: tuple[Department, ...]
    machines: tuple[Machine, ...]
    devices: tuple[Device, ...]
    apps: tuple[App, ...]
    snowflake: SnowflakeAccount | None
    tests: tuple[Expectation, ...] = field(compare=False)
    exclusive: tuple[tuple[Department, Department], ...] = field(default=(), compare=False)

    @cached_property
    def apart(self) -> frozenset[frozenset[str]]:
        """The names of each two departments that have nobody in common."""
        return frozenset(frozenset({one.name, other.name}) for one, other in self.exclusive)

    @cached_property
    def tunnelled(self) -> tuple[tuple[App, Tunnelled], ...]:
        return tuple((app, app.home) for app in self.apps if isinstance(app.home, Tunnelled))

    @cached_property
    def answering(self) -> Mapping[tuple[str, str], App]:
        """The app at each host name and path."""
        return {(home.hostname, home.path): app for app, home in reversed(self.tunnelled)}

    @cached_property
    def in_snowflake(self) -> tuple[tuple[App, InSnowflake], ...]:
        return tuple((app, app.home) for app in self.apps if isinstance(app.home, InSnowflake))

    @cached_property
    def hostnames(self) -> tuple[str, ...]:
        """Every host name that needs a DNS record, once, sorted."""
        return tuple(sorted({home.hostname for _, home in self.tunnelled}))

    @cached_property
    def shared_hostnames(self) -> tuple[str, ...]:
        """Host names whose apps are told apart by path; each needs a default-deny application of its own."""
        return tuple(sorted({home.hostname for _, home in self.tunnelled if home.path}))
