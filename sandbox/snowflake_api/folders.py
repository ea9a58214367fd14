"""Files on disk below an address: listing, copying, removing. Git repositories are read through git."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path as File

from sandbox.snowflake_api import refusals
from sandbox.snowflake_api.addresses import Address
from sandbox.snowflake_api.catalogue import Catalogue
from sandbox.snowflake_api.things import GitRepository, Stage

LIVE = "versions/live/"
FIRST = "versions/version$1/"


@dataclass(frozen=True)
class Entry:
    """A file: its path inside the object, and where it is on disk."""

    path: str
    file: File

    @property
    def size(self) -> int:
        return self.file.stat().st_size

    @property
    def modified(self) -> float:
        return self.file.stat().st_mtime

    def md5(self) -> str:
        return hashlib.md5(self.file.read_bytes(), usedforsecurity=False).hexdigest()


def root(catalogue: Catalogue, at: Address, *, to_write: bool = False) -> tuple[File, str]:
    """The folder on disk and the path in it that an address means."""
    holder = at.holder
    folder = catalogue.folders / holder.body.folder
    if isinstance(holder.body, Stage):
        return folder, at.path
    if isinstance(holder.body, GitRepository):
        raise refusals.unsupported("writing to a Git repository")
    lowered = at.path.lower()
    if lowered == LIVE.rstrip("/") or lowered.startswith(LIVE):
        if not holder.body.live:
            raise refusals.not_possible(f"Streamlit '{holder.name}' has no live version.")
        return folder / "live", at.path[len(LIVE) :]
    for version in (FIRST, "versions/last/", "versions/default/"):
        if lowered == version.rstrip("/") or lowered.startswith(version):
            if to_write:
                raise refusals.unsupported("writing to a version other than the live one")
            return folder / "version1", at.path[len(version) :]
    raise refusals.unknown("File", at.shown)


def entries(folder: File, prefix: str) -> tuple[Entry, ...]:
    """The files whose path begins with the prefix, in order."""
    if not folder.is_dir():
        return ()
    files = (file for file in folder.rglob("*") if file.is_file())
    found = (Entry(file.relative_to(folder).as_posix(), file) for file in files)
    return tuple(sorted((one for one in found if one.path.startswith(prefix)), key=lambda one: one.path))


def copy_into(folder: File, files: Iterable[tuple[str, File]]) -> None:
    """Copy files to paths below the folder, each whole or not at all."""
    for path, source in files:
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_name(f".{target.name[:200]}.new")
        shutil.copyfile(source, fresh)
        fresh.replace(target)


def remove(folder: File, found: Iterable[Entry]) -> None:
    """Remove files, and the folders that are empty then."""
    for one in found:
        one.file.unlink(missing_ok=True)
        parent = one.file.parent
        while parent != folder and not any(parent.iterdir()):
            parent.rmdir()
            parent = parent.parent
