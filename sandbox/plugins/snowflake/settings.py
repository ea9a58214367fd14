"""The provider's configuration: where the account is, who logs in and how, out of the program or the environment."""

from __future__ import annotations

import ipaddress
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.plugins.service import Fault
from sandbox.plugins.values import Properties, is_known, reveal

# The variables are the official provider's (pkg/internal/snowflakeenvs of terraform-provider-snowflake).
_VARIABLES = {
    "host": "SNOWFLAKE_HOST",
    "port": "SNOWFLAKE_PORT",
    "protocol": "SNOWFLAKE_PROTOCOL",
    "organizationName": "SNOWFLAKE_ORGANIZATION_NAME",
    "accountName": "SNOWFLAKE_ACCOUNT_NAME",
    "user": "SNOWFLAKE_USER",
    "role": "SNOWFLAKE_ROLE",
    "warehouse": "SNOWFLAKE_WAREHOUSE",
    "authenticator": "SNOWFLAKE_AUTHENTICATOR",
    "password": "SNOWFLAKE_PASSWORD",
    "privateKey": "SNOWFLAKE_PRIVATE_KEY",
    "privateKeyPassphrase": "SNOWFLAKE_PRIVATE_KEY_PASSPHRASE",
    "token": "SNOWFLAKE_TOKEN",
}
_OTHERS = ("params", "previewFeaturesEnabled", "version", "pluginDownloadURL")
_PASSWORD = ("", "SNOWFLAKE")
_BY_KEY = "SNOWFLAKE_JWT"
_BY_TOKEN = ("OAUTH", "PROGRAMMATIC_ACCESS_TOKEN")


@dataclass(frozen=True)
class Settings:
    """One user's way to log in, in one role. Credentials are empty where they are not used."""

    host: str
    port: int
    protocol: str
    account: str
    user: str
    role: str
    warehouse: str
    authenticator: str
    password: str = field(repr=False)
    private_key: str = field(repr=False)
    passphrase: str = field(repr=False)
    token: str = field(repr=False)
    parameters: Mapping[str, str]
    """Of the session."""
    previews: frozenset[str]
    """The preview features that are enabled."""

    @property
    def address(self) -> str:
        """Where the account is, for people."""
        return f"{self.protocol}://{self.host}:{self.port}"


def faults(config: Properties) -> list[Fault]:
    """What is wrong with a configuration; of one that is not known yet, nothing."""
    if not is_known(config):
        return []
    found = [
        (name, f"the provider stand-in does not read `{name}`")
        for name in sorted(config)
        if name not in _VARIABLES and name not in _OTHERS and not name.startswith("__")
    ]
    told = _told(config)
    if not _is_here(told["host"]):
        found.append(("host", _elsewhere(told["host"])))
    if told["port"] and not told["port"].isdigit():
        found.append(("port", f"`{told['port']}` is not a port"))
    if told["protocol"] not in ("", "http", "https"):
        found.append(("protocol", f"`{told['protocol']}` is neither `http` nor `https`"))
    missing = [name for name in ("organizationName", "accountName", "user") if not told[name]]
    found += [(name, f"`{name}` is missing, and so is {_VARIABLES[name]}") for name in missing]
    found += [("authenticator", reason) for reason in _credential_faults(told)]
    found += [(name, f"`{name}` is no {shape}, nor one as JSON text") for name, shape in _malformed(config)]
    return found


def settings(config: Properties) -> Settings:
    """A configuration without faults."""
    told = _told(config)
    protocol = told["protocol"] or "https"
    parameters, previews = _read(config.get("params")), _read(config.get("previewFeaturesEnabled"))
    return Settings(
        host=told["host"],
        port=int(told["port"] or ("443" if protocol == "https" else "80")),
        protocol=protocol,
        account=f"{told['organizationName']}-{told['accountName']}",
        user=told["user"],
        role=told["role"],
        warehouse=told["warehouse"],
        authenticator=_authenticator(told),
        password=told["password"],
        private_key=told["privateKey"],
        passphrase=told["privateKeyPassphrase"],
        token=told["token"],
        parameters={str(key): str(value) for key, value in parameters.items()} if isinstance(parameters, dict) else {},
        previews=frozenset(map(str, previews)) if isinstance(previews, list) else frozenset(),
    )


def _told(config: Properties) -> dict[str, str]:
    given = {name: reveal(config.get(name)) for name in _VARIABLES}
    return {
        name: str(os.environ.get(variable, "") if given[name] in (None, "") else given[name])
        for name, variable in _VARIABLES.items()
    }


def _read(value: object) -> object:
    # The engine hands lists and maps of a configuration over as JSON text.
    plain = reveal(value)
    return json.loads(plain) if isinstance(plain, str) and plain else plain


def _malformed(config: Properties) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    shapes: tuple[tuple[str, type, str], ...] = (("params", dict, "map"), ("previewFeaturesEnabled", list, "list"))
    for name, shape, word in shapes:
        try:
            value = _read(config.get(name))
        except ValueError:
            value = ""
        if value is not None and not isinstance(value, shape):
            found.append((name, word))
    return found


def _authenticator(told: Mapping[str, str]) -> str:
    # A token without a word on what it is counts as OAuth, as with the official provider.
    return told["authenticator"].upper() or ("OAUTH" if told["token"] else "")


def _credential_faults(told: Mapping[str, str]) -> list[str]:
    authenticator = _authenticator(told)
    if authenticator == _BY_KEY:
        return [] if told["privateKey"] else [f"`{authenticator}` needs `privateKey`"]
    if authenticator in _BY_TOKEN:
        return [] if told["token"] else [f"`{authenticator}` needs `token`"]
    if authenticator in _PASSWORD:
        return (
            [] if told["password"] else [f"there is no `password`; a `privateKey` needs the authenticator `{_BY_KEY}`"]
        )
    return [f"the provider stand-in does not log in by `{authenticator}`"]


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _elsewhere(host: str) -> str:
    if not host:
        return "no host is set: `sandbox env` prints the SNOWFLAKE_HOST of the local Snowflake"
    return (
        f"`{host}` is not on this machine: the provider stand-in only talks to the local Snowflake; "
        "install the official plugin (`pulumi plugin install resource snowflake`) for a real account"
    )
