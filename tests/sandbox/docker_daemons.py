"""The daemons over which the Docker provider is tested: the stand-in engine always, a real one where it may be used."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox.containers import Daemon, images
from sandbox.containers.daemon import GONE, client
from tests.sandbox.engine_world import EngineProgram

REAL = os.environ.get("GATEHOUSE_TEST_DOCKER", "")
"""The DOCKER_HOST of a daemon that belongs to the tests. Only they read it, so nothing else uses that daemon."""


@contextmanager
def daemon(kind: str, directory: Path) -> Iterator[str]:
    """The DOCKER_HOST of a daemon that holds the sandbox's Python image."""
    if kind == "stand-in":
        program = EngineProgram(directory)
        try:
            yield f"unix://{program.socket}"
        finally:
            program.close()
        return
    if not answers(REAL):
        pytest.skip("NO DOCKER DAEMON: name one in GATEHOUSE_TEST_DOCKER; the provider was tried on the stand-in only")
    images.ensure(Daemon("docker", REAL, "", ""), print, real_cloudflared=False)
    yield REAL


def answers(host: str) -> bool:
    """Whether a daemon is there."""
    if not host:
        return False
    try:
        with client(host, 2) as api:
            return bool(api.ping())
    except GONE:
        return False
