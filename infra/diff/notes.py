"""Facts about one app that are said beside who may enter it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

from infra.access.attributes import Names
from infra.access.guard import Guard
from infra.diff.pairing import Pair, address, content, served, shown_address
from infra.diff.regions import Taken
from infra.estate import App, Devices, Tunnelled


def of_apps(pair: Pair, moved: Iterable[Taken]) -> Iterator[str]:
    """Another name, address, owner or session, and parts of addresses that change hands."""
    base, head = pair
    if base and head:
        if base.name != head.name:
            yield f"was called `{base.name}`"
        if address(base)[0] != address(head)[0]:
            yield f"moves from {_whole(base)} to {_whole(head)}"
        elif shown_address(base) != shown_address(head):
            yield f"moves from {shown_address(base)} to {shown_address(head)}"
        if served(base) != served(head):
            yield f"leads to {served(head)}, and led to {served(base)}"
        elif content(base) != content(head):
            yield "its service is told another host name, and may show something else"
        if base.owner.name != head.owner.name:
            yield f"is owned by {head.owner.name}, and was by {base.owner.name}"
        yield from _sessions(base, head)
    for item in moved:
        place = item.place
        if head is not None and item.after is head:
            yield f"answers {place}, which was answered by `{item.before.name}`"
        if base is not None and item.before is base and head is not None:
            yield f"no longer answers {place}, which `{item.after.name}` answers now"


def of_what_is_named_alike(names: Names, guard: Guard) -> Iterator[str]:
    """What has the same name on both sides and is not the same."""
    for name, key in names.providers.items():
        if key in guard.providers:
            yield f"`{name}` is connected to something else, and may vouch for other people"
    used = {device.name for one in guard.conditions if isinstance(one, Devices) for device in one.devices}
    for name in names.devices:
        if name in used:
            yield f"`{name}` checks something else"


def of_ends(pair: Pair, today: date, then: date) -> Iterator[str]:
    """Entries that are over in head and were not in base; what a denial kept out may enter then."""
    base, head = pair
    if base is None or head is None:
        return
    before, after = (
        {replace(entry, expires=None, reason=None) for entry in app.access if entry.holds_on(day)}
        for app, day in ((base, today), (head, then))
    )
    for entry in head.access:
        if not entry.holds_on(then) and replace(entry, expires=None, reason=None) in before - after:
            who = " and ".join(department.name for department in entry.departments) or "everybody"
            what = {"deny": "the denial of", "bypass": "being public to"}.get(entry.decision, "the entry of")
            yield f"{what} {who} ended on {entry.expires}"


def _whole(app: App) -> str:
    """An address with its host name."""
    where, place = address(app)
    return f"{where}{place}" if isinstance(app.home, Tunnelled) else f"{place} in Snowflake"


def _sessions(base: App, head: App) -> Iterator[str]:
    before, after = ({entry.session for entry in app.access} | {app.session} for app in (base, head))
    if before != after and isinstance(head.home, Tunnelled):
        yield f"a login lasts {' or '.join(sorted(after))}, and lasted {' or '.join(sorted(before))}"
