"""Access that begins or ends by itself: entries whose last day is near, with what that does to people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from infra.access.attributes import Names
from infra.diff.changes import AppChange, Sides, compare
from infra.estate import Estate

SOON = 14  # days


@dataclass(frozen=True)
class Lapse:
    """What the end of an entry does to an app on the day after its last one, if nobody does anything."""

    day: date
    change: AppChange


def lapses(estate: Estate, today: date) -> Iterator[Lapse]:
    """Every lapse of the next days, first the nearest."""
    ends = {entry.expires for app in estate.apps for entry in app.access if entry.expires}
    for last in sorted(ends):
        if today <= last <= today + timedelta(days=SOON):
            for change in compare(Sides(estate, estate, last, Names(), {}, last + timedelta(days=1))):
                if change.gained or change.lost:
                    yield Lapse(last, change)
