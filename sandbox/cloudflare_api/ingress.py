"""Validity of a tunnel's ingress list, by the rules that `cloudflared` applies to it."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from sandbox.cloudflare_api.document import Json, documents, section, texts
from sandbox.cloudflare_api.envelope import Refusal

URL_SCHEMES = ("http", "https", "tcp", "ssh", "rdp", "smb", "ws", "wss")
WORD_SERVICES = ("hello_world", "hello-world", "bastion", "socks-proxy")
# What Python's engine accepts and RE2 does not: look-around, back-references, atomic groups.
NOT_RE2 = re.compile(r"\(\?(?:[=!>]|<[=!]|P=)|\\[1-9]|[*+?}]\+")


def _refused(message: str) -> Refusal:
    return Refusal(400, 1056, f"Bad Configuration: {message}")


def check_configuration(config: Json) -> None:
    """Refuse a configuration that a connector would not load."""
    ingress = config.get("ingress")
    if ingress is None:
        return
    rules = documents(ingress)
    if not rules or len(rules) != len(ingress):
        raise _refused("ingress must be a non-empty list of rules")
    for number, rule in enumerate(rules, start=1):
        last = number == len(rules)
        catches_all = rule.get("hostname") in (None, "", "*") and not rule.get("path")
        if last and not catches_all:
            raise _refused("The last ingress rule must match all URLs (no hostname or path)")
        if catches_all and not last:
            raise _refused(f"Rule #{number} is matching the hostname '', but it is not the last rule")
        _check_hostname(number, str(rule.get("hostname") or ""))
        _check_path(number, str(rule.get("path") or ""))
        _check_service(number, rule.get("service"))
        _check_access(number, section(section(rule, "originRequest"), "access"))


def _check_hostname(number: int, hostname: str) -> None:
    if ":" in hostname:
        raise _refused(f"Rule #{number} has a hostname with a port; it must not contain one")
    if "*" in hostname.removeprefix("*"):
        raise _refused(f"Rule #{number} has a wildcard that is not the first part of the hostname")


def _check_path(number: int, path: str) -> None:
    try:
        re.compile(path)
    except re.error as error:
        raise _refused(f"Rule #{number} has an invalid regex: {error}") from None
    if NOT_RE2.search(path):
        raise _refused(f"Rule #{number} has an invalid regex: {path} is not RE2")


def _check_service(number: int, service: object) -> None:
    if not isinstance(service, str) or not service:
        raise _refused(f"Rule #{number} has no service")
    if service in WORD_SERVICES or service.startswith(("unix:", "unix+tls:")):
        return
    if service.startswith("http_status:"):
        if not re.fullmatch("[1-9][0-9][0-9]", service.removeprefix("http_status:")):
            raise _refused(f"Rule #{number} has an invalid HTTP status code: {service}")
        return
    url = urlsplit(service)
    if url.scheme not in URL_SCHEMES or not url.hostname:
        raise _refused(f"{service} is an invalid address, please make sure it has a scheme and a hostname")
    if url.path or url.query or url.fragment:
        raise _refused(f"{service} is an invalid address, ingress rules don't support proxying to a path")


def _check_access(number: int, access: Json) -> None:
    if access.get("required") and texts(access.get("audTag")) and not access.get("teamName"):
        raise _refused(f"Rule #{number}: access.TeamName cannot be blank")
