"""How this machine gets Python packages, for images in which packages are installed: mirror and certificates."""

from __future__ import annotations

import os
import subprocess
import sys
from ast import literal_eval
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

BUNDLE_INSIDE = "/etc/ssl/certs/ca-certificates.crt"
_CARRIED = ("index-url", "extra-index-url", "trusted-host", "timeout", "proxy")
_BUNDLES = ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")


@dataclass(frozen=True)
class PackageSettings:
    """A pip.conf, and the certificates that this machine trusts where it names some itself."""

    pip_conf: str
    bundle: bytes
    left_out: tuple[str, ...]
    """Settings that hold a password, which must not become part of an image."""


def package_settings() -> PackageSettings:
    """What pip on this machine would use."""
    found = _configured()
    bundle = next(filter(Path.is_file, (Path(path) for path in (found.get("cert"), *_named_bundles()) if path)), None)
    secret = tuple(name for name in _CARRIED if any(urlsplit(word).password for word in found.get(name, "").split()))
    lines = [f"{name} = {found[name]}" for name in _CARRIED if name in found and name not in secret]
    if bundle:
        lines.append(f"cert = {BUNDLE_INSIDE}")
    text = "\n".join(["[global]", *lines, ""]).replace("\n\n", "\n")
    return PackageSettings(text, bundle.read_bytes() if bundle else b"", secret)


def proxies(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The proxies of this machine, by the names that every Dockerfile knows without declaring them."""
    names = ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY")
    return {name: environment[name] for both in names for name in (both, both.lower()) if environment.get(name)}


def _named_bundles() -> list[str | None]:
    return [os.environ.get(name) for name in _BUNDLES]


def _configured() -> dict[str, str]:
    command = [sys.executable, "-m", "pip", "config", "list", "--disable-pip-version-check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found: dict[str, str] = {}
    # In order of strength: global, user, site, and the environment last.
    for line in done.stdout.splitlines():
        name, _, value = line.partition("=")
        section, _, key = name.rpartition(".")
        if section in ("global", "install", ":env:"):
            found[key] = str(literal_eval(value))
    return found
