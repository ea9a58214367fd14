"""Why somebody does not get in where no entry decides about them: the one that comes nearest to letting them in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from infra.access.entitlements import phrase
from infra.access.person import holds, is_member
from infra.access.witness import Witness
from infra.estate import App, Entry
from infra.holds.claims import Claim, listed
from infra.problems import Related


def nearest(claim: Claim, app: App, witness: Witness, today: date) -> Related:
    """The entry that asks them for the least, and what for; where none is about them, the place of all entries.

    With a reason, that entry is meant and comes first.
    """
    about = [entry for entry in app.access if entry.decision != "deny" and _is_about(entry, witness)]
    if not about:
        key = "machines" if witness.request.machine and app.machines else "access"
        return Related(app.at[key] if key in app.at.keys else app.span, f"nothing here lets {_called(witness)} in")
    reason = claim.test.reason
    entry = min(
        about,
        key=lambda one: (one.reason != (reason or one.reason), not one.holds_on(today), len(list(_asks(one, witness)))),
    )
    if not entry.holds_on(today):
        return Related(entry.at.span, f"this ended on {entry.expires}")
    return Related(entry.at.span, f"this lets them in only if {' and '.join(_asks(entry, witness))}")


def _is_about(entry: Entry, witness: Witness) -> bool:
    if witness.roles:
        return any(item.snowflake_role in witness.roles for item in entry.departments)
    person = witness.person
    return entry.decision == "bypass" or any(is_member(person, item) for item in entry.departments if person)


def _asks(entry: Entry, witness: Witness) -> Iterator[str]:
    """What is not as the entry wants it."""
    person, request = witness.person, witness.request
    yield from (phrase(one) for one in entry.require if not holds(one, person, request))
    yield from (f"not {phrase(one)}" for one in entry.exclude if holds(one, person, request))


def _called(witness: Witness) -> str:
    if witness.request.machine:
        return f"machine {witness.request.machine}"
    return listed(witness.departments) if witness.departments else "them"
