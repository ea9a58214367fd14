"""Why somebody enters: one file per question in `why/`, and the same verdicts as every row of `access/`."""

from __future__ import annotations

import random
import re
from datetime import date
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from infra.access import Request, decide
from infra.access.attributes import COUNTRY, DEVICE, IP, MACHINE, MFA, YES, in_order
from infra.access.decide import app_at
from infra.cli import main
from infra.diff.phrases import simplest
from infra.diff.subjects import Identity, identity_of
from infra.logic import EMPTY, Diagrams, Every, Is, Not, Some
from infra.why.explain import Explainer
from tests.build import PREAMBLE, TESTS, estate
from tests.test_access import PEOPLE, TODAY, rows
from tests.text_files import split, write

FOLDER = TESTS / "why"
STACK = (TESTS / "changes" / "Pulumi.dev.yaml").read_text("utf-8")
CASES = sorted(FOLDER.glob("*.txt"))


@pytest.mark.parametrize(("apps", "row"), rows())
def test_the_same_entry_decides(apps: str, row: re.Match[str]) -> None:
    options = dict(option.split("=", 1) for option in row["options"].split())
    host, _, path = row["place"].partition("/")
    devices = frozenset({options["device"]} if "device" in options else ())
    request = Request(
        host or "apps.example.com",
        f"/{path}",
        options.get("country", ""),
        options.get("ip", ""),
        devices,
        options.get("machine"),
    )
    today = date.fromisoformat(options.get("on", str(TODAY)))
    world, who = estate(apps), None if row["who"] == "nobody" else PEOPLE[row["who"]]
    outcome, app = decide(world, who, request, today), app_at(world, request)
    assert outcome.app == app
    if app is None:
        return
    explainer = Explainer(app, world, today)
    identity: Identity = identity_of(who, explainer.classes, explainer.guard.names) if who else {}
    if outcome.verdict == "machine":
        identity = {MACHINE: request.machine}  # a token that is taken stands for nobody's login
    steps = explainer.explain(identity).steps
    circumstances = circumstances_of(request, explainer, mfa=who is not None and who.mfa)
    deciding = [step.rule.policy for step in steps if explainer.diagrams.given(step.decided, circumstances) != EMPTY]
    assert deciding == ([outcome.policy] if outcome.policy else [])
    enters = explainer.diagrams.given(explainer.entering(identity), circumstances) != EMPTY
    assert enters == outcome.enters


@pytest.mark.parametrize("seed", range(200))
def test_fewer_words_say_the_same(seed: int) -> None:
    """And none of them can be left out."""
    chance = random.Random(seed)
    flags = [Is(("device", str(number)), YES) for number in range(4)] + [Is(COUNTRY, frozenset(code)) for code in "AB"]
    cases = [Every(tuple(chance.choice((flag, Not(flag))) for flag in chance.sample(flags, 3))) for _ in range(4)]
    diagrams = Diagrams(in_order(flags))
    number = diagrams.of(Some(tuple(cases)))
    cubes = [
        Every(tuple(Is(one, values) if among else Not(Is(one, values)) for one, values, among in cube))
        for cube in simplest(diagrams, number, list(diagrams.paths(number)))
    ]
    assert diagrams.of(Some(tuple(cubes))) == number
    for cube in cubes:
        others = tuple(other for other in cubes if other is not cube)
        assert diagrams.of(Some(others)) != number
        for part in cube.parts:
            shorter = Every(tuple(other for other in cube.parts if other is not part))
            assert diagrams.minus(diagrams.of(shorter), number) != EMPTY


def circumstances_of(request: Request, explainer: Explainer, *, mfa: bool) -> Identity:
    """A request in the terms of the diagrams; an address is the one that stands for its class."""
    found: Identity = {MFA: "yes" if mfa else None, COUNTRY: request.country or None, IP: None}
    for name in (device.name for device in explainer.estate.devices):
        found[DEVICE, name] = "yes" if name in request.devices else None
    if request.ip:
        networks = explainer.classes.networks
        around = {cidr for cidr in networks if ip_address(request.ip) in ip_network(cidr)}
        alike = [
            one for parts in networks.values() for one in parts if around == {c for c in networks if one in networks[c]}
        ]
        found[IP] = alike[0] if alike else None
    return found


def said(case: Path, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> str:
    parts = split(case.read_text("utf-8"))
    questions = parts["ask"].splitlines()
    for name in parts.keys() - {"", "ask", "expect"}:
        write(folder, name, (PREAMBLE if name == "apps.yaml" else "") + parts[name])
    if not any(name.startswith("stacks/") for name in parts):
        write(folder, "stacks/Pulumi.dev.yaml", STACK)
    monkeypatch.chdir(folder)
    found = []
    for question in questions:
        words = re.findall(r'"[^"]+"|\S+', question)
        code = main(["who", *(word.strip('"') for word in words), "--today", str(TODAY)])
        out, err = capsys.readouterr()
        found.append(f"$ who {question}\n{out}{err}" + (f"exit code {code}\n" if code else ""))
    return "".join(found)


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.stem))
def test_explanation(
    case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, bless: bool
) -> None:
    actual = said(case, tmp_path, capsys, monkeypatch)
    before, _, expected = case.read_text("utf-8").partition("-- expect --\n")
    if bless:
        case.write_text(f"{before}-- expect --\n{actual}", "utf-8")
        return
    assert actual == expected, "read it as whoever asked; if it is right, accept it: pytest tests/test_why.py --bless"
