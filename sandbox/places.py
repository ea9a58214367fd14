"""Where the sandbox keeps things: one project, one state directory that nothing else uses."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import yaml

REPOSITORY = Path(__file__).parents[1]
STACK = "sandbox"
_MARK = "gatehouse-sandbox"


class SandboxError(Exception):
    """Something that the user can put right; the text is one sentence for them."""


@dataclass(frozen=True)
class Places:
    """The project that is run and the directory that holds the sandbox's state."""

    project: Path
    state: Path

    @property
    def launchers(self) -> Path:
        """The plugin executables that the engine finds on PATH."""
        return self.state / "bin"

    @property
    def pulumi_home(self) -> Path:
        """The engine's own directory: plugins, workspaces."""
        return self.state / "pulumi" / "home"

    @property
    def backend(self) -> Path:
        """The engine's file backend: the stacks."""
        return self.state / "pulumi" / "state"

    @property
    def cloudflare(self) -> Path:
        """The local API's state and journal."""
        return self.state / "cloudflare"

    @property
    def snowflake(self) -> Path:
        """The local Snowflake's state, stages and logs."""
        return self.state / "snowflake"

    @property
    def docker_engine(self) -> Path:
        """The stand-in Docker Engine's images, networks and containers."""
        return self.state / "docker"

    @property
    def containers(self) -> Path:
        """What runs the containers, and what each of them gets."""
        return self.state / "containers"

    @property
    def doubts(self) -> Path:
        """Creations whose answer never came."""
        return self.state / "doubts"

    def record(self, name: str) -> Path:
        """The file that remembers a background program."""
        return self.state / "running" / f"{name}.json"

    def log(self, name: str) -> Path:
        """The log of a background program or of the last update."""
        return self.state / "logs" / f"{name}.log"

    def turn(self, name: str) -> Path:
        """The file whose lock somebody holds who does what only one may do at a time."""
        return self.state / "running" / f"{name}.lock"

    def checkpoint(self, stack: str) -> Path:
        """The engine's state of one stack."""
        return self.backend / ".pulumi" / "stacks" / self.project_name() / f"{stack}.json"

    def project_name(self) -> str:
        """The name in `Pulumi.yaml`."""
        file = self.project / "Pulumi.yaml"
        try:
            document = yaml.safe_load(file.read_text())
        except (OSError, yaml.YAMLError) as error:
            raise SandboxError(f"{file} cannot be read: {error}") from error
        name = document.get("name") if isinstance(document, dict) else None
        if not isinstance(name, str):
            raise SandboxError(f"{file} names no project")
        return name

    def prepare(self) -> None:
        """Make the directories, and mark them as ours."""
        running, logs = self.state / "running", self.state / "logs"
        try:
            self.refuse_foreign()
            # Journal and state name people.
            self.state.mkdir(mode=0o700, parents=True, exist_ok=True)
            for directory in (
                self.launchers,
                self.pulumi_home,
                self.backend,
                self.cloudflare,
                self.snowflake,
                running,
                logs,
            ):
                directory.mkdir(parents=True, exist_ok=True)
            (self.state / _MARK).touch()
        except OSError as error:
            raise SandboxError(
                f"{self.state} cannot be written ({error.strerror}): name another folder in GATEHOUSE_SANDBOX_DIR"
            ) from error

    def refuse_foreign(self) -> None:
        """Refuse a directory that holds something else than a sandbox."""
        if self.state.is_dir() and any(self.state.iterdir()) and not (self.state / _MARK).is_file():
            raise SandboxError(f"{self.state} holds files that are not the sandbox's: choose another directory")


def places(project: Path | None = None) -> Places:
    """The places that option and environment name: `GATEHOUSE_PROJECT_DIR`, `GATEHOUSE_SANDBOX_DIR`."""
    named = project or Path(os.environ.get("GATEHOUSE_PROJECT_DIR") or REPOSITORY)
    root = named.resolve()
    state = Path(os.environ.get("GATEHOUSE_SANDBOX_DIR") or root / ".sandbox").resolve()
    if not (root / "Pulumi.yaml").is_file():
        raise SandboxError(f"{root} has no Pulumi.yaml: run this in a project, or name one with --cwd")
    return Places(root, state)
