"""What the sandbox adds to every container: the way to the local edge, which no program can know."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

LABEL = "gatehouse.sandbox"
"""What all labels begin with that the sandbox adds; the plain one names the state directory."""
VARIABLE = "GATEHOUSE_SANDBOX_CONTAINERS"
"""The environment variable that names the file to the provider stand-in."""


@dataclass(frozen=True)
class Extras:
    """Additions to what a program says of a container; where both speak, the program is right."""

    environment: Mapping[str, str] = field(default_factory=dict)
    hosts: Mapping[str, str] = field(default_factory=dict)
    """Host names and their addresses."""
    mounts: Mapping[str, str] = field(default_factory=dict)
    """Paths of this machine and where they are in the container, read-only."""
    labels: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, file: Path) -> Extras:
        """The extras that a file holds."""
        return cls(**json.loads(file.read_text(encoding="utf-8")))

    @property
    def digest(self) -> str:
        """Changes with every change of the extras."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:12] if self else ""

    def __bool__(self) -> bool:
        return bool(self.environment or self.hosts or self.mounts or self.labels)

    def write(self, file: Path) -> None:
        """Store them, for its owner's eyes only."""
        file.touch(mode=0o600)
        file.write_text(json.dumps(asdict(self), indent=1, sort_keys=True) + "\n", encoding="utf-8")

    def with_environment(self, assignments: Iterable[str]) -> list[str]:
        """`NAME=value` for both."""
        own = list(assignments)
        names = {assignment.partition("=")[0] for assignment in own}
        return [*own, *(f"{name}={value}" for name, value in sorted(self.environment.items()) if name not in names)]
