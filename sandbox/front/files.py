"""Small JSON files that only their owner may read, written whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path

from sandbox.cloudflare_api.document import Json


def read_json(file: Path) -> Json:
    """The object in a file; empty when there is no file."""
    if not file.exists():
        return {}
    document = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(document, dict):
        raise ValueError(f"{file} does not hold a JSON object")
    return document


def write_json(file: Path, document: Json) -> None:
    """Replace the file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    fresh.replace(file)
