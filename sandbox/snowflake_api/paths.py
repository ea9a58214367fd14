"""Paths of files inside an object: `/` between parts, and no way out."""

from __future__ import annotations

from sandbox.snowflake_api import refusals


def safe(path: str) -> str:
    """The path without what leads nowhere; refused where it leads out of the object."""
    parts = path.lstrip("/").split("/")
    if any(part in (".", "..") or "\\" in part or "\0" in part for part in parts):
        raise refusals.syntax(f"the path '{path}' leads out of its stage.")
    return "/".join(part for number, part in enumerate(parts) if part or number == len(parts) - 1)
