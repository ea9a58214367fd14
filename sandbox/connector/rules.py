"""Ingress rules: how a configuration is read, and which rule a request meets first."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from sandbox.connector.settings import Address

_WEB = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_STREAMS = {
    "tcp": 7864,
    "ssh": 22,
    "rdp": 3389,
    "smb": 445,
}  # with the ports that cloudflared takes where none is named
_WORDS = ("hello_world", "hello-world", "bastion", "socks-proxy")


class ConfigurationError(ValueError):
    """A configuration that cloudflared would not load either."""


@dataclass(frozen=True)
class AccessCheck:
    """Whose tokens a rule lets in."""

    team: str
    audiences: tuple[str, ...]


@dataclass(frozen=True)
class OriginSettings:
    """How a rule's origin is spoken to."""

    host_header: str = ""
    verify: bool = True
    server_name: str = ""
    ca_pool: str = ""
    connect_timeout: float = 30.0
    access: AccessCheck | None = None


@dataclass(frozen=True)
class WebService:
    """An origin that speaks HTTP, over TCP or a Unix socket."""

    tls: bool
    address: Address | str
    host: str  # its `Host` where the request's is not passed on, and its name in TLS


@dataclass(frozen=True)
class StatusService:
    """`http_status:NNN`: an answer without an origin."""

    status: int


@dataclass(frozen=True)
class StreamService:
    """`tcp://`, `ssh://`, `rdp://`, `smb://`: the bytes of a TCP connection, for `cloudflared access tcp`."""

    text: str
    address: Address


@dataclass(frozen=True)
class OtherService:
    """A service that the stand-in does not carry."""

    text: str


Service = WebService | StatusService | StreamService | OtherService


@dataclass(frozen=True)
class Rule:
    """One ingress rule."""

    hostname: str
    path: re.Pattern[str] | None
    service: Service
    origin: OriginSettings = field(default_factory=OriginSettings)

    def matches(self, hostname: str, path: str) -> bool:
        """The path is searched in, not matched as a whole: cloudflared's rules are unanchored."""
        return self._takes(hostname) and (self.path is None or self.path.search(path) is not None)

    def _takes(self, hostname: str) -> bool:
        if self.hostname in ("", "*", hostname):
            return True
        return self.hostname.startswith("*.") and hostname.endswith(self.hostname[1:])


NOTHING_CONFIGURED = (Rule("", None, StatusService(503)),)


def first_match(rules: tuple[Rule, ...], authority: str, target: str) -> Rule:
    """The first rule that takes a request: host without port, path decoded and without its query."""
    hostname = re.sub(r":\d+$", "", authority)
    path = unquote(target.partition("?")[0], errors="surrogateescape")
    return next((rule for rule in rules if rule.matches(hostname, path)), rules[-1])


def read_rules(config: object) -> tuple[Rule, ...]:
    """The rules of a pushed configuration; raises `ConfigurationError`."""
    document = _object(config, "the configuration")
    defaults = _object(document.get("originRequest"), "originRequest")
    entries = [] if document.get("ingress") is None else document["ingress"]
    if not isinstance(entries, list):
        raise ConfigurationError("ingress is not a list")
    if not entries:
        return NOTHING_CONFIGURED
    rules = tuple(_rule(number, entry, defaults) for number, entry in enumerate(entries, start=1))
    for number, rule in enumerate(rules, start=1):
        catches_all = rule.hostname in ("", "*") and rule.path is None
        if catches_all != (number == len(rules)):
            raise ConfigurationError(
                "The last ingress rule must match all URLs (no hostname or path)"
                if number == len(rules)
                else f"Rule #{number} matches all URLs, but it is not the last rule"
            )
    return rules


def _rule(number: int, entry: object, defaults: dict[str, object]) -> Rule:
    document = _object(entry, f"rule #{number}")
    path = str(document.get("path") or "")
    try:
        pattern = re.compile(path) if path else None
    except re.error as error:
        raise ConfigurationError(f"Rule #{number} has an invalid regex: {error}") from error
    own = _object(document.get("originRequest"), f"originRequest of rule #{number}")
    service = _service(str(document.get("service") or ""))
    return Rule(str(document.get("hostname") or ""), pattern, service, _origin({**defaults, **own}, own))


def _service(text: str) -> Service:
    if text.startswith("http_status:"):
        code = text.removeprefix("http_status:")
        if not re.fullmatch("[1-9][0-9][0-9]", code):
            raise ConfigurationError(f"invalid HTTP status code: {text}")
        return StatusService(int(code))
    if text.startswith(("unix:", "unix+tls:")):
        kind, _, file = text.partition(":")
        return WebService(kind == "unix+tls", file, "localhost")
    if text in _WORDS:
        return OtherService(text)
    url = urlsplit(text)
    ports = {**_WEB, **_STREAMS}
    if url.scheme not in ports or not url.hostname:
        raise ConfigurationError(f"{text} is an invalid address, please make sure it has a scheme and a hostname")
    if url.path and url.scheme in _WEB:
        raise ConfigurationError(f"{text} is an invalid address, ingress rules don't support proxying to a path")
    try:
        address = Address(url.hostname, url.port or ports[url.scheme])
    except ValueError as error:
        raise ConfigurationError(f"{text} is an invalid address: {error}") from error
    if url.scheme in _STREAMS:
        return StreamService(text, address)
    return WebService(url.scheme in ("https", "wss"), address, url.hostname)


def _origin(document: dict[str, object], own: dict[str, object]) -> OriginSettings:
    timeout = document.get("connectTimeout")
    return OriginSettings(
        host_header=str(document.get("httpHostHeader") or ""),
        verify=not document.get("noTLSVerify"),
        server_name=str(document.get("originServerName") or ""),
        ca_pool=str(document.get("caPool") or ""),
        connect_timeout=float(timeout) if isinstance(timeout, int | float) and timeout > 0 else 30.0,
        access=_access(own),
    )


def _access(own: dict[str, object]) -> AccessCheck | None:
    """Only a rule's own block counts: cloudflared ignores the one above all rules."""
    access = _object(own.get("access"), "access")
    if not access.get("required"):
        return None
    tags, team = access.get("audTag"), str(access.get("teamName") or "")
    audiences = tuple(str(tag) for tag in tags) if isinstance(tags, list) else ()
    if audiences and not team:
        raise ConfigurationError("access.TeamName cannot be blank")
    return AccessCheck(team, audiences)


def _object(value: object, name: str) -> dict[str, object]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ConfigurationError(f"{name} is not an object")
    return value
