"""What became of all tests in all stacks: an answer that several stacks give is one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from infra.access.exclusive import Pair
from infra.estate import App, Estate
from infra.holds.claims import untested
from infra.holds.evaluate import Finding, Status, claims_by_app, evaluate_app
from infra.problems import count
from infra.schema.expectations import Expectation

_WORST: tuple[Status, ...] = ("failed", "undecided", "lapsed", "held")


@dataclass(frozen=True)
class Outcome:
    """A finding with the stacks in which it is so, of those that have the app."""

    finding: Finding
    stacks: tuple[str, ...]
    of: tuple[str, ...]

    @property
    def where(self) -> tuple[str, ...]:
        """The stacks, unless the others give the same answer."""
        return self.stacks if self.stacks != self.of else ()


@dataclass(frozen=True)
class Outcomes:
    """The tests in the order of the file, and what was found of each. `untested` are apps that no test names."""

    tests: tuple[Expectation, ...]
    found: tuple[Outcome, ...]
    untested: tuple[App, ...]
    stacks: tuple[str, ...]
    today: date

    @cached_property
    def _by_test(self) -> dict[int, tuple[Outcome, ...]]:
        found: dict[int, list[Outcome]] = {}
        for one in self.found:
            found.setdefault(one.finding.claim.number, []).append(one)
        return {number: tuple(some) for number, some in found.items()}

    def of(self, number: int) -> tuple[Outcome, ...]:
        """What was found of a test."""
        return self._by_test.get(number, ())

    def status(self, number: int) -> Status:
        """The worst of what was found of a test. In stacks without its apps it holds."""
        found = {one.finding.status for one in self.of(number)}
        return next((status for status in _WORST if status in found), "held")

    def count(self, status: Status) -> int:
        """Of how many tests this is so."""
        return sum(self.status(number) == status for number in range(len(self.tests)))

    @property
    def tally(self) -> str:
        """`18 tests hold`, or `16 of 18 tests hold (2 lapsed)`."""
        total, held, lapsed = len(self.tests), self.count("held"), self.count("lapsed")
        said = count(total, "test holds", "tests hold") if held == total else f"{held} of {total} tests hold"
        return f"{said} ({lapsed} lapsed)" if lapsed else said

    @property
    def bad(self) -> tuple[Outcome, ...]:
        return tuple(one for one in self.found if not one.finding.is_good)

    @property
    def assuming(self) -> tuple[Pair, ...]:
        """What tests that hold assume."""
        pairs = (pair for one in self.found if one.finding.is_good for pair in one.finding.assuming)
        return tuple(dict.fromkeys(pairs))


def outcomes(estates: Mapping[str, Estate], today: date) -> Outcomes:
    """Evaluate the tests in each of these stacks."""
    found: dict[object, list[tuple[str, Finding]]] = {}
    having: dict[str, list[str]] = {}
    for name, app, findings in _evaluated(estates, today):
        having.setdefault(app, []).append(name)
        for finding in findings:
            found.setdefault(_answer(finding), []).append((name, finding))
    merged = [
        Outcome(same[0][1], tuple(name for name, _ in same), tuple(having[same[0][1].claim.app]))
        for same in found.values()
    ]
    merged.sort(key=lambda one: (one.finding.claim.number, one.finding.claim.span[1:]))
    with_apps = tuple(name for name, estate in estates.items() if estate.apps)
    tests = next((estate.tests for estate in estates.values()), ())
    return Outcomes(tests, tuple(merged), untested(estates.values()), with_apps, today)


def _evaluated(estates: Mapping[str, Estate], today: date) -> Iterator[tuple[str, str, tuple[Finding, ...]]]:
    """The findings of each app of each stack. Where the same people enter for the same reasons, they are the same."""
    done: list[tuple[Estate, dict[str, tuple[App, tuple[Finding, ...]]]]] = []
    for name, estate in estates.items():
        known = next((known for other, known in done if same_people(other, estate)), None)
        if known is None:
            known = {}
            done.append((estate, known))
        asked = claims_by_app(estate)
        for app in estate.apps:
            former = known.get(app.name)
            if former is None or not same_guard(former[0], app):
                former = app, tuple(evaluate_app(estate, app, today, asked.get(app.name, ())))
                known.setdefault(app.name, former)
            yield name, app.name, former[1]


def same_people(one: Estate, other: Estate) -> bool:
    """Whether the same people are in the same departments."""
    parts = ((each.providers, each.default_provider, each.departments, each.machines) for each in (one, other))
    return next(parts) == next(parts)


def same_guard(one: App, other: App) -> bool:
    """Whether an app is guarded in the same way, given the same people."""
    parts = ((type(each.home), each.access, each.machines) for each in (one, other))
    return next(parts) == next(parts)


def _answer(finding: Finding) -> object:
    """Equal where two stacks are told the same."""
    place = finding.entry.at.span if finding.entry else None
    return finding.claim.key, finding.status, str(finding.witness), finding.vacuous, finding.assuming, place
