"""Why somebody sees an app in Snowflake: department, role, and the grants that lead to the object."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from infra.estate import App, Department, Estate, InSnowflake
from infra.privileges import Target, admitted, object_name, owner_grants, viewer_grants
from infra.why.entries import Rule, says
from infra.why.explain import Explanation, Step


def explain(app: App, home: InSnowflake, estate: Estate, today: date, mine: Collection[Department]) -> Explanation:
    """Whoever holds a role that has the grants enters, under all circumstances."""
    held = {department.snowflake_role for department in mine}
    steps = []
    for entry in app.access:
        roles = sorted({department.snowflake_role for department in entry.departments})
        names = " or ".join(department.name for department in entry.departments)
        matches, decides = f"no: not a member of {names}, so without role {' or '.join(roles)}", ""
        if not entry.holds_on(today):
            matches = f"no: expired on {entry.expires}"
        elif through := sorted(held.intersection(roles)):
            matches = f"yes: role {', '.join(through)}"
            decides = "admits"
        steps.append(Step(Rule(str(entry.at.span), says(entry), entry=entry), matches, decides))
    enters = held & {department.snowflake_role for department in admitted(app, today)}
    steps += [
        Step(Rule(str(app.span), f"role {role}"), "has", way(home, estate, today, role)) for role in sorted(enters)
    ]
    if enters:
        runs = [grant.target for grant in owner_grants(home) if grant.target.kind in ("WAREHOUSE", "COMPUTE POOL")]
        steps.append(Step(Rule(str(app.span), f"runs as {home.owner_role}"), "has", f"USAGE on {said(*runs)}"))
    return Explanation("always" if enters else "never", tuple(steps))


def way(home: InSnowflake, estate: Estate, today: date, role: str) -> str:
    """What a role is granted on the way to an app."""
    own = str(object_name(home, home.name))
    targets = [grant.target for grant in viewer_grants(estate, today) if grant.role == role]
    return f"USAGE on {said(*(one for one in targets if one.kind != 'STREAMLIT' or one.name == own))}"


def said(*targets: Target) -> str:
    return ", ".join(f"{target.kind} {target.name}" for target in targets)
