"""Worlds for tests on the real engine. Each ends its own processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.engine import find
from tests.end_to_end.world import World


@pytest.fixture(scope="session", autouse=True)
def engine() -> None:
    """These tests are worth nothing without the engine, so its absence is said aloud."""
    if find() is None:
        pytest.skip(
            "NO PULUMI ENGINE on this machine: run `make up` once, which gets it; nothing end to end was tested"
        )


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The sample project and an empty sandbox, for all tests of a module, which run in order."""
    created = World(tmp_path_factory.mktemp("world"))
    yield created
    created.sandbox("down")


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[World]:
    """The sample project and an empty sandbox for one test."""
    created = World(tmp_path)
    yield created
    created.sandbox("down")
