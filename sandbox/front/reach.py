"""Services that no browser opens: what stands behind a host, and how it is reached.

`cloudflared access` reaches them by a WebSocket, so a plain request for one comes from a browser.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

from starlette.responses import HTMLResponse

from sandbox.cloudflare_api.document import Json
from sandbox.front.carriage import ANSWERED_BY
from sandbox.front.look import page

# What it is, and the lines that reach it (developers.cloudflare.com, "Arbitrary TCP with cloudflared").
_KINDS = {
    "ssh": ("an SSH server", ('ssh -o ProxyCommand="cloudflared access ssh --hostname %h" {host}',)),
    "rdp": ("a remote desktop", ("cloudflared access rdp --hostname {host} --url rdp://localhost:3389",)),
    "smb": ("a file share (SMB)", ("cloudflared access smb --hostname {host} --url localhost:8445",)),
    "tcp": ("a TCP service", ("cloudflared access tcp --hostname {host} --url localhost:9210",)),
}
_AFTER = {
    "ssh": "cloudflared opens a browser for the login, and ssh goes on from there.",
    "rdp": "Then connect a remote desktop client to localhost:3389.",
    "smb": "Then mount the share from localhost:8445.",
    "tcp": "Then connect your client to localhost:9210.",
}


def stream_at(ingress: Iterable[Json], host: str, path: str) -> str:
    """The kind of service behind a host if no browser opens it (a key of the table above); empty otherwise."""
    rule = next((one for one in ingress if _takes(one, host, path)), {})
    scheme = str(rule.get("service") or "").partition("://")[0]
    return scheme if scheme in _KINDS else ""


def _takes(rule: Json, host: str, path: str) -> bool:
    """As cloudflared reads a rule: wildcards at any depth, and a path that is searched for."""
    named = str(rule.get("hostname") or "*")
    fits = named in ("*", host) or (named.startswith("*.") and host.endswith(named[1:]))
    return fits and re.search(str(rule.get("path") or ""), path) is not None


def how_to_reach(kind: str, host: str, name: str) -> HTMLResponse:
    """The page for somebody who was let in, but came with a browser."""
    what, lines = _KINDS[kind]
    commands = "".join(f"<pre><code>{escape(line.format(host=host))}</code></pre>" for line in lines)
    body = (
        f"<p>You have access. It is {escape(what)}, which a browser does not open; from a terminal:</p>"
        f"{commands}<p>{escape(_AFTER[kind])}</p><dl><dt>Host</dt><dd>{escape(host)}</dd></dl>"
    )
    summary = f"{host} is {what}, reached by cloudflared access {kind}."
    answer = page(name, body, kicker="Access · let in", summary=summary)
    answer.headers[ANSWERED_BY] = "edge"
    return answer
