"""Rules about `access`: every entry says one thing, and Cloudflare can enforce all of it."""

from __future__ import annotations

from infra.checks.scope import Scope
from infra.checks.values import check_country, check_network
from infra.problems import Related
from infra.schema.apps import App, Condition, Entry
from infra.spelling import minutes

_CONDITIONS = ("mfa", "country", "ip", "device", "department", "email")
_IDENTITY = ("mfa", "department", "email")
# "Immediate timeout to one month" (developers.cloudflare.com/cloudflare-one, "Session management"): a month is 730 h.
_LONGEST_SESSION = "730h"


def check_has_access(scope: Scope) -> None:
    """Ensure that each app admits somebody: no departments, no app."""
    for name, app in scope.file.apps.items():
        if not app.access and not app.machines:
            advice = ("write `access:` with at least one department",)
            scope.problems.add("no-access", f"nobody may enter `{name}`", scope.span_of(name), advice=advice)


def check_entries(scope: Scope) -> None:
    """Ensure that each entry of `access` is exactly one of allow, deny and public."""
    for _, entry in _entries(scope):
        kinds = [kind for kind in ("allow", "deny") if getattr(entry, kind)]
        kinds += ["public"] if entry.public is not None else []
        if len(kinds) != 1:
            message = "an entry says one of `allow`, `deny` and `public`"
            found = f"this says {' and '.join(f'`{kind}`' for kind in kinds)}" if kinds else "this says none of them"
            scope.problems.add("bad-entry", message, entry.at.span, label=found)
        elif entry.public is False:
            advice = ("remove the entry: nothing is public unless it says so",)
            scope.problems.add("bad-entry", "`public: false` says nothing", entry.at["public"], advice=advice)


def check_sessions(scope: Scope) -> None:
    """Ensure that no login is to last longer than Cloudflare lets one last."""
    for app in scope.file.apps.values():
        for session in (app.session, *(entry.session for entry in app.access)):
            if session is not None and minutes(session) > minutes(_LONGEST_SESSION):
                message = f"a login cannot last `{session}`"
                advice = (f"Cloudflare lets it last a month at most, `{_LONGEST_SESSION}`",)
                scope.problems.add("out-of-range", message, session.span, advice=advice)


def check_conditions(scope: Scope) -> None:
    """Ensure that each condition says one thing that can be true."""
    for _, entry in _entries(scope):
        for condition in (*entry.require, *entry.exclude):
            kinds = [kind for kind in _CONDITIONS if getattr(condition, kind) not in (None, ())]
            if len(kinds) != 1:
                message = "a condition says exactly one thing"
                found = f"this says {' and '.join(f'`{kind}`' for kind in kinds)}" if kinds else "this says nothing"
                advice = ("write a list entry for each; all entries of `require` must hold",)
                scope.problems.add("bad-condition", message, condition.at.span, label=found, advice=advice)
            elif condition.mfa is False:
                advice = ("put `mfa` under `exclude` for people without a second factor",)
                scope.problems.add("bad-condition", "`mfa: false` says nothing", condition.at["mfa"], advice=advice)
            _check_values(scope, condition)


def _check_values(scope: Scope, condition: Condition) -> None:
    for code in condition.country:
        check_country(code, scope.problems)
    for network in condition.ip:
        check_network(network, scope.problems)


def check_public(scope: Scope) -> None:
    """Ensure that a public entry has a reason, and no rule about people it will never know."""
    for _, entry in _entries(scope):
        if not entry.public:
            continue
        if entry.reason is None:
            advice = ("write `reason:` for the reviewer: nobody signs in, and Cloudflare keeps no log",)
            scope.problems.add("public-without-reason", "a public app says why", entry.at["public"], advice=advice)
        if entry.session is not None:
            message = "nobody signs in to a public app, so there is no session"
            scope.problems.add("bypass-identity", message, entry.at["session"], advice=("remove `session`",))
        for condition in (*entry.require, *entry.exclude):
            for kind in _IDENTITY:
                if getattr(condition, kind) not in (None, ()):
                    message = f"`{kind}` cannot be asked of a public app: nobody signs in"
                    advice = ("use `allow` with departments, or conditions on `country`, `ip` or `device`",)
                    scope.problems.add("bypass-identity", message, condition.at[kind], advice=advice)


def check_public_places(scope: Scope) -> None:
    """Ensure that an app that is public from some places only is closed to the others while its guard is replaced."""
    for name, app in scope.file.apps.items():
        for entry in app.access if app.subdomain is not None else ():
            if entry.public and (entry.require or entry.exclude):
                message = f"`{name}` is public from some places only, which a host name of its own cannot hold"
                related = (Related(app.at["subdomain"], "here nothing else denies whoever its guard does not"),)
                advice = (
                    "when the app is renamed its guard is replaced, and meanwhile it would be open to anybody",
                    "write `path:` instead of `subdomain:`, or leave the conditions out",
                )
                scope.problems.add("partly-public", message, entry.at["public"], related=related, advice=advice)


def check_mfa(scope: Scope) -> None:
    """Ensure that a second factor is asked only of people whose provider reports one."""
    unreported = {item.name: item for item in scope.estate.departments if not item.provider.reports_mfa}
    for app, entry in _entries(scope):
        if app.snowflake:
            continue
        silent = [unreported[name] for name in (*entry.allow, *entry.deny) if name in unreported]
        for condition in (*entry.require, *entry.exclude):
            if condition.mfa and silent:
                provider = silent[0].provider
                message = (
                    f"`{silent[0].name}` signs in with `{provider.name}` ({provider.type}), "
                    "which never reports a second factor"
                )
                advice = (
                    "enforce the second factor in that provider itself, or require a `device` here",
                    "providers that report it: `entra-id`, `okta`, `oidc`, `saml`",
                )
                effect = "this would turn none of them away" if entry.deny else "none of them could enter"
                label = effect if condition in entry.require else "this would exclude nobody"
                scope.problems.add("mfa-not-reported", message, condition.at["mfa"], label=label, advice=advice)


def _entries(scope: Scope) -> list[tuple[App, Entry]]:
    return [(app, entry) for app in scope.file.apps.values() for entry in app.access]
