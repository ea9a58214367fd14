"""The front door for tests: a furnished account, an origin in memory, a state directory of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from .world import FrontWorld, made_keys


@pytest.fixture(scope="session")
def front_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("front-keys")
    made_keys(directory)
    return directory


@pytest.fixture
def front(tmp_path: Path, front_keys: Path) -> Iterator[FrontWorld]:
    shutil.copytree(front_keys, tmp_path / "front" / "keys")
    world = FrontWorld(tmp_path / "front")
    yield world
    world.close()
