"""The account's host name, which no DNS knows: it leads to the local server, whose certificate is trusted."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import certifi

from sandbox.snowflake_runtime.inside.late import replace
from sandbox.snowflake_runtime.inside.order import Order

_BUNDLE = "authorities.pem"
_HTTPS = (443, "443", "https", b"443", b"https")


def lead_to(order: Order) -> None:
    """Let every library of this process find `https://<host>` at the local server."""
    _resolve(order.host, order.https_port)
    _trust(order.authority)
    # Nothing outside answers for the sandbox's certificate, and this machine is no cloud's.
    os.environ["SF_OCSP_RESPONSE_CACHE_SERVER_ENABLED"] = "false"
    os.environ["SNOWFLAKE_DISABLE_PLATFORM_DETECTION"] = "true"


def _resolve(wanted: str, https_port: int) -> None:
    real = socket.getaddrinfo

    def getaddrinfo(host: Any, port: Any, *arguments: Any, **named: Any) -> Any:
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
        if isinstance(name, str) and name.rstrip(".").lower() == wanted:
            host, port = "127.0.0.1", https_port if port in _HTTPS else port
        return real(host, port, *arguments, **named)

    replace(socket, "getaddrinfo", getaddrinfo)


def _trust(authority: Path) -> None:
    """The usual authorities and the sandbox's own, for `requests`, the connector and `ssl`."""
    bundle = Path.home() / _BUNDLE
    bundle.write_bytes(b"\n".join((Path(certifi.where()).read_bytes(), authority.read_bytes())))
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        os.environ[name] = str(bundle)
