"""The addresses of the front door: every host answers on one port, the identity provider on a host of its own."""

from __future__ import annotations

from dataclasses import dataclass

IDP_HOST = "idp.sandbox.test"
_HTTPS = 443


@dataclass(frozen=True)
class Addresses:
    """How URLs are written: with the port only where a browser would need it."""

    port: int = _HTTPS
    idp_host: str = IDP_HOST

    def authority(self, host: str) -> str:
        return host if self.port == _HTTPS else f"{host}:{self.port}"

    def url(self, host: str, path: str = "/") -> str:
        """An absolute URL at one of our hosts."""
        return f"https://{self.authority(host)}{path}"

    def idp(self, provider_id: str) -> str:
        """The issuer of one identity provider."""
        return self.url(self.idp_host, f"/{provider_id}")
