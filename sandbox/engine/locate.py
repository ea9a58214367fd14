"""Where an engine can already be: on PATH, or in the cache of an earlier run."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.metadata import version as installed_version
from pathlib import Path

ENGINE_VERSION = "3.259.0"
"""The version that `go.mod` names and `requirements.lock` pins for the Python SDK."""

MODULE_DIR = Path(__file__).parent
EXEC_FILE = "pulumi-language-python-exec"
_NEWER_THAN = (3, 231, 0)


class EngineUnavailableError(Exception):
    """No engine could be had; the text says what would help."""


@dataclass(frozen=True)
class Engine:
    """A Pulumi engine that is ready to run, with the file that starts Python programs."""

    pulumi: Path
    exec_file: Path
    version: str
    origin: str
    language_host: Path | None
    """The official `pulumi-language-python`, where the release brought one."""


def parse_version(text: str) -> tuple[int, int, int]:
    """The three numbers of `v3.259.0`; zeros when there are none."""
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2]), int(found[3])) if found else (0, 0, 0)


def needed_version() -> tuple[int, int, int]:
    """The oldest engine that understands the installed Python SDK: engines serve older SDKs, not newer ones."""
    return max(_NEWER_THAN, parse_version(installed_version("pulumi")))


def cache_root() -> Path:
    """The cache that survives the working tree: `$XDG_CACHE_HOME/gatehouse` or `~/.cache/gatehouse`."""
    xdg = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(xdg) if xdg else Path.home() / ".cache") / "gatehouse"


def cached_dir() -> Path:
    """The directory of exactly the engine that `go.sum` describes."""
    digest = hashlib.sha256((MODULE_DIR / "go.sum").read_bytes()).hexdigest()[:12]
    return cache_root() / "engine" / f"v{ENGINE_VERSION}-{digest}"


def find() -> Engine | None:
    """The engine on PATH if it is new enough, else the cached one, else None; starts nothing slow."""
    return _on_path() or cached()


def cached() -> Engine | None:
    """The engine of an earlier download or build."""
    directory = cached_dir()
    if not (directory / "pulumi").is_file() or not (directory / EXEC_FILE).is_file():
        return None
    origin = (directory / "origin").read_text().strip() if (directory / "origin").is_file() else "cached"
    return _engine(directory / "pulumi", f"v{ENGINE_VERSION}", origin)


def _on_path() -> Engine | None:
    everywhere = (shutil.which("pulumi", path=directory) for directory in os.get_exec_path())
    # Without the exec file beside it an engine cannot start a Python program; the sandbox's own link has none.
    found = next((path for path in everywhere if path and (Path(path).resolve().parent / EXEC_FILE).is_file()), None)
    if not found:
        return None
    try:
        asked = subprocess.run([found, "version"], capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    numbers = parse_version(asked.stdout)
    if not needed_version() <= numbers < (4, 0, 0):
        return None
    return _engine(Path(found).resolve(), asked.stdout.strip(), "on PATH")


def _engine(pulumi: Path, version: str, origin: str) -> Engine:
    host = pulumi.parent / "pulumi-language-python"
    return Engine(pulumi, pulumi.parent / EXEC_FILE, version, origin, host if host.is_file() else None)
