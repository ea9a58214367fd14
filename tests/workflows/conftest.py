"""A GitHub, and a repository with the sample project, for each test that asks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workflows.fake_github import FakeGitHub, serving
from tests.workflows.repository import Repository


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    with serving(FakeGitHub()) as fake:
        yield fake


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)
