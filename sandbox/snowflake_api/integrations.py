"""Integrations: those for external access, and those for API authentication and Git that the world file brings.

`SHOW INTEGRATIONS` and its narrower forms have the same columns.
"""

from __future__ import annotations

from typing import Literal

from sandbox.snowflake_api import refusals
from sandbox.snowflake_api.call import Call
from sandbox.snowflake_api.catalogue import Catalogue
from sandbox.snowflake_api.kind import COMMENT, Creation, Kind, changed
from sandbox.snowflake_api.names import dotted, label
from sandbox.snowflake_api.reader import Property, Reader
from sandbox.snowflake_api.result import Result, columns, table
from sandbox.snowflake_api.things import ApiIntegration, ExternalAccess, NetworkRule, Path, Secret, Thing

_PRIVILEGES = frozenset({"USAGE", "USE_ANY_ROLE"})
Names = tuple[Path, ...]


def names(reader: Reader) -> Names:
    """A list of names; `none` is an empty one, also without parentheses."""
    if reader.accept("NONE"):
        return ()
    found = reader.listed(reader.name)
    return () if found == (("NONE",),) else found


def _names_or_all(reader: Reader) -> Names | Literal["all"]:
    if reader.accept("ALL"):
        return "all"
    found = names(reader)
    return "all" if found == (("ALL",),) else found


_SETTABLE: dict[str, Property] = {
    "ALLOWED_NETWORK_RULES": ("rules", names),
    "ALLOWED_AUTHENTICATION_SECRETS": ("secrets", _names_or_all),
    "ALLOWED_API_AUTHENTICATION_INTEGRATIONS": ("api_authentications", names),
    "ENABLED": ("enabled", Reader.boolean),
    **COMMENT,
}


def _create(creation: Creation) -> Result:
    call = creation.call
    if creation.lenient:
        raise refusals.syntax("CREATE EXTERNAL ACCESS INTEGRATION has no IF NOT EXISTS.")
    path = call.path(ExternalAccess, call.reader.name())
    changes = call.reader.properties(_SETTABLE, "EXTERNAL ACCESS INTEGRATION")
    call.reader.end()
    for key in ("ALLOWED_NETWORK_RULES", "ENABLED"):
        if _SETTABLE[key][0] not in changes:
            raise refusals.missing_property(key)
    body = _checked(call, None, changed(ExternalAccess(), changes))
    return creation.made(path, body, changes.get("comment"))


def _checked(call: Call, before: ExternalAccess | None, after: ExternalAccess) -> ExternalAccess:
    """Names in full; at least one egress rule; USAGE on whatever is named anew."""
    known = before or ExternalAccess()
    rules = tuple(call.path(NetworkRule, one) for one in after.rules)
    apis = tuple(call.path(ApiIntegration, one) for one in after.api_authentications)
    listed = () if after.secrets == "all" else after.secrets
    listed = tuple(call.path(Secret, one) for one in listed)
    listed_before = () if known.secrets == "all" else known.secrets
    if not rules:
        raise refusals.invalid_value("", "ALLOWED_NETWORK_RULES", "At least one network rule is needed")
    for path in (one for one in rules if one not in known.rules):
        rule = call.get(NetworkRule, path)
        if rule.body.mode != "EGRESS":
            raise refusals.invalid_value(dotted(path), "ALLOWED_NETWORK_RULES", "Only egress rules can be listed")
    for path in (one for one in listed if one not in listed_before):
        call.get(Secret, path, "USAGE")
    for path in (one for one in apis if one not in known.api_authentications):
        call.get(ApiIntegration, path, "USAGE")
    kept: Names | Literal["all"] = "all" if after.secrets == "all" else listed
    return ExternalAccess(rules, kept, apis, after.enabled)


def allowed(
    catalogue: Catalogue, integrations: tuple[Path, ...], secret: Thing[Secret], *, enabled: bool = False
) -> bool:
    """Whether one of these integrations lets code use the secret: it is listed itself, or through its API integration.

    `enabled` asks for integrations that are enabled as well.
    """
    for path in integrations:
        found = catalogue.find(ExternalAccess, path)
        if found is None or (enabled and not found.body.enabled):
            continue
        body = found.body
        if body.secrets == "all" or secret.path in body.secrets or secret.body.api in body.api_authentications:
            return True
    return False


def attachments(
    call: Call,
    known: tuple[tuple[Path, ...], tuple[tuple[str, Path], ...]],
    given: tuple[tuple[Path, ...], tuple[tuple[str, Path], ...]],
) -> tuple[tuple[Path, ...], tuple[tuple[str, Path], ...]]:
    """Integrations and secrets of a function or app, names in full, against those that it has: USAGE on each new one,
    each alias once, each secret allowed by one of the integrations."""
    integrations = tuple(call.path(ExternalAccess, one) for one in given[0])
    secrets = tuple((alias, call.path(Secret, one)) for alias, one in given[1])
    if len({alias for alias, _ in secrets}) < len(secrets):
        raise refusals.syntax("an alias stands twice in SECRETS.")
    for path in (one for one in integrations if one not in known[0]):
        call.get(ExternalAccess, path, "USAGE")
    for alias, path in secrets:
        if not alias.isidentifier():
            raise refusals.invalid_value(alias, "SECRETS", "An alias is a Python identifier")
        if (alias, path) in known[1] and known[0] == integrations:
            continue
        secret = call.get(Secret, path, "USAGE", "READ")
        if not allowed(call.catalogue, integrations, secret):
            message = (
                f"{label('SECRET')} '{dotted(path)}' is not allowed by any of the external access integrations; "
                "list it in ALLOWED_AUTHENTICATION_SECRETS of one that is attached."
            )
            raise refusals.not_possible(message)
    return integrations, secrets


COLUMNS = columns("created_on:timestamp_ltz name type category enabled:boolean comment")


def _row(_: Call, thing: Thing[ExternalAccess]) -> tuple[object, ...]:
    return thing.created, thing.name, "EXTERNAL_ACCESS", "EXTERNAL_ACCESS", thing.body.enabled, thing.comment


_PROPERTIES = columns("property property_type property_value property_default")


def _list(paths: tuple[Path, ...]) -> str:
    return f"[{', '.join(dotted(one) for one in paths)}]"


def _describe(_: Call, thing: Thing[ExternalAccess]) -> Result:
    body = thing.body
    secrets = "[all]" if body.secrets == "all" else _list(body.secrets)
    rows = (
        ("ENABLED", "Boolean", body.enabled, "false"),
        ("ALLOWED_NETWORK_RULES", "List", _list(body.rules), "[]"),
        ("ALLOWED_API_AUTHENTICATION_INTEGRATIONS", "List", _list(body.api_authentications), "[]"),
        ("ALLOWED_AUTHENTICATION_SECRETS", "List", secrets, "[]"),
        ("COMMENT", "String", thing.comment or "", ""),
    )
    return table(_PROPERTIES, rows)


def _api_row(_: Call, thing: Thing[ApiIntegration]) -> tuple[object, ...]:
    return thing.created, thing.name, thing.body.type, thing.body.category, thing.body.enabled, thing.comment


def _api_describe(_: Call, thing: Thing[ApiIntegration]) -> Result:
    rows = (("ENABLED", "Boolean", thing.body.enabled, "false"), ("COMMENT", "String", thing.comment or "", ""))
    return table(_PROPERTIES, rows)


EXTERNAL_ACCESS = Kind(
    body=ExternalAccess,
    words="EXTERNAL ACCESS INTEGRATION",
    plural="EXTERNAL ACCESS INTEGRATIONS",
    privileges=_PRIVILEGES,
    columns=COLUMNS,
    row=_row,
    describe=_describe,
    create=_create,
    settable=_SETTABLE,
    unsettable=("ALLOWED_AUTHENTICATION_SECRETS", "ALLOWED_API_AUTHENTICATION_INTEGRATIONS", "COMMENT"),
    checked=_checked,
)
API_INTEGRATIONS = Kind(
    body=ApiIntegration,
    words="API INTEGRATION",
    plural="API INTEGRATIONS",
    privileges=_PRIVILEGES,
    columns=COLUMNS,
    row=_api_row,
    describe=_api_describe,
)
SECURITY_INTEGRATIONS = Kind(
    body=ApiIntegration,
    words="SECURITY INTEGRATION",
    plural="SECURITY INTEGRATIONS",
    privileges=_PRIVILEGES,
    columns=COLUMNS,
    row=_api_row,
    describe=_api_describe,
)
