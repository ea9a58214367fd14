"""What the engine knows: images, networks, containers. Configurations keep the Engine API's own field names."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from sandbox.cloudflare_api.document import Json

NEVER = "0001-01-01T00:00:00Z"
Status = Literal["created", "running", "restarting", "exited"]


def now() -> str:
    """The time as Docker writes it."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


@dataclass(frozen=True)
class Image:
    """A folder of files with its configuration."""

    id: str  # sha256:…
    created: str
    config: Json  # the API's `Config`: Env, Cmd, Entrypoint, WorkingDir, ExposedPorts, Healthcheck, …
    size: int


@dataclass(frozen=True)
class Network:
    """A network: who is in it may look up the others' names."""

    id: str
    name: str
    created: str
    asked: Json  # what it was created with


@dataclass(frozen=True)
class Probe:
    """One run of a health check."""

    start: str
    end: str
    code: int
    output: str


@dataclass(frozen=True)
class Health:
    """What the health checks of this start have shown."""

    status: Literal["starting", "healthy", "unhealthy"]
    streak: int = 0
    log: tuple[Probe, ...] = ()


@dataclass(frozen=True)
class State:
    """What became of a container's program."""

    status: Status = "created"
    pid: int = 0
    code: int = 0
    error: str = ""
    started: str = NEVER
    finished: str = NEVER
    restarts: int = 0
    stopped_by_hand: bool = False
    health: Health | None = None

    @property
    def alive(self) -> bool:
        """Whether the engine runs it, or is about to run it again."""
        return self.status in ("running", "restarting")


@dataclass(frozen=True)
class Container:
    """A container."""

    id: str
    name: str
    created: str
    image: str  # as it was asked for
    image_id: str
    config: Json  # the image's configuration with what was asked for on top
    host: Json  # the API's `HostConfig`, as it was asked for
    networks: dict[str, Json] = field(default_factory=dict)  # the API's `EndpointSettings` by the network's name
    ports: dict[str, int] = field(default_factory=dict)  # where `8501/tcp` really is on loopback
    state: State = field(default_factory=State)
