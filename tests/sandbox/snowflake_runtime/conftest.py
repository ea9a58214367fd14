"""One world for each module of tests; apps are not shared between tests, processes are where a module says so."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .served import World, world_in


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world that looks for changes often."""
    with world_in(tmp_path_factory.mktemp("runtimes"), look_every=0.1) as made:
        yield made
