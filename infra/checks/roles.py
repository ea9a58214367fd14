"""Rules about the account roles of departments: each stands for one set of people and gives nothing else away."""

from __future__ import annotations

from infra.checks.scope import Scope
from infra.names import PROJECT, identifier
from infra.problems import Related

# Roles that exist in every account (docs.snowflake.com, "Overview of Access Control: system-defined roles").
SYSTEM_ROLES = frozenset(
    {"ACCOUNTADMIN", "ORGADMIN", "GLOBALORGADMIN", "SECURITYADMIN", "SYSADMIN", "USERADMIN", "PUBLIC"}
)


def check_roles(scope: Scope) -> None:
    """Ensure that a department that an app in Snowflake admits has a role of its own, which nobody else has."""
    departments = scope.file.departments
    admitted = {
        word for app in scope.file.apps.values() if app.snowflake for entry in app.access for word in entry.allow
    }
    roles = {name: identifier(department.snowflake_role or name) for name, department in departments.items()}
    for name in sorted(admitted & roles.keys()):
        role, written = roles[name], departments[name].snowflake_role
        span, advice = written.span if written else departments.declared[name], ("write another `snowflake_role`",)
        if reason := _reserved(scope, role):
            message = f"the role `{role}` cannot stand for `{name}`: {reason}"
            scope.problems.add("reserved-name", message, span, advice=advice)
        for other in (other for other, its in roles.items() if its == role and other != name):
            message = f"`{name}` and `{other}` would be one role, `{role}`: each would get what the other has"
            related = (Related(departments.declared[other], "the other one"),)
            scope.problems.add("duplicate-name", message, span, related=related, advice=advice)


def _reserved(scope: Scope, role: str) -> str:
    account = scope.estate.snowflake
    if role == "PUBLIC":
        return "everybody in the account has it"
    if role in SYSTEM_ROLES:
        return "it is for administrators"
    ours = role.startswith(f"{PROJECT.upper()}_") or (account is not None and role == account.role)
    return "it belongs to Gatehouse" if ours else ""
