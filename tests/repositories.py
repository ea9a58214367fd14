"""Small git repositories for tests, out of reach of anybody's settings, whose commits have the same ids each time."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def git(folder: Path, *arguments: str, day: str = "2027-01-01", time: str = "12:00:00Z", author: str = "Ada") -> str:
    """What git says."""
    who = {"NAME": author, "EMAIL": "ada@example.com", "DATE": f"{day}T{time}"}
    own = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in who.items()}
    environment = {**os.environ, **own, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(["git", *arguments], cwd=folder, env=environment, check=True, capture_output=True)
    return done.stdout.decode(errors="replace").strip()
