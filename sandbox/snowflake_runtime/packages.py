"""The environment that Streamlit objects of the local Snowflake run in: `.venv/snowflake`, beside the sandbox's own.

It is a second one because Snowpark and the `snow` command need another connector than the sandbox's. What is in it
stands in `requirements.lock`; `python -m sandbox.snowflake_runtime.packages` makes it.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sandbox.places import SandboxError

LOCK = Path(__file__).with_name("requirements.lock")
_STAMP = ".installed"


@dataclass(frozen=True)
class Runtime:
    """The environment's interpreter, and Snowflake's command line."""

    python: Path
    snow: Path


def find(folder: Path | None = None) -> Runtime | None:
    """The environment, if it is complete and of the lock as it is now."""
    home = folder or _home()
    try:
        same = (home / _STAMP).read_text(encoding="utf-8") == _fingerprint(home)
    except OSError:
        return None
    return Runtime(home / "bin" / "python", home / "bin" / "snow") if same else None


def obtain(say: Callable[[str], None] = lambda _: None, folder: Path | None = None) -> Runtime:
    """The environment, made first where it is not there or its lock has changed; `say` hears what takes long."""
    home = folder or _home()
    found = find(home)
    if found is None:
        with _alone(home, say):
            # Whoever was first may have made it meanwhile.
            found = find(home) or _make(home, say)
    return found


def _home() -> Path:
    return Path(sys.prefix) / "snowflake"


def _fingerprint(home: Path) -> str:
    """What an environment depends on: its scripts hold its place, and packages are for one version of Python."""
    place = f"{home.resolve()} {sys.version_info.major}.{sys.version_info.minor}\n".encode()
    return hashlib.sha256(place + LOCK.read_bytes()).hexdigest() + "\n"


def _make(home: Path, say: Callable[[str], None]) -> Runtime:
    say("installing what Streamlit in Snowflake runs with, once (about a minute)")
    # Without its stamp an environment is not complete, however far an interrupted installation has come.
    (home / _STAMP).unlink(missing_ok=True)
    _run([sys.executable, "-m", "venv", "--clear", str(home)])
    pip = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run([*pip, "--require-hashes", "--requirement", str(LOCK)])
    (home / _STAMP).write_text(_fingerprint(home), encoding="utf-8")
    found = find(home)
    if found is None:
        raise SandboxError(f"{LOCK.name} has changed while it was installed: run this again")
    return found


def _run(words: list[str]) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or ["nothing"]
        raise SandboxError(
            "what Streamlit in Snowflake runs with could not be installed. It needs a package index that pip reaches, "
            f"and Python's venv module; it said: {said[-1].strip()}"
        )


@contextlib.contextmanager
def _alone(home: Path, say: Callable[[str], None]) -> Iterator[None]:
    try:
        turn = home.with_name(f"{home.name}.lock").open("w")
    except OSError as error:
        raise SandboxError(f"{home.parent} cannot be written ({error.strerror})") from error
    with turn:
        try:
            fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("waiting for another installation of the same packages")
            fcntl.flock(turn, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    try:
        obtain(print)
    except SandboxError as error:
        sys.exit(str(error))
