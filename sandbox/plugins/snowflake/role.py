"""Account roles, and which role or user has one.

GRANT ROLE is not in the recording; its statements are those of pkg/sdk/roles_gen.go and
pkg/resources/grant_account_role.go of terraform-provider-snowflake 2.20.
"""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.plugins.service import Fault
from sandbox.plugins.snowflake import names
from sandbox.plugins.snowflake.account import Account, RefusedError
from sandbox.plugins.snowflake.answers import Row, columns, go_time, number, text, truth
from sandbox.plugins.snowflake.attributes import SHOWN, Attribute, table
from sandbox.plugins.snowflake.kind import Change, ResourceType
from sandbox.plugins.snowflake.named import ON_ACCOUNT, NamedObject, comment, placed
from sandbox.plugins.snowflake.sql import Statement
from sandbox.plugins.values import Properties, reveal


class AccountRole(NamedObject):
    """A role of the account."""

    noun, words, plural, place = "account role", "ROLE", "ROLES", ON_ACCOUNT
    attributes = table(*placed(forces=False, place=ON_ACCOUNT), comment())
    computed = ("fullyQualifiedName", SHOWN)
    shown = columns(
        "name", "owner", "comment",
        created_on=go_time, is_default=truth, is_current=truth, is_inherited=truth,
        assigned_to_users=number, granted_to_roles=number, granted_roles=number,
    )  # fmt: skip

    def details(self, account: Account, ident: str, row: Row, state: Properties) -> Properties:  # noqa: ARG002 # SHOW tells all
        """Its comment."""
        return {"comment": text(row.get("comment"))}


class GrantAccountRole(ResourceType):
    """A role that another role, or a user, has."""

    noun = "grant of an account role"
    attributes = table(
        Attribute("roleName", required=True, forces=True),
        Attribute("parentRoleName", forces=True),
        Attribute("userName", forces=True),
    )

    def faults(self, inputs: Properties) -> list[Fault]:
        """There is one who gets it."""
        given = [name for name in ("userName", "parentRoleName") if inputs.get(name) is not None]
        if len(given) == 1:
            return []
        return [("parentRoleName", "exactly one of `userName`, `parentRoleName` must be set")]

    def identity(self, wanted: Properties) -> str:
        """Role, what gets it, and whose name that is."""
        kind, key = ("ROLE", "parentRoleName") if wanted.get("parentRoleName") else ("USER", "userName")
        role, grantee = (names.quoted(names.bare(str(reveal(wanted[name])))) for name in ("roleName", key))
        return f"{role}|{kind}|{grantee}"

    def imported(self, ident: str) -> Properties:
        """All of it."""
        role, kind, grantee = _parts(ident)
        return {"roleName": names.bare(role), _KEYS[kind]: names.bare(grantee)}

    def creating(self, account: Account, ident: str, wanted: Properties) -> Iterator[Statement]:  # noqa: ARG002 # the id says all
        """GRANT."""
        role, kind, grantee = _parts(ident)
        yield Statement(f"GRANT ROLE {role} TO {kind} {grantee}")

    def altering(self, account: Account, ident: str, change: Change) -> Iterator[Statement]:  # noqa: ARG002 # as every type's
        """Nothing about it can be changed."""
        yield from ()

    def deleting(self, ident: str, state: Properties) -> Iterator[Statement]:  # noqa: ARG002 # the id says all
        """REVOKE."""
        role, kind, grantee = _parts(ident)
        yield Statement(f"REVOKE ROLE {role} FROM {kind} {grantee}")

    def read(self, account: Account, ident: str, state: Properties) -> Properties | None:
        """Whether the one who got it still has it."""
        role, kind, grantee = _parts(ident)
        try:
            rows = account.rows(f"SHOW GRANTS OF ROLE {role}")
        except RefusedError:
            return None
        if not any(_has(row, kind, grantee) for row in rows):
            return None
        return {**{name: state[name] for name in self.attributes if name in state}, "id": ident}


_KEYS = {"ROLE": "parentRoleName", "USER": "userName"}


def _parts(ident: str) -> tuple[str, str, str]:
    found = ident.split("|")
    if len(found) != 3 or found[1] not in _KEYS:
        raise names.BadNameError(
            f"invalid ID specified: {ident}, expected <role_name>|<grantee_object_type>|<grantee_identifier>"
        )
    return found[0], found[1], found[2]


def _has(row: Row, kind: str, grantee: str) -> bool:
    return row.get("granted_to") == kind and names.quoted(names.bare(text(row.get("grantee_name")))) == grantee
