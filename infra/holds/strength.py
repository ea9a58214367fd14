"""How strong tests are: what could be left out of `access` without one of them noticing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from infra.access.attributes import Names
from infra.access.guard import Guard
from infra.access.witness import Witness
from infra.estate import App, Estate
from infra.holds.claims import Claim
from infra.holds.drops import Drop, drops
from infra.holds.evaluate import claims_by_app, evaluate_app, world_of
from infra.holds.outcomes import same_guard, same_people
from infra.holds.prover import Prover
from infra.holds.shown import shown
from infra.logic import Every, Not
from infra.logic.sat import NoSolverError
from infra.problems import Span
from infra.schema import AppsFile

Effect = Literal["noticed", "unnoticed", "pointless"]


@dataclass(frozen=True)
class Missing:
    """What becomes of leaving one thing out. It is `pointless` where that changes for nobody whether they enter.

    Of what is unnoticed, `witness` is somebody for whom it does; `enters` says whether they would, or would no longer.
    """

    app: str
    what: str
    span: Span
    effect: Effect
    witness: Witness | None = None
    enters: bool = False


@dataclass(frozen=True)
class Strength:
    """All that could be left out, in the order of the file."""

    found: tuple[Missing, ...]

    def of(self, effect: Effect) -> tuple[Missing, ...]:
        return tuple(one for one in self.found if one.effect == effect)

    @property
    def percent(self) -> int:
        """How much of what matters is noticed, rounded down: 100 is all of it."""
        noticed, unnoticed = len(self.of("noticed")), len(self.of("unnoticed"))
        return 100 * noticed // (noticed + unnoticed) if noticed + unnoticed else 100


def strength(estates: Mapping[str, Estate], file: AppsFile, today: date) -> Strength:
    """Leave one thing out after another, and see whether a test that holds no longer does, in some stack."""
    found: dict[tuple[str, Span, str], Missing] = {}
    for estate, app, asked in _different(estates):
        source = file.apps[app.name]
        held = tuple(one.claim for one in evaluate_app(estate, app, today, asked) if one.status == "held")
        for drop in drops(app, source):
            key = app.name, drop.span, drop.what
            former = found.get(key)
            if former is None or former.effect != "noticed":
                missing = _missing(estate, app, today, drop, held)
                found[key] = former if former and missing.effect == "pointless" else missing
    return Strength(tuple(sorted(found.values(), key=lambda one: one.span[1:])))


def _different(estates: Mapping[str, Estate]) -> Iterator[tuple[Estate, App, tuple[Claim, ...]]]:
    """Each app once, and once more where another stack guards it in another way."""
    done: list[tuple[Estate, dict[str, App]]] = []
    for estate in estates.values():
        known = next((known for other, known in done if same_people(other, estate)), None)
        if known is None:
            known = {}
            done.append((estate, known))
        asked = claims_by_app(estate)
        for app in estate.apps:
            if app.name not in known or not same_guard(known[app.name], app):
                known.setdefault(app.name, app)
                yield estate, app, asked.get(app.name, ())


def _missing(estate: Estate, app: App, today: date, drop: Drop, held: tuple[Claim, ...]) -> Missing:
    alone = replace(estate, apps=(drop.app,))
    bare = Missing(app.name, drop.what, drop.span, "noticed")
    try:
        changed = _changed(estate, app, today, drop)
    except NoSolverError:
        changed = None, False
    if changed is None:
        return replace(bare, effect="pointless")
    if any(one.status != "held" for one in evaluate_app(alone, drop.app, today, held)):
        return bare
    return replace(bare, effect="unnoticed", witness=changed[0], enters=changed[1])


def _changed(estate: Estate, app: App, today: date, drop: Drop) -> tuple[Witness | None, bool] | None:
    """Somebody who would enter, or would no longer; None if there is nobody. Raises NoSolverError."""
    world = world_of(estate, app, today)
    after = world.under(Guard.of(drop.app, estate, today, Names()))
    gained, lost = Every((after, Not(world.entering))), Every((world.entering, Not(after)))
    prover = Prover(world, (gained, lost))
    for formula, enters in ((gained, True), (lost, False)):
        if example := prover.somebody(formula):
            return shown(world, *example, ())[0], enters
    return None
