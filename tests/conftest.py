"""Options and fixtures that all tests share."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--bless", action="store_true", help="accept what is seen as expected (see tests/README.md)")


@pytest.fixture(scope="session", autouse=True)
def default_port() -> Iterator[None]:
    """Keep the sandbox's default port taken, so that sandboxes of parallel tests do not race for it."""
    with socket.socket() as taken, contextlib.suppress(OSError):
        taken.bind(("127.0.0.1", 8787))
        yield
        return
    yield


@pytest.fixture
def bless(request: pytest.FixtureRequest) -> bool:
    """Whether goldens are rewritten instead of compared."""
    return bool(request.config.getoption("--bless"))
