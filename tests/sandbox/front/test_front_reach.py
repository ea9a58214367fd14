"""Services that a browser does not open say what they are and how they are reached."""

from __future__ import annotations

import pytest

from sandbox.front.reach import stream_at

from .sockets import Echo, websocket
from .world import Browser, FrontWorld

BASTION = "https://bastion.example.com/"


def _serve(front: FrontWorld, service: str) -> None:
    """A host whose tunnel leads to that service, for marketing only."""
    tunnel = front.ids["t"]
    target = {"type": "CNAME", "content": f"{tunnel}.cfargotunnel.com", "proxied": True, "ttl": 1}
    front.make("dns_records", {"name": "bastion.example.com", **target})
    rules = [{"hostname": "bastion.example.com", "service": service}, {"service": "http_status:404"}]
    front.api("PUT", f"cfd_tunnel/{tunnel}/configurations", {"config": {"ingress": rules}})
    only = {"allowed_idps": [front.ids["workspace"]], "auto_redirect_to_identity": True}
    own = front.policy("only marketing", "allow", [{"group": {"id": front.named("groups", "marketing")}}])
    front.application("Bastion <host>", "bastion.example.com", [own], **only)


@pytest.mark.parametrize(
    ("service", "what", "command"),
    [
        ("ssh://bastion.internal:22", "SSH server", "cloudflared access ssh --hostname"),
        ("rdp://desk.internal:3389", "remote desktop", "cloudflared access rdp --hostname bastion.example.com"),
        ("smb://files.internal:445", "file share", "cloudflared access smb --hostname bastion.example.com"),
        ("tcp://db.internal:5432", "TCP service", "cloudflared access tcp --hostname bastion.example.com"),
    ],
)
def test_somebody_who_is_let_in_reads_how_it_is_reached(
    front: FrontWorld, service: str, what: str, command: str
) -> None:
    _serve(front, service)
    reply = Browser(front).log_in(BASTION, "mika")
    assert (reply.status, what in reply.text, command in reply.text) == (200, True, True)
    assert "bastion.example.com" in reply.text
    assert "Bastion &lt;host&gt;" in reply.text
    assert front.origin.heads == []


def test_nobody_else_reads_it(front: FrontWorld) -> None:
    _serve(front, "ssh://bastion.internal:22")
    reply = Browser(front).log_in(BASTION, "sam")
    assert (reply.status, "cloudflared" in reply.text) == (403, False)


def test_cloudflared_itself_passes(front: FrontWorld) -> None:
    """It reaches the service by a WebSocket, with the token in a header."""
    _serve(front, "ssh://bastion.internal:22")
    browser = Browser(front)
    browser.log_in(BASTION, "mika")
    token = browser.cookies["bastion.example.com", "/", "CF_Authorization"]
    front.origin.pipe = Echo()
    got = websocket(front, BASTION, [("cf-access-token", token)], [{"type": "websocket.receive", "bytes": b"SSH-2.0"}])
    assert got[1] == {"type": "websocket.send", "bytes": b"SSH-2.0"}


@pytest.mark.parametrize(
    ("host", "path", "kind"),
    [
        ("ssh.example.com", "/", "ssh"),
        ("a.b.example.com", "/", "tcp"),
        ("example.com", "/", ""),
        ("web.example.com", "/", ""),
        ("web.example.com", "/files/x", "smb"),
        ("elsewhere.test", "/", ""),
    ],
)
def test_the_first_rule_that_takes_a_request_says_it(host: str, path: str, kind: str) -> None:
    rules = [
        {"hostname": "ssh.example.com", "service": "ssh://x:22"},
        {"hostname": "web.example.com", "path": "^/files(/|$)", "service": "smb://x:445"},
        {"hostname": "web.example.com", "service": "http://x:80"},
        {"hostname": "*.example.com", "service": "tcp://x:1"},
        {"service": "http_status:404"},
    ]
    assert stream_at(rules, host, path) == kind
    assert stream_at((), host, path) == ""
