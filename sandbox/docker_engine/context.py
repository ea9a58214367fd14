"""A build's context: the archive that a client sends, unpacked without what `.dockerignore` leaves out."""

from __future__ import annotations

import glob
import shutil
import tarfile
from pathlib import Path

from docker.utils.build import exclude_paths

from sandbox.docker_engine.dockerfile import DockerfileError


def unpack(archive: Path, folder: Path, dockerfile: str) -> None:
    """Unpack a tar archive, compressed or not; what would land outside of the folder is refused."""
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
    except (tarfile.TarError, OSError, EOFError) as error:
        raise DockerfileError(f"the build context cannot be unpacked: {error}") from error
    _leave_out(folder, dockerfile)


def _leave_out(folder: Path, dockerfile: str) -> None:
    ignore = folder / ".dockerignore"
    if not ignore.is_file():
        return
    lines = [line.strip() for line in ignore.read_text("utf-8", "replace").splitlines()]
    patterns = [line for line in lines if line and not line.startswith("#")]
    kept = exclude_paths(str(folder), patterns, dockerfile=dockerfile)
    for path in sorted(folder.rglob("*"), reverse=True):
        name = path.relative_to(folder).as_posix()
        if name in kept or path == ignore:
            continue
        if not path.is_dir() or path.is_symlink():
            path.unlink()
        elif not any(path.iterdir()):
            path.rmdir()


def copy(folder: Path, sources: list[str], target: Path, into: bool) -> None:
    """COPY: files, the contents of folders, patterns; `into` says that the target is a folder."""
    found = [match for source in sources for match in _matches(folder, source)]
    if len(found) > 1 and not into:
        raise DockerfileError("When using COPY with more than one source file, the destination must end with a /")
    for path in found:
        if path.is_dir():
            shutil.copytree(path, target, symlinks=True, dirs_exist_ok=True)
        else:
            place = target / path.name if into or target.is_dir() else target
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, place, follow_symlinks=False)


def _matches(folder: Path, source: str) -> list[Path]:
    relative = source.lstrip("/") or "."
    if ".." in Path(relative).parts:
        raise DockerfileError(f"COPY failed: forbidden path outside the build context: {source} ()")
    if not glob.has_magic(relative):
        matches = [folder / relative] if (folder / relative).exists() else []
    else:
        matches = sorted(folder.glob(relative))
    if not matches:
        raise DockerfileError(
            f"COPY failed: file not found in build context or excluded by .dockerignore: stat {relative}: "
            "file does not exist"
        )
    return matches
