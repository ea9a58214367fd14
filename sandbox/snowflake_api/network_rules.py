"""Network rules, with Snowflake's conditions on their values."""

from __future__ import annotations

import re
from ipaddress import ip_network

from sandbox.snowflake_api import refusals
from sandbox.snowflake_api.alter import apply
from sandbox.snowflake_api.call import Call
from sandbox.snowflake_api.kind import COMMENT, Creation, Kind, changed
from sandbox.snowflake_api.names import quoted
from sandbox.snowflake_api.reader import Property, Reader
from sandbox.snowflake_api.result import Result, columns, status, table
from sandbox.snowflake_api.things import ExternalAccess, NetworkRule, Thing

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST = re.compile(rf"(?:\*\.|{_LABEL}\.|)(?:{_LABEL}\.)*{_LABEL}(?P<port>:\d+(?:-\d+)?)?")
_MODES = {
    "HOST_PORT": ("EGRESS",),
    "PRIVATE_HOST_PORT": ("EGRESS",),
    "IPV4": ("INGRESS", "INTERNAL_STAGE"),
    "AWSVPCEID": ("INGRESS", "INTERNAL_STAGE"),
    "AZURELINKID": ("INGRESS",),
}


def _texts(reader: Reader) -> tuple[str, ...]:
    return reader.listed(reader.text)


_SETTABLE: dict[str, Property] = {"VALUE_LIST": ("addresses", _texts), **COMMENT}


def _create(creation: Creation) -> Result:
    call = creation.call
    path = call.path(NetworkRule, call.reader.name())
    table_: dict[str, Property] = {"TYPE": ("type", Reader.scalar), "MODE": ("mode", Reader.scalar), **_SETTABLE}
    changes = call.reader.properties(table_, "NETWORK RULE")
    call.reader.end()
    for key, field in (("TYPE", "type"), ("VALUE_LIST", "addresses")):
        if field not in changes:
            raise refusals.missing_property(key)
    upper: dict[str, object] = {key: str(changes[key]).upper() for key in ("type", "mode") if key in changes}
    body = _checked(call, None, changed(NetworkRule(), {**changes, **upper}))
    existing = call.catalogue.find(NetworkRule, path)
    if existing is not None and creation.alter:
        return _altered(call, existing, body, {**changes, **upper})
    return creation.made(path, body, changes.get("comment"))


def _altered(call: Call, existing: Thing[NetworkRule], body: NetworkRule, changes: dict[str, object]) -> Result:
    if (existing.body.type, existing.body.mode) != (body.type, body.mode):
        raise refusals.unsupported("change of TYPE or MODE of a network rule")
    if not call.may(existing, "OWNERSHIP"):
        raise refusals.insufficient(existing.kind, quoted(existing.name))
    apply(call, NETWORK_RULES, existing, {"comment": None, **changes})
    return status()


def _checked(_: Call, __: NetworkRule | None, after: NetworkRule) -> NetworkRule:
    if after.type not in _MODES:
        raise refusals.invalid_value(after.type, "TYPE")
    if after.mode not in _MODES[after.type]:
        raise refusals.invalid_value(after.mode, "MODE", f"A rule of type {after.type} cannot have it")
    if after.type == "PRIVATE_HOST_PORT" and len(after.addresses) != 1:
        raise refusals.invalid_value(",".join(after.addresses), "VALUE_LIST", "It takes exactly one domain")
    for value in after.addresses:
        if not _fits(after.type, value):
            raise refusals.invalid_value(value, "VALUE_LIST", f"It is no value of type {after.type}")
    return after


def _fits(rule_type: str, value: str) -> bool:
    if rule_type == "IPV4":
        try:
            return ip_network(value, strict=False).version == 4
        except ValueError:
            return False
    if "HOST_PORT" not in rule_type:
        return bool(value)
    found = _HOST.fullmatch(value)
    if found is None or (value.startswith("*") and rule_type == "PRIVATE_HOST_PORT"):
        return False
    ports = [int(port) for port in (found["port"] or ":443")[1:].split("-")]
    return max(ports) <= 65535 and ports == sorted(ports)


COLUMNS = columns(
    "created_on:timestamp_ltz name database_name schema_name owner comment type mode entries_in_valuelist:fixed "
    "owner_role_type"
)


def _row(_: Call, thing: Thing[NetworkRule]) -> tuple[object, ...]:
    body = thing.body
    shown = (thing.created, thing.name, *thing.path[:2], thing.owner, thing.comment or "")
    return (*shown, body.type, body.mode, len(body.addresses), "ROLE")


def _describe(call: Call, thing: Thing[NetworkRule]) -> Result:
    values = ",".join(thing.body.addresses)
    return table((*COLUMNS, *columns("value_list")), [(*_row(call, thing), values)])


def users_of(call: Call, thing: Thing[NetworkRule]) -> tuple[str, ...]:
    """The integrations that name the rule."""
    return tuple(one.name for one in call.catalogue.all(ExternalAccess) if thing.path in one.body.rules)


NETWORK_RULES = Kind(
    body=NetworkRule,
    words="NETWORK RULE",
    plural="NETWORK RULES",
    privileges=frozenset({"USAGE"}),
    columns=COLUMNS,
    row=_row,
    describe=_describe,
    create=_create,
    settable=_SETTABLE,
    unsettable=("VALUE_LIST", "COMMENT"),
    checked=_checked,
)
