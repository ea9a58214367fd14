"""Tests whose diagrams are too large: a solver decides them alike, and without one nothing is taken for proved."""

from __future__ import annotations

from functools import partial

import pytest

from infra.cli import main
from infra.estate import Estate
from infra.holds import prover
from infra.holds.evaluate import claims_by_app, evaluate_app
from infra.holds.outcomes import outcomes
from infra.holds.problems import problems_of
from infra.logic import Diagrams, Formula
from infra.logic.sat import NoSolverError
from tests.access_sides import estate_of
from tests.problem_codes import ROOT
from tests.random_worlds import world
from tests.recorder import TODAY
from tests.test_holds_random import with_tests


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prover, "Diagrams", partial(Diagrams, budget=3))


def statuses(estate: Estate) -> list[str]:
    asked = claims_by_app(estate)
    return [
        finding.status for app in estate.apps for finding in evaluate_app(estate, app, TODAY, asked.get(app.name, ()))
    ]


@pytest.mark.parametrize("seed", range(3))
def test_a_solver_says_the_same(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pysat", reason="THE EXTRA `sat` IS NOT INSTALLED")
    one = with_tests(world(seed))
    estate = estate_of(one.apps_yaml, one.stack)
    expected = statuses(estate)
    monkeypatch.setattr(prover, "Diagrams", partial(Diagrams, budget=3))
    assert statuses(estate) == expected


@pytest.fixture
def no_solver(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(formula: Formula) -> None:  # noqa: ARG001 - called as `solve` is
        raise NoSolverError

    monkeypatch.setattr(prover, "solve", missing)


@pytest.mark.usefixtures("tiny", "no_solver")
def test_a_comparison_takes_nothing_for_proved(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", str(ROOT), str(ROOT), "--today", str(TODAY)]) == 2
    assert "tests of apps.yaml do not hold" in capsys.readouterr().err


@pytest.mark.usefixtures("tiny", "no_solver")
def test_without_a_solver_nothing_is_proved() -> None:
    one = with_tests(world(1))
    found = outcomes({"dev": estate_of(one.apps_yaml, one.stack)}, TODAY)
    undecided = [one for one in problems_of(found) if "not decided" in one.message]
    assert found.count("undecided")
    assert len(undecided) == sum(one.finding.status == "undecided" for one in found.bad)
    assert all(problem.severity == "error" and "sat" in problem.advice[-1] for problem in undecided)


def test_strength_is_for_people_and_programs_that_ask(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["test", "--strength", "--format", "junit"])
    assert left.value.code == 1
    assert "--strength is printed as text, markdown or json" in capsys.readouterr().err
