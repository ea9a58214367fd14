"""Validity of a tunnel's ingress list, by the rules that `cloudflared` applies to it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from sandbox.cloudflare_api.document import Json, documents, misfit, section
from sandbox.cloudflare_api.envelope import Refusal

URL_SCHEMES = ("http", "https", "tcp", "ssh", "rdp", "smb", "ws", "wss")
WORD_SERVICES = ("hello_world", "hello-world", "bastion", "socks-proxy")
RULE = {"hostname": "a text", "path": "a text", "service": "a text", "originRequest": "an object"}
# What Python's engine accepts and RE2 does not: look-around, back-references, atomic groups.
NOT_RE2 = re.compile(r"\(\?(?:[=!>]|<[=!]|P=)|\\[1-9]|[*+?}]\+")


def _refused(message: str) -> Refusal:
    return Refusal(400, 1056, f"Bad Configuration: {message}")


def check_configuration(body: Json) -> Json:
    """The configuration of a request body; refused if a connector would not load it."""
    _check_kinds("config", body, {"config": "an object"})
    config = section(body, "config")
    _check_kinds("config", config, {"ingress": "a list of objects", "originRequest": "an object"})
    rules = documents(config.get("ingress"))
    if "ingress" in config and not rules:
        raise _refused("ingress must have at least one rule")
    for number, rule in enumerate(rules, start=1):
        _check_kinds(f"Rule #{number}", rule, RULE)
        _check_place(number, rule, last=number == len(rules))
        _check_path(number, str(rule.get("path") or ""))
        _check_service(number, str(rule.get("service") or ""))
        _check_access(number, section(rule, "originRequest"))
    return config


def _check_kinds(where: str, document: Json, fields: Mapping[str, str]) -> None:
    wrong = misfit(document, fields)
    if wrong is not None:
        raise _refused(f"{where}: {wrong}")


def _check_place(number: int, rule: Json, last: bool) -> None:
    """Only the last rule takes every request, and a hostname is a plain one or `*.` before one."""
    hostname = str(rule.get("hostname") or "")
    catches_all = hostname in ("", "*") and not rule.get("path")
    if last and not catches_all:
        raise _refused("The last ingress rule must match all URLs (no hostname or path)")
    if catches_all and not last:
        raise _refused(f"Rule #{number} is matching the hostname '', but it is not the last rule")
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


def _check_service(number: int, service: str) -> None:
    if not service:
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


def _check_access(number: int, origin_request: Json) -> None:
    where = f"Rule #{number}"
    _check_kinds(where, origin_request, {"access": "an object"})
    access = section(origin_request, "access")
    _check_kinds(where, access, {"required": "a flag", "audTag": "a list of texts", "teamName": "a text"})
    if access.get("required") and access.get("audTag") and not access.get("teamName"):
        raise _refused(f"{where}: access.TeamName cannot be blank")
