"""Which application stands at a URL: patterns of hosts and paths, and the most specific of those that match.

Documented: a domain covers everything under it; `host/alpha/*` does not cover `host/alpha`; `*.host` covers one
label and not the apex; a wildcard inside a path may span segments. Not documented, decided here: a path without
wildcard matches by whole segments, with regard to case; hosts without.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from sandbox.cloudflare_api.document import Json, documents, texts

# Other types are links and logins elsewhere; they guard no URL of ours.
GUARDING_TYPES = ("self_hosted", "ssh", "vnc", "rdp", "mcp_portal")


def application_at(applications: tuple[Json, ...], host: str, path: str) -> Json | None:
    """The application with the most specific pattern that covers the URL."""
    best: tuple[tuple[object, ...], Json] | None = None
    for application in applications:
        for pattern in patterns_of(application):
            if covers(pattern, host, path) and (best is None or _rank(pattern) > best[0]):
                best = (_rank(pattern), application)
    return None if best is None else best[1]


def patterns_of(application: Json) -> Iterator[str]:
    """The public hosts and paths that an application guards."""
    if application.get("type", "self_hosted") not in GUARDING_TYPES:
        return
    destinations = documents(application.get("destinations"))
    public = [str(one["uri"]) for one in destinations if one.get("type", "public") == "public" and "uri" in one]
    domain = application.get("domain")
    yield from public or texts(application.get("self_hosted_domains")) or ((str(domain),) if domain else ())


def covers(pattern: str, host: str, path: str) -> bool:
    """Whether a URL lies under the pattern."""
    hosts, paths = _expressions(pattern)
    return bool(hosts.fullmatch(host.lower()) and paths.fullmatch(path or "/"))


@lru_cache(maxsize=4096)
def _expressions(pattern: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    host, path = _split(pattern)
    labels = re.escape(host).replace(r"\*", "[^.]*")
    labels = f"(?=[^.]){labels}" if host.startswith("*") else labels
    segments = re.escape(path).replace(r"\*", ".*")
    return re.compile(labels), re.compile(f"{segments}(?:/.*)?", re.DOTALL)


def _split(pattern: str) -> tuple[str, str]:
    host, slash, path = pattern.partition("/")
    return host.lower(), (slash + path).rstrip("/")


def _rank(pattern: str) -> tuple[object, ...]:
    """An exact host before a wildcard, a longer host before a shorter; then the deeper and longer path."""
    host, path = _split(pattern)
    return "*" not in host, len(host.replace("*", "")), path.count("/"), len(path.replace("*", ""))
