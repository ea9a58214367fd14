"""Privileges of an account role on the account, on one of its objects, on a schema, or on an object in one.

Only the grant on an object in a schema is in the recording; ids and statements of the others are those of
pkg/resources/grant_privileges_to_account_role*.go of terraform-provider-snowflake 2.20.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from sandbox.plugins.service import Fault, NothingDoneError
from sandbox.plugins.snowflake import names, sets
from sandbox.plugins.snowflake.account import Account, RefusedError
from sandbox.plugins.snowflake.answers import Row, text, truth
from sandbox.plugins.snowflake.attributes import Attribute, table
from sandbox.plugins.snowflake.kind import Change, ResourceType
from sandbox.plugins.snowflake.sql import Statement, literal, words
from sandbox.plugins.values import Properties, is_known, reveal

_ON = ("onAccount", "onAccountObject", "onSchema", "onSchemaObject")
_ON_ACCOUNT = (
    "USER", "RESOURCE MONITOR", "WAREHOUSE", "COMPUTE POOL", "DATABASE", "INTEGRATION", "CONNECTION", "FAILOVER GROUP",
    "REPLICATION GROUP", "EXTERNAL VOLUME", "SNOWFLAKE INTELLIGENCE",
)  # fmt: skip
_PARTS = {
    "onAccountObject": {"objectType", "objectName"},
    "onSchema": {"schemaName"},
    "onSchemaObject": {"objectType", "objectName"},
}


def _block(value: object) -> object:
    """What is compared of a target: its words, and its name however it is quoted, unless it has arguments."""
    if not isinstance(value, Mapping):
        return value
    return {key: _name(item) if key.endswith("Name") else item for key, item in value.items() if item}


def _name(value: object) -> object:
    # The official provider cannot take a name with arguments apart, and compares it letter by letter.
    return value if "(" in str(value) else names.parts(str(value))


class GrantPrivilegesToAccountRole(ResourceType):
    """The id says all: role, options, privileges, and on what."""

    noun = "grant of privileges"
    attributes = table(
        Attribute("accountRoleName", required=True, forces=True, normal=names.bare),
        Attribute("privileges", required=True, normal=sorted),
        Attribute("withGrantOption", stored=False, forces=True),
        Attribute("onAccount", stored=False, forces=True),
        *(Attribute(name, forces=True, normal=_block) for name in _PARTS),
    )
    unsupported = ("allPrivileges", "alwaysApply", "alwaysApplyTrigger", "strictPrivilegeManagement")

    def faults(self, inputs: Properties) -> list[Fault]:
        """There is one target, and it is of a kind that is known here."""
        given = {name: reveal(inputs[name]) for name in _ON if reveal(inputs.get(name)) not in (None, False)}
        if len(given) != 1:
            return [(_ON[0], f"exactly one of {', '.join(f'`{name}`' for name in _ON)} must be set")]
        ((name, block),) = given.items()
        if name == "onAccount" or not is_known(block):
            return []
        wanted = _PARTS[name]
        if not isinstance(block, Mapping) or set(block) != wanted:
            return [(name, f"the provider stand-in knows `{name}` with {' and '.join(sorted(wanted))} only")]
        if name == "onAccountObject" and str(block["objectType"]).upper() not in _ON_ACCOUNT:
            return [(name, f"`{block['objectType']}` is none of {', '.join(_ON_ACCOUNT)}")]
        return []

    def identity(self, wanted: Properties) -> str:
        """The parts with bars between."""
        plain = {name: reveal(value) for name, value in wanted.items()}
        return str(
            _Grant(
                role=names.on_account(str(plain["accountRoleName"])),
                with_option=bool(plain.get("withGrantOption")),
                privileges=tuple(sets.sent(_listed(plain.get("privileges")))),
                target=_target(plain),
            )
        )

    def moved(self, ident: str, change: Change) -> str:
        """Other privileges are another id."""
        return str(replace(_Grant.read(ident), privileges=tuple(sets.sent(_listed(change.of("privileges"))))))

    def imported(self, ident: str) -> Properties:
        """All of it."""
        grant = _Grant.read(ident)
        return {
            "accountRoleName": names.quoted(grant.role),
            "withGrantOption": grant.with_option,
            "privileges": list(grant.privileges),
            **_properties(grant.target),
        }

    def creating(self, account: Account, ident: str, wanted: Properties) -> Iterator[Statement]:  # noqa: ARG002 # the id says all
        """GRANT."""
        grant = _Grant.read(ident)
        yield grant.granting(grant.privileges)

    def altering(self, account: Account, ident: str, change: Change) -> Iterator[Statement]:  # noqa: ARG002 # as every type's
        """What is new is granted, after the option to pass it on is taken away; what is no longer wanted is revoked."""
        grant = _Grant.read(ident)
        before = sets.sent(_listed(reveal(change.state.get("privileges"))))
        after = sets.sent(_listed(change.of("privileges")))
        added, removed = [item for item in after if item not in before], [item for item in before if item not in after]
        if added and not grant.with_option:
            yield grant.revoking(added, "GRANT OPTION FOR")
        if added:
            yield grant.granting(added)
        if removed:
            yield grant.revoking(removed)

    def deleting(self, ident: str, state: Properties) -> Iterator[Statement]:
        """REVOKE of what the state has."""
        privileges = sets.sent(_listed(reveal(state.get("privileges"))))
        if not privileges:
            raise NothingDoneError(f"no privileges of `{ident}` are left to revoke: take it out of the state")
        yield _Grant.read(ident).revoking(privileges)

    def read(self, account: Account, ident: str, state: Properties) -> Properties | None:
        """Those of the id's privileges that the role still has, with the same option; None without role or object."""
        grant = _Grant.read(ident)
        roles = account.rows(f"SHOW ROLES LIKE {literal(grant.role)}")
        if not any(row.get("name") == grant.role for row in roles):
            return None
        try:
            rows = account.rows(f"SHOW GRANTS ON {grant.target.spelled}")
        except RefusedError as error:
            if error.absent:
                return None
            raise
        held = [text(row.get("privilege")) for row in rows if grant.counts(row)]
        outputs = {name: state[name] for name in self.attributes if name in state}
        constant = {"allPrivileges": False, "alwaysApply": False, "strictPrivilegeManagement": False}
        return {**outputs, **constant, "id": ident, "privileges": sets.stored(held) or None}


@dataclass(frozen=True)
class _Target:
    """On what: the kind of grant in ids, the type and the quoted name of the object."""

    kind: str
    type: str
    name: str

    @property
    def spelled(self) -> str:
        return words(self.type, self.name)

    @property
    def in_id(self) -> tuple[str, ...]:
        if self.kind == "OnAccount":
            return (self.kind,)
        middle = {"OnSchema": ("OnSchema",), "OnSchemaObject": ("OnObject", self.type)}.get(self.kind, (self.type,))
        return (self.kind, *middle, self.name)


@dataclass(frozen=True)
class _Grant:
    """What an id says."""

    role: str
    with_option: bool
    privileges: tuple[str, ...]
    target: _Target

    @classmethod
    def read(cls, ident: str) -> _Grant:
        role, option, always, privileges, *target = [*ident.split("|"), *[""] * 5][: max(5, ident.count("|") + 1)]
        match target:
            case ["OnAccount"]:
                found = _Target("OnAccount", "ACCOUNT", "")
            case ["OnAccountObject", kind, name]:
                found = _Target("OnAccountObject", kind.upper(), names.quoted(names.on_account(name)))
            case ["OnSchema", "OnSchema", name]:
                found = _Target("OnSchema", "SCHEMA", names.qualified(name))
            case ["OnSchemaObject", "OnObject", kind, name]:
                found = _Target("OnSchemaObject", kind.upper(), _qualified(name))
            case _:
                raise names.BadNameError(f"`{ident}` is not the id of a grant that the provider stand-in knows")
        if always != "false" or option not in ("true", "false") or not privileges:
            raise names.BadNameError(f"`{ident}` is not the id of a grant that the provider stand-in knows")
        return cls(names.on_account(role), option == "true", tuple(privileges.split(",")), found)

    def __str__(self) -> str:
        option = "true" if self.with_option else "false"
        return "|".join((names.quoted(self.role), option, "false", ",".join(self.privileges), *self.target.in_id))

    def granting(self, privileges: tuple[str, ...] | list[str]) -> Statement:
        option = "WITH GRANT OPTION" if self.with_option else ""
        what, role = ", ".join(privileges), names.quoted(self.role)
        return Statement(words("GRANT", what, "ON", self.target.spelled, "TO ROLE", role, option))

    def revoking(self, privileges: list[str], only: str = "") -> Statement:
        what, role = ", ".join(privileges), names.quoted(self.role)
        return Statement(words("REVOKE", only, what, "ON", self.target.spelled, "FROM ROLE", role))

    def counts(self, row: Row) -> bool:
        """Whether a row of SHOW GRANTS is of this grant. One that nobody granted is Snowflake's own."""
        return (
            row.get("granted_to") == "ROLE"
            and names.bare(text(row.get("grantee_name"))) == self.role
            and row.get("privilege") in self.privileges
            and truth(row.get("grant_option")) is self.with_option
            and bool(row.get("granted_by"))
            and text(row.get("granted_on")).replace("_", " ") == self.target.type
        )


def _target(plain: Properties) -> _Target:
    for key, kind in (("onAccountObject", "OnAccountObject"), ("onSchemaObject", "OnSchemaObject")):
        block = plain.get(key)
        if isinstance(block, Mapping):
            name = str(block["objectName"])
            quoted = names.quoted(names.on_account(name)) if key == "onAccountObject" else _qualified(name)
            return _Target(kind, str(block["objectType"]).upper(), quoted)
    schema = plain.get("onSchema")
    if isinstance(schema, Mapping):
        return _Target("OnSchema", "SCHEMA", names.qualified(str(schema["schemaName"])))
    return _Target("OnAccount", "ACCOUNT", "")


def _properties(target: _Target) -> Properties:
    if target.kind == "OnAccount":
        return {"onAccount": True}
    if target.kind == "OnSchema":
        return {"onAccount": False, "onSchema": {"schemaName": target.name}}
    block = {"objectType": target.type, "objectName": target.name}
    return {"onAccount": False, target.kind[0].lower() + target.kind[1:]: block}


def _qualified(name: str) -> str:
    # A function's name carries the types of its arguments.
    head, bracket, arguments = name.partition("(")
    return names.qualified(head) + bracket + arguments


def _listed(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []
