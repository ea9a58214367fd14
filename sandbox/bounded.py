"""Files that are only ever added to, kept from filling the disk: a full one makes room by becoming `<name>.1`."""

from __future__ import annotations

from pathlib import Path

MOST = 8 * 1024 * 1024  # bytes; with the one before it, a file takes at most twice as much


def older(file: Path) -> Path:
    """What the file was before it was full the last time."""
    return file.with_name(f"{file.name}.1")


def append(file: Path, text: str) -> bool:
    """Add text to a file, which is made if it is not there; whether it was full, so that the text begins a new one."""
    full = file.exists() and file.stat().st_size >= MOST
    if full:
        file.replace(older(file))
        file.touch(mode=0o600)
    with file.open("a", encoding="utf-8") as out:
        out.write(text)
    return full
