"""Getting an engine: each way in turn, one builder at a time, nothing half-written."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from sandbox.engine import build, release
from sandbox.engine.locate import Engine, EngineUnavailableError, cached, cached_dir, find


def obtain(say: Callable[[str], None] = lambda _: None) -> Engine:
    """An engine that is ready to run; `say` hears what takes long."""
    found = find()
    if found:
        return found
    with _one_builder(say):
        # Whoever held the lock before may have finished the work.
        ready = cached()
        if ready:
            return ready
        _fill_cache(say)
    ready = cached()
    if ready is None:
        raise EngineUnavailableError(f"the engine was made but is not in {cached_dir()}")
    return ready


def _fill_cache(say: Callable[[str], None]) -> None:
    target = cached_dir()
    # We hold the lock, so whatever lies half-made here belongs to a builder that was killed.
    for leftover in target.parent.glob(".making-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    work = Path(tempfile.mkdtemp(prefix=".making-", dir=target.parent))
    try:
        try:
            release.download(work, say)
            origin = "official release, checksum verified"
        except EngineUnavailableError as unreachable:
            say(f"no download ({unreachable})")
            for leftover in work.iterdir():
                leftover.unlink()
            build.build(work, say)
            origin = "built from source"
        (work / "origin").write_text(origin + "\n")
        if target.exists():
            shutil.rmtree(target)
        work.rename(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


@contextlib.contextmanager
def _one_builder(say: Callable[[str], None]) -> Iterator[None]:
    target = cached_dir()
    target.parent.mkdir(parents=True, exist_ok=True)
    with (target.parent / f"{target.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("waiting for another build of the same engine")
            fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write(str(os.getpid()))
        yield
