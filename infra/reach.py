"""How people reach an app: a browser opens most; for the rest they run cloudflared, which signs them in as well."""

from __future__ import annotations

from infra.estate import InSnowflake, Tunnelled

# By the scheme of the service (developers.cloudflare.com, "Client-side cloudflared").
COMMANDS = {
    "ssh": 'ssh -o ProxyCommand="cloudflared access ssh --hostname %h" {hostname}',
    "rdp": "cloudflared access rdp --hostname {hostname} --url rdp://localhost:3389",
    "smb": "cloudflared access smb --hostname {hostname} --url localhost:8445",
    "tcp": "cloudflared access tcp --hostname {hostname} --url localhost:{port}",
}


def command(home: Tunnelled) -> str:
    """What is run to reach a service that no browser opens; empty for the others.

    `tcp` listens on the port that the service has, so that clients keep their settings.
    """
    scheme, _, address = home.service.partition("://")
    port = address.rpartition(":")[2]
    return COMMANDS.get(scheme, "").format(hostname=home.hostname, port=port)


def where(home: Tunnelled | InSnowflake) -> str:
    """A URL, or a command."""
    return (command(home) if isinstance(home, Tunnelled) else "") or home.url
