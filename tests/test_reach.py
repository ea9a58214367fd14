"""How people reach an app: every scheme that is accepted has its way, and the manual says which."""

from __future__ import annotations

import pytest

from infra.checks.addresses import SCHEMES
from infra.commands.reference import SERVICES, reference
from infra.estate import Tunnelled
from infra.reach import COMMANDS, command, where
from tests.build import STACK, codes, scope
from tests.recorder import recorded_example

HOST = "x.example.com"
WAYS = [
    ("http://x.internal", "https://x.example.com/"),
    ("https://x.internal:8443", "https://x.example.com/"),
    ("unix:/run/x.sock", "https://x.example.com/"),
    ("unix+tls:/run/x.sock", "https://x.example.com/"),
    ("http_status:503", "https://x.example.com/"),
    ("ssh://x.internal:2222", 'ssh -o ProxyCommand="cloudflared access ssh --hostname %h" x.example.com'),
    ("ssh://x.internal", 'ssh -o ProxyCommand="cloudflared access ssh --hostname %h" x.example.com'),
    ("rdp://x.internal", "cloudflared access rdp --hostname x.example.com --url rdp://localhost:3389"),
    ("smb://x.internal:445", "cloudflared access smb --hostname x.example.com --url localhost:8445"),
    ("tcp://x.internal:5432", "cloudflared access tcp --hostname x.example.com --url localhost:5432"),
    ("tcp://[2001:db8::1]:5432", "cloudflared access tcp --hostname x.example.com --url localhost:5432"),
]


@pytest.mark.parametrize(("service", "expected"), WAYS)
def test_where(service: str, expected: str) -> None:
    assert where(Tunnelled(HOST, "", service, None)) == expected


def test_every_scheme_has_a_way_and_a_row() -> None:
    assert {service.split(":")[0] for service, _ in WAYS} == set(SCHEMES)
    assert {service.split(":")[0] for service in SERVICES} == set(SCHEMES)
    assert all(f"| `{service}` |" in reference() for service in SERVICES)


@pytest.mark.parametrize("service", [*SERVICES, "tcp://db.internal"])
def test_what_the_manual_shows_is_accepted(service: str) -> None:
    app = f"apps:\n  x: {{owner: marketing, service: '{service}', subdomain: x, access: [marketing]}}\n"
    assert codes(scope(app, stack=STACK).problems) == ([] if service in SERVICES else ["bad-service"])


def test_guards_suit_what_is_behind_them() -> None:
    """cloudflared reads the cookie, and a tile that a browser cannot open would lead nowhere."""
    recording = recorded_example("services", "dev")
    behind = {
        "bastion": "ssh",
        "desktop": "rdp",
        "files": "smb",
        "warehouse": "tcp",
        "legacy": "unix",
        "closed": "http",
    }
    for guard in recording.of_type("ZeroTrustAccessApplication").values():
        name = guard.name.split(".")[0]
        opens = behind[name] not in COMMANDS
        assert (guard.inputs["appLauncherVisible"], guard.inputs["httpOnlyCookieAttribute"]) == (opens, opens), name
        assert guard.inputs["type"] == "self_hosted"
        home = Tunnelled(guard.name, "", {"warehouse": "tcp://x:5432"}.get(name, f"{behind[name]}://x"), None)
        assert recording.outputs["apps"][name].get("command", "") == command(home)
