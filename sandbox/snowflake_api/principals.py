"""Roles and users."""

from __future__ import annotations

from sandbox.snowflake_api import refusals
from sandbox.snowflake_api.call import Call
from sandbox.snowflake_api.kind import COMMENT, Creation, Kind, changed
from sandbox.snowflake_api.names import quoted
from sandbox.snowflake_api.reader import Property, Reader
from sandbox.snowflake_api.result import Result, columns, flag, table
from sandbox.snowflake_api.things import Role, Thing, User

SYSTEM_ROLES = ("ACCOUNTADMIN", "SECURITYADMIN", "USERADMIN", "SYSADMIN", "ORGADMIN", "PUBLIC")


def _create_role(creation: Creation) -> Result:
    call = creation.call
    path = call.path(Role, call.reader.name())
    changes = call.reader.properties(COMMENT, "ROLE")
    call.reader.end()
    return creation.made(path, Role(), changes.get("comment"))


ROLE_COLUMNS = columns(
    "created_on:timestamp_ltz name is_default is_current is_inherited assigned_to_users:fixed "
    "granted_to_roles:fixed granted_roles:fixed owner comment"
)


def _role_row(call: Call, thing: Thing[Role]) -> tuple[object, ...]:
    session = call.session
    user = call.catalogue.find(User, (session.user,))
    default = user is not None and user.body.default_role == thing.name
    members = [one for one in thing.grants if one.privilege == "USAGE"]
    granted = sum(
        one.to == "ROLE" and one.grantee == thing.name and one.privilege == "USAGE"
        for role in call.catalogue.all(Role)
        for one in role.grants
    )
    inherited = session.role != thing.name and thing.name in call.catalogue.closure(session.role)
    return (
        thing.created,
        thing.name,
        flag(default),
        flag(session.role == thing.name),
        flag(inherited),
        sum(one.to == "USER" for one in members),
        sum(one.to == "ROLE" for one in members),
        granted,
        thing.owner,
        thing.comment or "",
    )


def _describe_role(_: Call, thing: Thing[Role]) -> Result:
    return table(columns("created_on:timestamp_ltz name"), [(thing.created, thing.name)])


def _name(reader: Reader) -> str:
    """A name as one text, as users' defaults are kept."""
    return ".".join(reader.name())


_USER: dict[str, Property] = {
    "PASSWORD": ("password", Reader.text),
    "LOGIN_NAME": ("login", lambda reader: reader.scalar().upper()),
    "DISPLAY_NAME": ("display_name", Reader.scalar),
    "EMAIL": ("email", Reader.scalar),
    "RSA_PUBLIC_KEY": ("public_key", Reader.text),
    "DEFAULT_ROLE": ("default_role", _name),
    "DEFAULT_WAREHOUSE": ("default_warehouse", _name),
    "DEFAULT_NAMESPACE": ("default_namespace", _name),
    "DISABLED": ("disabled", Reader.boolean),
    **COMMENT,
}


def _create_user(creation: Creation) -> Result:
    call = creation.call
    path = call.path(User, call.reader.name())
    changes = call.reader.properties(_USER, "USER")
    call.reader.end()
    login = str(changes.pop("login", path[0]))
    body = changed(User(login=login, display_name=path[0]), changes)
    if any(one.body.login == login for one in call.catalogue.all(User) if one.path != path):
        raise refusals.exists(quoted(login))
    return creation.made(path, body, changes.get("comment"))


USER_COLUMNS = columns(
    "name created_on:timestamp_ltz login_name display_name first_name last_name email mins_to_unlock days_to_expiry "
    "comment disabled must_change_password snowflake_lock default_warehouse default_namespace default_role "
    "default_secondary_roles ext_authn_duo ext_authn_uid mins_to_bypass_mfa owner last_success_login expires_at_time "
    "locked_until_time has_password has_rsa_public_key type has_mfa"
)


def _user_row(_: Call, thing: Thing[User]) -> tuple[object, ...]:
    body = thing.body
    return (
        *(thing.name, thing.created, body.login, body.display_name, "", "", body.email or "", None, None),
        *(thing.comment or "", str(body.disabled).lower(), "false", "false", body.default_warehouse),
        *(body.default_namespace, body.default_role, "[]", "false", None, None, thing.owner, None, None, None),
        *(str(body.password is not None).lower(), str(body.public_key is not None).lower(), None, "false"),
    )


def _describe_user(_: Call, thing: Thing[User]) -> Result:
    body = thing.body
    rows = (
        ("NAME", thing.name, "null", "Name"),
        ("COMMENT", thing.comment, "null", "user comment associated to an object in the dictionary"),
        ("DISPLAY_NAME", body.display_name, "null", "Display name of the associated object"),
        ("LOGIN_NAME", body.login, "null", "Login name of the user"),
        ("EMAIL", body.email, "null", "Email address of the user"),
        ("PASSWORD", "********" if body.password else None, "null", "Password of the user"),
        ("DISABLED", str(body.disabled).lower(), "false", "Whether the user is disabled"),
        ("DEFAULT_WAREHOUSE", body.default_warehouse, "null", "Default warehouse for this user"),
        ("DEFAULT_NAMESPACE", body.default_namespace, "null", "Default database namespace prefix for this user"),
        ("DEFAULT_ROLE", body.default_role, "null", "Primary principal of user session will be set to this role"),
        ("DEFAULT_SECONDARY_ROLES", "[]", "null", "The secondary roles will be set to all roles provided here"),
    )
    return table(columns("property value default description"), rows)


ROLES = Kind(
    body=Role,
    words="ROLE",
    plural="ROLES",
    privileges=frozenset({"USAGE"}),
    columns=ROLE_COLUMNS,
    row=_role_row,
    describe=_describe_role,
    create=_create_role,
    settable=COMMENT,
)
USERS = Kind(
    body=User,
    words="USER",
    plural="USERS",
    privileges=frozenset({"MONITOR", "MODIFY PROGRAMMATIC AUTHENTICATION METHODS"}),
    columns=USER_COLUMNS,
    row=_user_row,
    describe=_describe_user,
    create=_create_user,
    settable=_USER,
    unsettable=(
        *("DISPLAY_NAME", "EMAIL", "RSA_PUBLIC_KEY", "DEFAULT_ROLE", "DEFAULT_WAREHOUSE", "DEFAULT_NAMESPACE"),
        "COMMENT",
    ),
)
