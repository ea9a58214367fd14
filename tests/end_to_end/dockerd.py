"""A Docker daemon for tests: the one that GATEHOUSE_TEST_DOCKER names, or one of our own in a folder of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.sandbox.docker_daemons import REAL, answers

_ANSWERS_WITHIN = 30.0


@contextmanager
def docker_daemon() -> Iterator[str]:
    """Its DOCKER_HOST. Where there is none and none can be started, the tests are skipped, and say so."""
    if REAL and answers(REAL):
        yield REAL
        return
    if os.getuid() != 0 or shutil.which("dockerd") is None:
        pytest.skip(
            "NO DOCKER DAEMON: name one in GATEHOUSE_TEST_DOCKER, or run as root where dockerd is installed; "
            "nothing was tried in real containers"
        )
    folder = Path(tempfile.mkdtemp(prefix="gatehouse-dockerd-"))
    host = f"unix://{folder}/docker.sock"
    log = (folder / "log").open("wb")
    words = ["--data-root", str(folder / "root"), "--exec-root", str(folder / "exec"), "-p", str(folder / "pid")]
    program = subprocess.Popen(["dockerd", *words, "-H", host], stdout=log, stderr=log)
    try:
        _await(program, host, folder / "log")
        yield host
    finally:
        program.terminate()
        program.wait(60)
        log.close()
        # Left mounted by the daemon, and nothing with a mount in it can be removed.
        subprocess.run(["umount", str(folder / "exec" / "netns" / "default")], capture_output=True, check=False)
        shutil.rmtree(folder, ignore_errors=True)


def _await(program: subprocess.Popen[bytes], host: str, log: Path) -> None:
    end = time.monotonic() + _ANSWERS_WITHIN
    while not answers(host):
        if program.poll() is not None or time.monotonic() > end:
            last = log.read_text(errors="replace").splitlines()[-3:]
            pytest.skip(
                "NO DOCKER DAEMON: dockerd does not start here, nothing was tried in real containers: "
                + " | ".join(last)
            )
        time.sleep(0.2)
