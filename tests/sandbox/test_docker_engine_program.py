"""What the stand-in engine's program makes for itself: its socket, and the launchers of its containers."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from sandbox.docker_engine import launch
from sandbox.docker_engine.__main__ import listen


def test_no_socket_in_a_folder_that_somebody_else_has_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.chmod(0o1777)
    listen(tmp_path / "mine" / "docker.sock").close()
    assert (tmp_path / "mine").stat().st_mode & 0o777 == 0o700
    stranger = os.getuid() + 1
    monkeypatch.setattr(os, "getuid", lambda: stranger)
    with pytest.raises(OSError, match="belongs to somebody else"):
        listen(tmp_path / "mine" / "docker.sock")


def test_the_connector_starts_from_a_checkout_of_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout = tmp_path / "it's $(mine)"
    checkout.symlink_to(launch.REPOSITORY)
    monkeypatch.setattr(launch, "REPOSITORY", checkout)
    launch.write_launchers(tmp_path / "bin")
    done = subprocess.run([tmp_path / "bin" / "cloudflared", "version"], capture_output=True, text=True, check=False)
    assert done.stdout.startswith("cloudflared version "), done.stderr
