"""Which plugins are official and which are stand-ins, and the executables that start the stand-ins."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import tempfile
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from pathlib import Path

from sandbox.engine import Engine
from sandbox.places import REPOSITORY, Places

_OFFICIAL = ("cloudflare", "snowflake")
_STAND_INS = ("cloudflare", "docker", "snowflake")
_PULUMI = "pulumi"
_HOST = "pulumi-language-python"
_STAND_IN = "gatehouse-stand-in"
"""The file that tells our provider from an official one in the same place."""


@dataclass(frozen=True)
class Plugins:
    """What runs: True where it is the official one."""

    language_host: bool
    cloudflare: bool
    snowflake: bool
    docker: bool = False
    """Never: connectors must find the local edge, and only the stand-in tells a container the way there."""

    def kind(self, official: bool) -> str:
        """The word for it in a status line."""
        return "official" if official else "stand-in"


def choose(engine: Engine, place: Places) -> Plugins:
    """Official plugins where they are installed in exactly the version that the SDK wants."""
    official = {name for name in _OFFICIAL if _installed(name, place)}
    # The official language host demands the plugin of every installed SDK, also of those that nobody uses.
    return Plugins(
        language_host=engine.language_host is not None and official == set(_OFFICIAL),
        cloudflare="cloudflare" in official,
        snowflake="snowflake" in official,
    )


def write(engine: Engine, plugins: Plugins, place: Places) -> Engine:
    """Put the stand-ins where the engine looks without a warning, and nothing else; the engine to run then.

    It takes a language host silently only from beside its own program, and a provider only from its plugin directory.
    """
    place.launchers.mkdir(parents=True, exist_ok=True)
    wanted: dict[str, Path] = {}
    if not plugins.language_host:
        host = place.launchers / _HOST
        _launcher(host, "language-host", "--exec-file", str(engine.exec_file))
        wanted = {_HOST: host} | _linked(engine, place)
    for old in place.launchers.iterdir():
        if old.name not in wanted:
            old.unlink()
    official = {"cloudflare": plugins.cloudflare, "docker": plugins.docker, "snowflake": plugins.snowflake}
    _write_providers(official, place)
    return replace(engine, pulumi=wanted.get(_PULUMI, engine.pulumi))


def withdraw(place: Places) -> None:
    """Take the providers' stand-ins away, so that the engine installs the official plugin where one is asked for."""
    for name in _STAND_INS:
        for directory in _stand_ins(name, place):
            shutil.rmtree(directory)


def _linked(engine: Engine, place: Places) -> dict[str, Path]:
    link = place.launchers / _PULUMI
    try:
        if not link.is_file() or not link.samefile(engine.pulumi):
            link.unlink(missing_ok=True)
            # The engine resolves symbolic links before it looks beside itself, so only a hard one will do.
            link.hardlink_to(engine.pulumi)
    except OSError:
        # Another file system, or somebody else's file: PATH leads to the host then, and the engine says so each time.
        return {}
    return {_PULUMI: link}


def _write_providers(official: dict[str, bool], place: Places) -> None:
    for name in _STAND_INS:
        current = _directory(name, place)
        if not official[name] and current is not None:
            if not (current / _STAND_IN).is_file():
                _clear(current)
            current.mkdir(parents=True, exist_ok=True)
            (current / _STAND_IN).touch()
        # Stacks remember the version that they were made with, so those of earlier SDKs stay.
        for directory in _stand_ins(name, place):
            _launcher(directory / f"pulumi-resource-{name}", name)


def _clear(directory: Path) -> None:
    """Take an official plugin out of the sandbox's own folder, or the link to one of the user's."""
    if directory.is_symlink():
        directory.unlink()
    elif directory.is_dir():
        shutil.rmtree(directory)


def _stand_ins(name: str, place: Places) -> list[Path]:
    return [mark.parent for mark in (place.pulumi_home / "plugins").glob(f"resource-{name}-v*/{_STAND_IN}")]


def _directory(name: str, place: Places) -> Path | None:
    try:
        return place.pulumi_home / "plugins" / f"resource-{name}-v{installed_version(f'pulumi-{name}')}"
    except PackageNotFoundError:
        return None


def _installed(name: str, place: Places) -> bool:
    here = _directory(name, place)
    if here is None:
        return False
    there = Path.home() / ".pulumi" / "plugins" / here.name
    executable = f"pulumi-resource-{name}"
    stands_in = (here / _STAND_IN).is_file()
    if (there / executable).is_file() and (stands_in or not (here / executable).is_file()):
        if stands_in:
            shutil.rmtree(here)
        here.parent.mkdir(parents=True, exist_ok=True)
        here.symlink_to(there)
        return True
    return (here / executable).is_file() and not stands_in


def _launcher(file: Path, *arguments: str) -> None:
    start = [sys.executable, "-I", str(REPOSITORY / "sandbox" / "plugins" / "start.py"), *arguments]
    # Isolated mode: a module of the user's program must never hide one that the plugin imports.
    text = f'#!/bin/sh\nexec {shlex.join(start)} "$@"\n'
    if file.is_file() and file.read_text() == text and os.access(file, os.X_OK):
        return
    # Replaced in one step: another command's engine may be about to start it.
    with tempfile.NamedTemporaryFile("w", dir=file.parent, prefix=f".{file.name}-", delete=False) as fresh:
        fresh.write(text)
    Path(fresh.name).chmod(0o755)
    Path(fresh.name).replace(file)
