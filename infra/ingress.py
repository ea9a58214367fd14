"""The ingress map of the tunnel: which request goes to which origin.

cloudflared takes the first rule that matches and reads `path` as an unanchored regular expression on the decoded path
(cloudflared `ingress/rule.go`), so patterns are anchored and quoted, and longer prefixes come first. The catch-all that
cloudflared demands as the last rule is added by the component.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from infra.estate import App, Estate, Tunnelled

CATCH_ALL = "http_status:404"


@dataclass(frozen=True)
class IngressRule:
    """One rule; `path` is an RE2 pattern, empty for a whole host name. `guarded`: the connector checks the token."""

    app: App
    home: Tunnelled
    path: str
    guarded: bool


def path_pattern(path: str) -> str:
    """The pattern for a path and everything below it, but not for `/marketing2` beside `/marketing`."""
    return f"^{re.escape(path)}(/|$)" if path else ""


def ingress_rules(estate: Estate, today: date) -> tuple[IngressRule, ...]:
    """All rules, in an order that does not depend on the file's: host names, then longer paths first."""
    ordered = sorted(estate.tunnelled, key=lambda item: (item[1].hostname, -len(item[1].path), item[1].path))
    return tuple(IngressRule(app, home, path_pattern(home.path), not is_public(app, today)) for app, home in ordered)


def is_public(app: App, today: date) -> bool:
    """Whether some requests come without a token: bypassed ones carry none, so the connector must not ask for it."""
    return any(entry.decision == "bypass" and entry.holds_on(today) for entry in app.access)
