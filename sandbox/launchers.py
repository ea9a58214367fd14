"""Which plugins are official and which are stand-ins, and the executables that start the stand-ins."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from pathlib import Path

from sandbox.engine import Engine
from sandbox.places import REPOSITORY, Places

_PROVIDERS = ("cloudflare", "docker", "snowflake")


@dataclass(frozen=True)
class Plugins:
    """What runs: True where it is the official one."""

    language_host: bool
    cloudflare: bool

    def kind(self, official: bool) -> str:
        """The word for it in a status line."""
        return "official" if official else "stand-in"


def choose(engine: Engine, place: Places) -> Plugins:
    """Official plugins where they are installed in exactly the version that the SDK wants."""
    official = {name for name in _PROVIDERS if _installed(name, place)}
    # The official language host demands the plugin of every installed SDK, also of those that nobody uses.
    return Plugins(
        language_host=engine.language_host is not None and official == set(_PROVIDERS),
        cloudflare="cloudflare" in official,
    )


def write(engine: Engine, plugins: Plugins, place: Places) -> None:
    """Put the launchers of the stand-ins into their directory, and nothing else."""
    place.launchers.mkdir(parents=True, exist_ok=True)
    for old in place.launchers.iterdir():
        old.unlink()
    if not plugins.language_host:
        _launcher(place, "pulumi-language-python", "language-host", "--exec-file", str(engine.exec_file))
    if not plugins.cloudflare:
        _launcher(place, "pulumi-resource-cloudflare", "cloudflare")


def _installed(name: str, place: Places) -> bool:
    try:
        directory = f"resource-{name}-v{installed_version(f'pulumi-{name}')}"
    except PackageNotFoundError:
        return False
    here = place.pulumi_home / "plugins" / directory
    there = Path.home() / ".pulumi" / "plugins" / directory
    executable = f"pulumi-resource-{name}"
    if not (here / executable).is_file() and (there / executable).is_file():
        here.parent.mkdir(parents=True, exist_ok=True)
        here.symlink_to(there)
    return (here / executable).is_file()


def _launcher(place: Places, name: str, *arguments: str) -> None:
    file = place.launchers / name
    start = [sys.executable, "-I", str(REPOSITORY / "sandbox" / "plugins" / "start.py"), *arguments]
    # Isolated mode: a module of the user's program must never hide one that the plugin imports.
    file.write_text(f'#!/bin/sh\nexec {shlex.join(start)} "$@"\n')
    file.chmod(0o755)
