"""Lints about what people should see: what is public, over, about to end, too long or not used."""

from __future__ import annotations

from infra.access.entitlements import entitlements_of
from infra.lints.lint import Lint
from infra.spelling import minutes

LONG_SESSION = "24h"
SOON = 14  # days


def lint_public(lint: Lint) -> None:
    """Ensure that what is public is seen by everybody who reads the output."""
    for app, entry in lint.entries():
        if entry.decision == "bypass" and entry.holds_on(lint.today):
            where = "" if not (entry.require or entry.exclude) else " from some places"
            message = f"`{app.name}` is open to anybody{where}, without a login and without a log"
            lint.scope.problems.add("public", message, entry.at["public"], severity="warning")


def lint_nobody(lint: Lint) -> None:
    """Ensure that each app can be entered by somebody today."""
    for app in lint.scope.estate.apps:
        if not any(True for _ in entitlements_of(app, lint.today)):
            message = f"nobody may enter `{app.name}` today"
            lint.scope.problems.add("nobody", message, app.span, severity="warning")


def lint_expiry(lint: Lint) -> None:
    """Ensure that an entry that has ended, or soon will, is seen; the end of a denial lets people in."""
    for _, entry in lint.entries():
        if entry.expires is None:
            continue
        left = (entry.expires - lint.today).days
        span, denial = entry.at["expires"], entry.decision == "deny"
        if left < 0:
            message = f"this denial ended on {entry.expires}: it no longer keeps anybody out"
            message = message if denial else f"this entry ended on {entry.expires}"
            advice = ("remove it, or set another day",)
            lint.scope.problems.add("expired", message, span, advice=advice, severity="warning")
        elif left <= SOON:
            ends = "access ends with that day (UTC)"
            effect = "whoever it keeps out may enter after that day (UTC)" if denial else ends
            message = f"this entry ends in {left} days" if left != 1 else "this entry ends tomorrow"
            message = message if left else "this entry ends today"
            lint.scope.problems.add("expires-soon", message, span, label=effect, severity="warning")


def lint_sessions(lint: Lint) -> None:
    """Ensure that nobody keeps access for longer than a day after losing it without this being seen."""
    for app in lint.scope.file.apps.values():
        for session in (app.session, *(entry.session for entry in app.access)):
            if session is not None and minutes(session) > minutes(LONG_SESSION):
                message = f"a login lasts {session}, and so does access after somebody has left a department"
                lint.scope.problems.add("long-session", message, session.span, severity="warning")


def lint_unused(lint: Lint) -> None:
    """Ensure that what is declared is used somewhere in the file."""
    file = lint.scope.file
    used: set[str] = set()
    for app in file.apps.values():
        used |= {app.owner, *app.machines}
        for entry in app.access:
            used |= {*entry.allow, *entry.deny}
            for condition in (*entry.require, *entry.exclude):
                used |= {*condition.device, *condition.department}
    used |= {machine.owner for machine in file.machines.values()}
    for what, table in (("department", file.departments), ("machine", file.machines), ("device", file.devices)):
        for name, span in table.declared.items():
            if name not in used:
                lint.scope.problems.add("unused", f"no app uses the {what} `{name}`", span, severity="warning")
    vouching = {department.provider.name for department in lint.scope.estate.departments}
    for name, span in file.identity.providers.declared.items() if file.identity else ():
        if name not in vouching:
            message = f"the identity provider `{name}` vouches for no department"
            lint.scope.problems.add("unused", message, span, severity="warning")
