"""A real browser for tests: Debian's Chromium, driven by Playwright, against a front door on this machine.

    with chromium(port, authority) as browser, browser.new_page() as page: ...

Every host of the sandbox leads to that port, and only certificates of that authority are believed. `offline()` is a
browser for files, which finds no host at all.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from sandbox.edge.certificates import fingerprint

HOSTS = ("*.example.com", "*.cloudflareaccess.com", "*.sandbox.test")
EXECUTABLE = shutil.which("chromium")
needs_chromium = pytest.mark.skipif(
    EXECUTABLE is None,
    reason="NO BROWSER: nothing was tested in a real one. Install Debian's package `chromium`, then run this again.",
)
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)


@contextmanager
def chromium(port: int, authority: Path) -> Iterator[Browser]:
    """A browser to which `https://` at any host of the sandbox is 127.0.0.1 at that port."""
    rules = ", ".join(f"MAP {host} 127.0.0.1:{port}" for host in HOSTS)
    own = (f"--host-resolver-rules={rules}", f"--ignore-certificate-errors-spki-list={fingerprint(authority)}")
    with _launched(*own) as browser:
        yield browser


@contextmanager
def offline() -> Iterator[Browser]:
    with _launched("--host-resolver-rules=MAP * ~NOTFOUND") as browser:
        yield browser


@contextmanager
def _launched(*own: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=EXECUTABLE, args=[*_FLAGS, *own])
        yield browser
        browser.close()
