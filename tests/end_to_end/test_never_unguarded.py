"""At no moment of any update is an app reachable unguarded: probers ask throughout, and none is ever let through."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from contextlib import ExitStack, closing

import pytest

from tests.end_to_end.conftest import without_snowflake
from tests.end_to_end.prober import Answer, Person, Prober, Stranger
from tests.end_to_end.world import ROOT, World

HOST = "https://apps.example.com"
URLS = (f"{HOST}/", f"{HOST}/streamlit/marketing/", f"{HOST}/streamlit/sales/", "https://handbook.example.com/")
FIGURES = {"marketing": "marketing.internal", "sales": "sales.internal"}  # the names that the service was asked as
OTHERS = {"mika": "sales", "sam": "marketing"}  # whose figures each must never see
PEOPLE = {
    "people": [
        {
            "id": name,
            "name": name.capitalize(),
            "email": f"{name}@example.com",
            "identities": {"workspace": {"groups": [f"{department}@example.com"]}},
        }
        for name, department in (("mika", "marketing"), ("sam", "sales"))
    ]
}


@pytest.fixture(scope="module")
def guarded(world: World) -> World:
    """The estate of guarded.yaml, not deployed yet; its service never asks who is there."""
    shutil.copy(ROOT / "tests" / "end_to_end" / "guarded.yaml", world.project / "apps.yaml")
    stack = world.project / "stacks" / "Pulumi.sandbox.yaml"
    kept = re.sub(r"    partners:\n(      .*\n)+", "", stack.read_text(encoding="utf-8"))
    stack.write_text(without_snowflake(kept), encoding="utf-8")
    for file in ("people.yaml", *(f"stacks/Pulumi.{name}.yaml" for name in ("account", "dev", "staging", "prod"))):
        (world.project / file).unlink(missing_ok=True)
    return world


def watched(world: World, step: Callable[[], object]) -> None:
    """Carry the step out under the eyes of a stranger, and of two people who log in wherever they are asked to."""
    people = OTHERS if world.cloudflare else {}
    with ExitStack() as stack:
        stranger = stack.enter_context(Prober(Stranger(world), URLS, lambda answer: answer.is_let_through))
        others = {
            name: stack.enter_context(Prober(Person(world, name), URLS, _shows(department)))
            for name, department in people.items()
        }
        step()
    for prober in (stranger, *others.values()):
        assert sum(prober.tally.values()) > 30, f"a prober that hardly asked proves nothing: {prober.tally}"
    assert stranger.breaches == []
    assert {name: prober.breaches for name, prober in others.items()} == {name: [] for name in people}


def _shows(department: str) -> Callable[[Answer], bool]:
    return lambda answer: FIGURES[department] in answer.body


def test_the_first_update(guarded: World) -> None:
    watched(guarded, lambda: guarded.ok("up"))
    guarded.at_identity_provider("PUT", "people", PEOPLE)
    for name, department in (("mika", "marketing"), ("sam", "sales")):
        with closing(Person(guarded, name)) as visitor:
            entered = visitor.ask(f"{HOST}/streamlit/{department}/")
        assert FIGURES[department] in entered.body, f"the probers would prove nothing: {entered}"


@pytest.mark.parametrize(
    "edits",
    [
        pytest.param([("  campaigns:\n", "  promotions:\n")], id="another-app-takes-the-address-over"),
        pytest.param(
            [
                ("path: /streamlit/marketing", "path: /streamlit/swapped"),
                ("path: /streamlit/sales", "path: /streamlit/marketing"),
                ("path: /streamlit/swapped", "path: /streamlit/sales"),
            ],
            id="two-apps-swap-their-addresses",
        ),
        pytest.param([("path: /streamlit/sales", "path: /streamlit/offers")], id="an-app-moves-to-another-path"),
        pytest.param([("subdomain: handbook", "path: /handbook")], id="a-host-name-is-given-up"),
        pytest.param([("path: /handbook", "subdomain: handbook")], id="a-host-name-of-its-own-again"),
    ],
)
def test_a_change(guarded: World, edits: list[tuple[str, str]]) -> None:
    for old, new in edits:
        guarded.edit("apps.yaml", old, new)
    watched(guarded, lambda: guarded.ok("up"))


def test_an_app_is_removed(guarded: World) -> None:
    file = guarded.project / "apps.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text[: text.index("  handbook:\n")], encoding="utf-8")
    watched(guarded, lambda: guarded.ok("up"))


def test_everything_is_destroyed(guarded: World) -> None:
    watched(guarded, lambda: guarded.ok("pulumi", "destroy", "--yes"))
    assert guarded.objects() == {}
