"""Creations whose answer never came, remembered on disk so that the next run does not create a thing twice."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path


class Doubts:
    """One small file per doubtful creation, in the sandbox's state directory."""

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory

    @classmethod
    def from_environment(cls) -> Doubts:
        """In `$GATEHOUSE_SANDBOX_DIR`; without it nothing is remembered."""
        root = os.environ.get("GATEHOUSE_SANDBOX_DIR", "")
        return cls(Path(root) / "doubts" if root else None)

    def record(self, urn: str, noun: str, name: str) -> None:
        """Remember that this may or may not have been created."""
        if self._directory is None:
            return
        self._directory.mkdir(parents=True, exist_ok=True)
        doubt = json.dumps({"urn": urn, "noun": noun, "name": name}, indent=1)
        self._file(self._directory, urn).write_text(f"{doubt}\n")

    def holds(self, urn: str) -> bool:
        """Whether an earlier creation of this is doubtful."""
        return self._directory is not None and self._file(self._directory, urn).is_file()

    def clear(self, urn: str) -> None:
        """The doubt is over."""
        if self._directory is not None:
            self._file(self._directory, urn).unlink(missing_ok=True)

    @staticmethod
    def _file(directory: Path, urn: str) -> Path:
        return directory / f"{hashlib.sha256(urn.encode()).hexdigest()[:24]}.json"
