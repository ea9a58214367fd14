"""Lints: rules about meaning. Something is written correctly, but says less, or more, than it seems to.

Like a check, each is a function with one "Ensure …" line; unlike a check, it needs to know who reaches what.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from ipaddress import ip_network

from infra.access.entitlements import entitlements_of
from infra.checks.scope import Scope
from infra.estate import App, Condition, Countries, Department, Emails, Entry, Members, Networks, Tunnelled
from infra.policies import canonical
from infra.problems import Related
from infra.resolve import minutes

LONG_SESSION = "24h"
SOON = 14  # days


@dataclass(frozen=True)
class Lint:
    """What a lint looks at: a scope that has passed all checks, on a day."""

    scope: Scope
    today: date

    def entries(self) -> Iterable[tuple[App, Entry]]:
        return ((app, entry) for app in self.scope.estate.apps for entry in app.access)


def lint_unsatisfiable(lint: Lint) -> None:
    """Ensure that each entry can apply to somebody."""
    for _, entry in lint.entries():
        reason = _impossible(entry)
        if reason:
            advice = ("entries of `require` must all hold; for an OR write a list inside one of them",)
            lint.scope.problems.add(
                "unsatisfiable", "nobody can ever match this entry", entry.at.span, label=reason, advice=advice
            )


def _impossible(entry: Entry) -> str:
    countries = [set(condition.codes) for condition in entry.require if isinstance(condition, Countries)]
    if countries and not set.intersection(*countries):
        return "nobody is in two countries at once"
    networks = [condition.cidrs for condition in entry.require if isinstance(condition, Networks)]
    if len(networks) > 1 and not _common_network(networks):
        return "no address is in all of these networks"
    people = [set(condition.addresses) for condition in entry.require if isinstance(condition, Emails)]
    if people and not set.intersection(*people):
        return "nobody has two addresses at once"
    for condition in entry.require:
        if canonical(condition) in {canonical(excluded) for excluded in entry.exclude}:
            return "what is required is excluded as well"
        if isinstance(condition, Members) and not _shares_provider(entry.departments, condition.departments):
            return "nobody signs in with two identity providers at once"
    excluded = {item for condition in entry.exclude if isinstance(condition, Members) for item in condition.departments}
    if entry.departments and excluded.issuperset(entry.departments):
        return "everybody who is included is excluded as well"
    return ""


def _common_network(required: list[tuple[str, ...]]) -> bool:
    first, *rest = [[ip_network(cidr) for cidr in cidrs] for cidrs in required]
    for networks in rest:
        first = [
            max(one, other, key=lambda network: network.prefixlen)
            for one in first
            for other in networks
            if one.version == other.version and one.overlaps(other)
        ]
    return bool(first)


def _shares_provider(some: tuple[Department, ...], others: tuple[Department, ...]) -> bool:
    return bool({item.provider for item in some} & {item.provider for item in others})


def lint_shadowed(lint: Lint) -> None:
    """Ensure that no entry is made pointless by one that is looked at before it."""
    for app in lint.scope.estate.apps:
        # Public entries come first whatever their place; see `policies_of`.
        ordered = sorted(
            (entry for entry in app.access if entry.holds_on(lint.today)), key=lambda entry: entry.decision != "bypass"
        )
        for number, entry in enumerate(ordered):
            earlier = next((other for other in ordered[:number] if _covers(other, entry)), None)
            if earlier is not None:
                related = (Related(earlier.at.span, f"this `{_word(earlier)}` has decided before"),)
                advice = ("entries are looked at from top to bottom, and public ones first; the first match decides",)
                lint.scope.problems.add(
                    "shadowed",
                    "this entry never decides anything",
                    entry.at.span,
                    related=related,
                    advice=advice,
                    severity="error" if entry.decision == "deny" else "warning",
                )


def _covers(wide: Entry, narrow: Entry) -> bool:
    """Whether everybody who matches `narrow` matches `wide`; false where it is not obvious."""
    if wide.decision != "bypass" and not set(wide.departments).issuperset(narrow.departments):
        return False
    if narrow.decision == "bypass" and wide.decision != "bypass":
        return False
    required = all(any(_implies(has, wants) for has in narrow.require) for wants in wide.require)
    excluded = {canonical(condition) for condition in narrow.exclude}
    return required and all(canonical(condition) in excluded for condition in wide.exclude)


def _implies(narrow: Condition, wide: Condition) -> bool:
    (kind, values), (wide_kind, wide_values) = canonical(narrow), canonical(wide)
    return kind == wide_kind and set(values) <= set(wide_values)


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
            effect = "whoever it keeps out may then enter" if denial else "access ends with that day (UTC)"
            message = f"this entry ends in {left} days" if left != 1 else "this entry ends tomorrow"
            message = message if left else "this entry ends today"
            lint.scope.problems.add("expires-soon", message, span, label=effect, severity="warning")


def lint_public(lint: Lint) -> None:
    """Ensure that what is public is seen by everybody who reads the output."""
    for app, entry in lint.entries():
        if entry.decision == "bypass" and entry.holds_on(lint.today):
            where = "" if not (entry.require or entry.exclude) else " from some places"
            message = f"`{app.name}` is open to anybody{where}, without a login and without a log"
            lint.scope.problems.add("public", message, entry.at["public"], severity="warning")


def lint_looser_below(lint: Lint) -> None:
    """Ensure that an app below another one's path is not more open by accident: it inherits nothing."""
    at = {(home.hostname, home.path): app for app, home in lint.scope.estate.tunnelled}
    for inner, home in lint.scope.estate.tunnelled:
        outer = next((at[key] for key in _around(home) if key in at), None)
        if outer is None:
            continue
        known = {entitlement.who for entitlement in entitlements_of(outer, lint.today)}
        extra = [e.who for e in entitlements_of(inner, lint.today) if e.who not in known]
        if extra:
            who = ", ".join(f"`{name}`" for name in dict.fromkeys(extra))
            message = f"{who} may enter `{inner.name}` but not `{outer.name}`, whose path is around it"
            advice = ("the most specific app decides alone and inherits nothing from the one around it",)
            related = (Related(outer.span, "around it"),)
            lint.scope.problems.add(
                "looser-below", message, inner.span, related=related, advice=advice, severity="warning"
            )


def _around(home: Tunnelled) -> Iterable[tuple[str, str]]:
    """The addresses above a path, nearest first."""
    path = home.path
    while path:
        path = path.rpartition("/")[0]
        yield home.hostname, path


def lint_sessions(lint: Lint) -> None:
    """Ensure that nobody keeps access for longer than a day after losing it without this being seen."""
    for app in lint.scope.file.apps.values():
        for session in (app.session, *(entry.session for entry in app.access)):
            if session is not None and minutes(session) > minutes(LONG_SESSION):
                message = f"a login lasts {session}, and so does access after somebody has left a department"
                lint.scope.problems.add("long-session", message, session.span, severity="warning")


def lint_nobody(lint: Lint) -> None:
    """Ensure that each app can be entered by somebody today."""
    for app in lint.scope.estate.apps:
        if not any(True for _ in entitlements_of(app, lint.today)):
            message = f"nobody may enter `{app.name}` today"
            lint.scope.problems.add("nobody", message, app.span, severity="warning")


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


LINTS: tuple[Callable[[Lint], None], ...] = (
    lint_unsatisfiable,
    lint_shadowed,
    lint_looser_below,
    lint_public,
    lint_nobody,
    lint_expiry,
    lint_sessions,
    lint_unused,
)


def run_lints(scope: Scope, today: date) -> None:
    """Run every lint; what they find is in `scope.problems`."""
    for rule in LINTS:
        rule(Lint(scope, today))


def _word(entry: Entry) -> str:
    return "public" if entry.decision == "bypass" else entry.decision
