"""Property names: camel case and plural on Pulumi's wire, snake case and singular in Cloudflare's REST API.

Tunnel configurations are the exception: their REST names are camel case too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_REST = {
    "azureAd": "azureAD",
    "excludes": "exclude",
    "githubOrganization": "github-organization",
    "includes": "include",
    "matches": "match",
    "requires": "require",
    "serviceAuth401Redirect": "service_auth_401_redirect",
    "targetCriterias": "target_criteria",
    "warpAuthNonBrowser401": "warp_auth_non_browser_401",
}
_CONFIGURATION = {
    "audTags": "audTag",
    "ingresses": "ingress",
    "matchSnItoHost": "matchSNItoHost",
    "noTlsVerify": "noTLSVerify",
}
_WIRE = {rest: wire for wire, rest in _REST.items()}
_FROM_CONFIGURATION = {rest: wire for wire, rest in _CONFIGURATION.items()}


def rest_name(wire: str) -> str:
    """`sessionDuration` → `session_duration`, `includes` → `include`."""
    return _REST.get(wire) or re.sub(r"[A-Z]", lambda match: "_" + match[0].lower(), wire)


def wire_name(rest: str) -> str:
    """`session_duration` → `sessionDuration`, `include` → `includes`."""
    return _WIRE.get(rest) or re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), rest)


def to_rest(value: object, configuration: bool = False) -> object:
    """A value with every name in it as REST has it; `configuration` for what lies in a tunnel configuration."""
    if configuration:
        return _renamed(value, lambda name: _CONFIGURATION.get(name, name))
    return _renamed(value, rest_name)


def to_wire(value: object, configuration: bool = False) -> object:
    """A value with every name in it as Pulumi has it."""
    if configuration:
        return _renamed(value, lambda name: _FROM_CONFIGURATION.get(name, name))
    return _renamed(value, wire_name)


def _renamed(value: object, rename: Callable[[str], str]) -> object:
    if isinstance(value, Mapping):
        return {rename(str(name)): _renamed(item, rename) for name, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, rename) for item in value]
    return value
