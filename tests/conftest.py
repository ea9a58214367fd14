"""Options and fixtures that all tests share."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--bless", action="store_true", help="accept what is seen as expected (see tests/README.md)")


@pytest.fixture(scope="session", autouse=True)
def default_ports() -> Iterator[None]:
    """Keep the sandbox's default ports taken, so that sandboxes of parallel tests do not race for them."""
    with contextlib.ExitStack() as taken:
        for port in (80, 443, 7844, 8080, 8443, 8787):
            kept = taken.enter_context(socket.socket())
            # Another worker may hold it already, or it is below 1024 and not ours to take.
            with contextlib.suppress(OSError):
                kept.bind(("127.0.0.1", port))
        yield


@pytest.fixture
def bless(request: pytest.FixtureRequest) -> bool:
    """Whether goldens are rewritten instead of compared."""
    return bool(request.config.getoption("--bless"))
