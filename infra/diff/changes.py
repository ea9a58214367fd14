"""Two estates of one stack compared: a verdict for each app, with who gains and who loses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from infra.access import decide
from infra.access.attributes import Names
from infra.access.exclusive import Pair as Together
from infra.access.exclusive import assumption
from infra.access.guard import Guard
from infra.diff import notes
from infra.diff.assumed import Deltas, apart, least_assumed
from infra.diff.delta import Comparison, Delta, Residents, Side, delta
from infra.diff.pairing import Pair, address, content, leads_to, longest_session, pairs, shown_address
from infra.diff.regions import Taken, taken
from infra.diff.solver import solved
from infra.estate import App, Estate, Tunnelled
from infra.logic import TooLargeError
from infra.logic.sat import NoSolverError
from infra.problems import Span

Verdict = Literal["equivalent", "narrowed", "broadened", "both", "new", "removed", "undecided"]

INSTALL = "install the extra `sat` (`pip install 'gatehouse[sat]'`), or split the app's policies"

WIDENING: frozenset[Verdict] = frozenset({"broadened", "both", "new", "undecided"})
"""The verdicts after which somebody may enter who could not."""


@dataclass(frozen=True)
class AppChange:
    """One app of one stack. `notes` are facts beside who enters: another address, a longer session.

    `leads_to` is what whoever enters gets. `session` is how long a login of before lasts, the longest of the app's: so
    long whoever loses stays inside. It is empty in Snowflake, where a privilege that is revoked is gone.
    """

    app: str
    title: str
    owner: str
    address: str
    verdict: Verdict
    gained: tuple[Delta, ...]
    lost: tuple[Delta, ...]
    notes: tuple[str, ...]
    leads_to: str
    session: str
    span: Span = field(compare=False, repr=False)

    @property
    def is_silent(self) -> bool:
        """Whether there is nothing to say about it."""
        return self.verdict == "equivalent" and not self.notes


@dataclass(frozen=True)
class Sides:
    """What is compared: base as it is `today`, and head as it is `then`, which is the same day but for what lapses.

    `names` says which providers and devices of head are not those of base, `stated` who is said to gain which app; None
    where nothing is said.
    """

    base: Estate
    head: Estate
    today: date
    names: Names
    residents: Residents
    then: date
    stated: Mapping[str, frozenset[str]] | None = None

    @property
    def mirrored(self) -> Sides:
        return replace(self, base=self.head, head=self.base, today=self.then, then=self.today)


def compare(sides: Sides) -> Iterator[AppChange]:
    """Each app with its verdict, in the order of head, then what went."""
    paired = tuple(pairs(sides.base, sides.head))
    same = {one.name: other.name for one, other in paired if one and other}
    moved: dict[int, dict[int, Taken]] = {}
    for number, item in enumerate(taken(sides.base, sides.head, same)):
        moved.setdefault(id(item.before), {})[number] = item
        moved.setdefault(id(item.after), {})[number] = item
    for base, head in paired:
        touching = moved.get(id(base), {}) | moved.get(id(head), {})
        if touching or base is None or head is None or not _is_untouched(sides, base, head):
            yield _change(sides, (base, head), tuple(touching[number] for number in sorted(touching)))
        else:
            yield _unchanged(head, ())


def _is_untouched(sides: Sides, base: App, head: App) -> bool:
    """Whether everything is written as it was, and stands for the same; most apps are like that."""
    if sides.names.providers or sides.names.devices or base != head:
        return False
    return all(entry.holds_on(sides.today) == entry.holds_on(sides.then) for entry in head.access)


def _unchanged(app: App, told: tuple[str, ...]) -> AppChange:
    at, session = shown_address(app), longest_session(app)
    return AppChange(
        app.name, app.title, app.owner.name, at, "equivalent", (), (), told, leads_to(app), session, app.span
    )


def _change(sides: Sides, pair: Pair, moved: tuple[Taken, ...]) -> AppChange:
    base, head = pair
    app = head or base
    assert app is not None  # noqa: S101 - a pair has one side at least
    before = Guard.of(base, sides.base, sides.today, Names()) if base else _NOBODY
    after = Guard.of(head, sides.head, sides.then, sides.names) if head else _NOBODY
    told = (
        *notes.of_apps(pair, moved),
        *notes.of_ends(pair, sides.today, sides.then),
        *notes.of_what_is_named_alike(sides.names, after),
    )
    bare = replace(_unchanged(app, told), session=longest_session(base or app))
    is_same = base is not None and head is not None and content(base) == content(head)
    compared = [_Compared("", before, after if is_same else _NOBODY)] if base else []
    compared += [_Compared("", _NOBODY, after)] if head and not is_same else []
    # Also of an app that is new: it could have come without this part, and been approved of so.
    for item in moved:
        if item.after is head and _inside(item, head):
            former = Guard.of(item.before, sides.base, sides.today, Names()) if item.shows_the_same else _NOBODY
            compared.append(_Compared(item.place, former, after, loses=False))
        if item.before is base and _inside(item, base):
            latter = Guard.of(item.after, sides.head, sides.then, sides.names) if item.shows_the_same else _NOBODY
            compared.append(_Compared(item.place, before, latter, gains=False))
    try:
        found = [_found(sides, pair, one) for one in compared if one.before.meaning != one.after.meaning]
    except _UndecidedError as error:
        # Nobody knows what the change does, so it is treated as if somebody gained.
        why = f"not decided: {error.__cause__}; {INSTALL}"
        return replace(bare, verdict="undecided", notes=(*told, why))
    gained = tuple(delta for one, _, _ in found for delta in one)
    lost = tuple(delta for _, one, _ in found for delta in one)
    assuming = tuple(dict.fromkeys(both for _, _, pairs in found for both in pairs))
    told = (*told, assumption(assuming)) if assuming else told
    return replace(bare, verdict=_verdict(pair, gained, lost), gained=gained, lost=lost, notes=told)


class _UndecidedError(Exception):
    """Nobody knows who gains and who loses; its cause says why."""


@dataclass(frozen=True)
class _Compared:
    """Who may enter at a place, before and after; what is gained there, and lost, counts or does not."""

    at: str
    before: Guard
    after: Guard
    gains: bool = True
    loses: bool = True


def _found(
    sides: Sides, pair: Pair, one: _Compared
) -> tuple[tuple[Delta, ...], tuple[Delta, ...], tuple[Together, ...]]:
    """Who gains and who loses, and what is assumed. Raises _UndecidedError where that is too much to compute."""
    base, head = pair
    app = head or base
    assert app is not None  # noqa: S101 - a pair has one side at least
    before, after = _side(one.before, base or app, sides.base), _side(one.after, app, sides.head)
    comparison = Comparison(before, after, apart(sides.base, sides.head))
    stated = None if sides.stated is None else sides.stated.get(app.name, frozenset())
    (gained, lost), assuming = least_assumed(comparison, lambda some: _deltas(some, one, sides.residents, stated))
    _confirm(gained, sides, head, base if one.before is not _NOBODY and not one.at else None)
    _confirm(lost, sides.mirrored, base, head if one.after is not _NOBODY and not one.at else None)
    return _placed(gained, one.at), _placed(lost, one.at), assuming


def _deltas(comparison: Comparison, one: _Compared, residents: Residents, stated: frozenset[str] | None) -> Deltas:
    base, head = comparison.base, comparison.head
    try:
        gained = delta(comparison, head, base, residents, stated) if one.gains else None
        return gained, delta(comparison, base, head, residents, None) if one.loses else None
    except TooLargeError as large:
        try:
            gained = solved(comparison, head, base, stated) if one.gains else None
            return gained, solved(comparison, base, head, None) if one.loses else None
        except NoSolverError:
            raise _UndecidedError from large


def _placed(part: Delta | None, at: str) -> tuple[Delta, ...]:
    return (replace(part, at=at),) if part else ()


_NOBODY = Guard((), frozenset(), {})


def _side(guard: Guard, app: App, estate: Estate) -> Side:
    return Side(guard, address(app), estate.departments)


def _inside(item: Taken, app: App) -> bool:
    """Whether what changed hands is a part of an app's address, below the app itself."""
    return isinstance(app.home, Tunnelled) and item.address != (app.home.hostname, app.home.path)


def _verdict(pair: Pair, gained: tuple[Delta, ...], lost: tuple[Delta, ...]) -> Verdict:
    base, head = pair
    if base is None or head is None:
        return "new" if base is None else "removed"
    if gained and lost:
        return "both"
    return "broadened" if gained else "narrowed" if lost else "equivalent"


def _confirm(part: Delta | None, sides: Sides, app: App | None, other: App | None) -> None:
    """Ask `decide` about a witness: a proof that it contradicts is a bug, and must not be believed.

    `app` is what the witness enters in head, and `other` what they do not enter in base.
    """
    if part is None or app is None or not isinstance(app.home, Tunnelled):
        return
    if not _enters(part, sides.head, app, sides.then):
        raise AssertionError(f"the comparison says that {part.witness} enters `{app.name}`, and `decide` does not")
    renamed = bool(sides.names.providers or sides.names.devices)
    if other is not None and not renamed and _enters(part, sides.base, other, sides.today):
        raise AssertionError(f"the comparison says that {part.witness} is new at `{app.name}`; `decide` knows them")


def _enters(part: Delta, estate: Estate, app: App, today: date) -> bool:
    hostname, path = address(app)
    request = replace(part.witness.request, hostname=hostname, path=path)
    return decide(estate, part.witness.person, request, today).enters


def verdicts(changes: tuple[AppChange, ...]) -> Mapping[Verdict, int]:
    """How many apps have which verdict."""
    found: dict[Verdict, int] = {}
    for change in changes:
        found[change.verdict] = found.get(change.verdict, 0) + 1
    return found
