"""Secret objects of every type that CREATE SECRET knows.

The clauses are those of Snowflake's page CREATE SECRET; nothing ever shows a value.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from sandbox.snowflake_api import refusals
from sandbox.snowflake_api.call import Call
from sandbox.snowflake_api.kind import COMMENT, Creation, Kind, changed
from sandbox.snowflake_api.names import dotted
from sandbox.snowflake_api.reader import Property, Reader
from sandbox.snowflake_api.result import Result, columns, table
from sandbox.snowflake_api.things import ApiIntegration, Secret, Thing

_LONGEST = 131072
"""Bytes of a secret string (Snowflake: 128 KB)."""


def _texts(reader: Reader) -> tuple[str, ...]:
    return reader.listed(reader.text)


_OFFSETS = {"UTC": "+0000", "GMT": "+0000", "PST": "-0800", "PDT": "-0700"}
_ZONE = re.compile(rf"(?<=:[0-9]{{2}}) ({'|'.join(_OFFSETS)})$")


def _moment(reader: Reader) -> float:
    """A day or a time in seconds since 1970; one without a zone is in UTC, whatever the session's zone.

    A zone has a name or an offset, and stands behind minutes (snowflakedb/terraform-provider-snowflake, acceptance
    test of SecretWithAuthorizationCodeGrant).
    """
    text = reader.text()
    try:
        moment = datetime.fromisoformat(_ZONE.sub(lambda zone: _OFFSETS[zone[1]], text))
    except ValueError:
        raise refusals.invalid_value(text, "OAUTH_REFRESH_TOKEN_EXPIRY_TIME") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


_VALUES: dict[str, Property] = {
    "SECRET_STRING": ("secret_string", Reader.text),
    "USERNAME": ("username", Reader.text),
    "PASSWORD": ("password", Reader.text),
    "API_AUTHENTICATION": ("api", Reader.name),
    "OAUTH_SCOPES": ("scopes", _texts),
    "OAUTH_REFRESH_TOKEN": ("refresh_token", Reader.text),
    "OAUTH_REFRESH_TOKEN_EXPIRY_TIME": ("refresh_expiry", _moment),
    "ALGORITHM": ("algorithm", Reader.scalar),
    "ENABLED": ("enabled", Reader.boolean),
    **COMMENT,
}
_OF_TYPE: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "GENERIC_STRING": (frozenset({"secret_string"}), frozenset()),
    "PASSWORD": (frozenset({"username", "password"}), frozenset()),
    "OAUTH2": (frozenset({"api"}), frozenset({"scopes", "refresh_token", "refresh_expiry"})),
    "CLOUD_PROVIDER_TOKEN": (frozenset({"api"}), frozenset({"enabled"})),
    "SYMMETRIC_KEY": (frozenset({"algorithm"}), frozenset()),
    "WORKLOAD_IDENTITY_FEDERATION": (frozenset(), frozenset({"api", "enabled"})),
}
"""The fields that each type needs, and those that it may have besides."""
_KEYS = {field: key for key, (field, _) in _VALUES.items()}


def _create(creation: Creation) -> Result:
    call = creation.call
    path = call.path(Secret, call.reader.name())
    changes = call.reader.properties({"TYPE": ("type", Reader.scalar), **_VALUES}, "SECRET")
    call.reader.end()
    secret_type = str(changes.get("type", "")).upper()
    if secret_type not in _OF_TYPE:
        raise refusals.missing_property("TYPE") if not secret_type else refusals.invalid_value(secret_type, "TYPE")
    needed, further = _OF_TYPE[secret_type]
    given = set(changes) - {"type", "comment"}
    for field in needed - given:
        raise refusals.missing_property(_KEYS[field])
    for field in given - needed - further:
        raise refusals.invalid_property(_KEYS[field], f"SECRET of type {secret_type}")
    if ("refresh_token" in given) != ("refresh_expiry" in given):
        raise refusals.missing_property("OAUTH_REFRESH_TOKEN and OAUTH_REFRESH_TOKEN_EXPIRY_TIME, both")
    body = _checked(call, None, changed(Secret(), {**changes, "type": secret_type}))
    return creation.made(path, body, changes.get("comment"))


def _checked(call: Call, before: Secret | None, after: Secret) -> Secret:
    needed, further = _OF_TYPE[after.type]
    for field, key in _KEYS.items():
        if field in ("comment", *needed, *further):
            continue
        if getattr(after, field) != getattr(before or Secret(), field):
            raise refusals.invalid_property(key, f"SECRET of type {after.type}")
    if after.secret_string is not None and not 0 < len(after.secret_string.encode()) <= _LONGEST:
        raise refusals.Refusal("001008", "22023", "SQL compilation error:\nthe secret string is empty or too long.")
    if after.type == "SYMMETRIC_KEY" and str(after.algorithm).upper() != "GENERIC":
        raise refusals.invalid_value(str(after.algorithm), "ALGORITHM")
    if after.api is not None and (before is None or before.api != after.api):
        _check_api(call, after)
    return after


def _check_api(call: Call, secret: Secret) -> None:
    api = secret.api or ()
    integration = call.get(ApiIntegration, call.path(ApiIntegration, api), "USAGE")
    flow = "CLOUD_PROVIDER" if secret.type in ("CLOUD_PROVIDER_TOKEN", "WORKLOAD_IDENTITY_FEDERATION") else "OAUTH"
    if secret.type == "OAUTH2":
        flow = "OAUTH_AUTHORIZATION_CODE" if secret.refresh_token is not None else "OAUTH_CLIENT_CREDENTIALS"
    if not any(one.startswith(flow) for one in integration.body.flows):
        raise refusals.invalid_value(dotted(api), "API_AUTHENTICATION", f"It does not offer the flow {flow}")


COLUMNS = columns(
    "created_on:timestamp_ltz name database_name schema_name owner comment secret_type oauth_scopes owner_role_type"
)


def _row(_: Call, thing: Thing[Secret]) -> tuple[object, ...]:
    scopes = None if thing.body.scopes is None else f"[{', '.join(thing.body.scopes)}]"
    shown = (thing.created, thing.name, *thing.path[:2], thing.owner, thing.comment)
    return (*shown, thing.body.type, scopes, "ROLE")


def _describe(call: Call, thing: Thing[Secret]) -> Result:
    body = thing.body
    further = columns(
        "username oauth_access_token_expiry_time:timestamp_ltz oauth_refresh_token_expiry_time:timestamp_ltz "
        "integration_name"
    )
    api = None if body.api is None else body.api[-1]
    return table((*COLUMNS, *further), [(*_row(call, thing), body.username, None, body.refresh_expiry, api)])


SECRETS = Kind(
    body=Secret,
    words="SECRET",
    plural="SECRETS",
    privileges=frozenset({"USAGE", "READ"}),
    columns=COLUMNS,
    row=_row,
    describe=_describe,
    create=_create,
    settable=_VALUES,
    unsettable=("COMMENT", "OAUTH_SCOPES"),
    checked=_checked,
)
