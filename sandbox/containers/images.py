"""The two images of stacks/Pulumi.sandbox.yaml, which are in no registry."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.containers.daemon import Daemon

PYTHON = "localhost/gatehouse/python:sandbox"
CLOUDFLARED = "localhost/gatehouse/cloudflared:sandbox"
Say = Callable[[str], None]


def ensure(daemon: Daemon, say: Say) -> None:
    """Make the images that the daemon does not hold yet; the stand-in engine needs none."""
