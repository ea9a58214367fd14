"""Which application stands at a URL: patterns of hosts and paths, and the most specific of those that match.

Documented: a domain covers everything under it; `host/alpha/*` does not cover `host/alpha`; `*.host` covers one
label and not the apex; a wildcard inside a path may span segments. Not documented, decided here: a path without
wildcard matches by whole segments, with regard to case; hosts without.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from sandbox.cloudflare_api.document import Json, documents, texts

# Other types are links and logins elsewhere; they guard no URL of ours.
GUARDING_TYPES = ("self_hosted", "ssh", "vnc", "rdp", "mcp_portal")


@dataclass(frozen=True)
class Place:
    """An application and the one of its patterns that covers a URL."""

    application: Json
    pattern: str

    @property
    def host(self) -> str:
        return _split(self.pattern)[0]

    @property
    def path(self) -> str:
        """The path of the pattern up to its first wildcard; empty for a whole host."""
        return _split(self.pattern)[1].partition("*")[0].rstrip("/")


def application_at(applications: tuple[Json, ...], host: str, path: str) -> Json | None:
    """The application with the most specific pattern that covers the URL."""
    place = place_at(applications, host, path)
    return None if place is None else place.application


def place_at(applications: tuple[Json, ...], host: str, path: str, reading: Callable[[str], str] = str) -> Place | None:
    """The most specific place that covers the URL; `reading` is applied to the paths of patterns before."""
    best: tuple[tuple[object, ...], Place] | None = None
    for application in applications:
        for pattern in patterns_of(application):
            at, slash, below = pattern.partition("/")
            read = at + (reading(slash + below) if slash else "")
            if covers(read, host, path) and (best is None or _rank(pattern) > best[0]):
                best = (_rank(pattern), Place(application, pattern))
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
