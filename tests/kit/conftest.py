"""A process that can be in any place."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit.snowflake_places import Places


@pytest.fixture
def places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Places:
    return Places(monkeypatch, tmp_path)
