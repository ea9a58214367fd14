"""The files of a folder as they are deployed, and a hash that is equal for equal content on every machine.

What a checkout, an editor or a run leaves behind is left out, by the same patterns as in `.dockerignore`; times, owners
and the modes that git does not keep count for nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

SECRETS_FILE = "secrets.toml"
# Secrets of a developer's machine must not come into an image either.
LEFT_OUT = (
    ".git",
    ".venv",
    ".ipynb_checkpoints",
    "node_modules",
    "__pycache__",
    "*.pyc",
    "*.egg-info",
    ".*_cache",
    ".DS_Store",
    ".env",
    ".env.*",
    SECRETS_FILE,
)
MOST_BYTES = 200 * 1024 * 1024


@dataclass(frozen=True)
class File:
    """One file; `path` is below its folder. `target` is where a symbolic link leads, None where there is content."""

    path: str
    size: int
    executable: bool = False
    target: str | None = None
    is_special: bool = False

    @property
    def leaves(self) -> bool:
        """Whether it is a link to something outside its folder, which is not there where the files are deployed."""
        if self.target is None:
            return False
        depth = len(PurePosixPath(self.path).parts) - 1
        for part in PurePosixPath(self.target).parts:
            depth += -1 if part == ".." else 1
            if depth < 0 or part == "/":
                return True
        return False


def files_of(folder: Path, *, keep: tuple[str, ...] = ()) -> tuple[File, ...]:
    """All files of a folder, sorted by path; `keep` are names that are not left out here.

    Raises OSError when something in it cannot be read.
    """
    left_out = tuple(pattern for pattern in LEFT_OUT if pattern not in keep)
    found = []
    for place, folders, names in os.walk(folder, onerror=_raise):
        folders[:] = [name for name in folders if not _is_left_out(name, left_out)]
        links = [name for name in folders if Path(place, name).is_symlink()]
        found += [_file(folder, Path(place, name)) for name in (*names, *links) if not _is_left_out(name, left_out)]
    return tuple(sorted(found, key=lambda file: os.fsencode(file.path)))


def content_hash(folders: Iterable[Path], *words: str) -> str:
    """A hash of the folders' files, told apart by the folders' order, and of `words`. 64 hexadecimal digits."""
    content = [[_entry(folder, file) for file in files_of(folder)] for folder in folders]
    return hashlib.sha256(json.dumps([content, words]).encode()).hexdigest()


def digest(path: Path) -> str:
    """The SHA-256 of a file's content, in hexadecimal digits. Raises OSError."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def unreadable(folder: str, error: OSError) -> str:
    """The sentence about a folder that could not be read."""
    return f"`{folder}` cannot be read: {(error.strerror or 'no reason given').lower()}"


def _raise(error: OSError) -> None:
    raise error


def _is_left_out(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _file(folder: Path, path: Path) -> File:
    found, name = path.lstat(), path.relative_to(folder).as_posix()
    if stat.S_ISLNK(found.st_mode):
        return File(name, 0, target=str(path.readlink()))
    executable = bool(found.st_mode & stat.S_IXUSR)
    return File(name, found.st_size, executable, is_special=not stat.S_ISREG(found.st_mode))


def _entry(folder: Path, file: File) -> list[object]:
    if file.target is not None:
        return [file.path, "link", file.target]
    return [file.path, "program" if file.executable else "file", digest(folder / file.path)]
