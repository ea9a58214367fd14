"""A browser for the sandbox: finding one, and the flags that let it see the sandbox's hosts and trust its key alone."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

_NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "brave-browser",
    "microsoft-edge",
    "microsoft-edge-stable",
)
_MAC = (
    "Chromium.app/Contents/MacOS/Chromium",
    "Google Chrome.app/Contents/MacOS/Google Chrome",
    "Brave Browser.app/Contents/MacOS/Brave Browser",
    "Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)

FIRST_RUN = ("--no-first-run", "--no-default-browser-check")  # which nobody wants to be asked about


def find_browser() -> Path | None:
    """A browser of the Chromium family; others take neither names nor keys from a command line."""
    on_path = (shutil.which(name) for name in _NAMES)
    found = next((Path(path) for path in on_path if path), None)
    if found is None and sys.platform == "darwin":
        applications = (
            folder / name for folder in (Path("/Applications"), Path.home() / "Applications") for name in _MAC
        )
        found = next((path for path in applications if path.is_file()), None)
    return found


def flags(hosts: Iterable[str], https_port: int, http_port: int | None, key: str) -> list[str]:
    """What makes a browser resolve these hosts to the front door on this machine, and accept that one key.

    `key` is the base64 of the SHA-256 of the server's SubjectPublicKeyInfo. Every other host and certificate is as
    anywhere. The flag of the key needs a `--user-data-dir` of its own, or the browser ignores it.
    """
    ports = [(port, here) for port, here in ((443, https_port), (80, http_port)) if here is not None]
    rules = (f"MAP {host}:{port} 127.0.0.1:{here}" for host in hosts for port, here in ports)
    return [
        f"--host-resolver-rules={', '.join(rules)}",
        f"--ignore-certificate-errors-spki-list={key}",
        *FIRST_RUN,
        "--disable-quic",
    ]
