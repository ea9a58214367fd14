"""What holds for every input: nothing but ConfigError, no order that means nothing, and one meaning in two places."""

from __future__ import annotations

import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from infra.access import Person, Request, decide
from infra.access.entitlements import Entitlement, entitlements_of
from infra.access.person import holds, is_member
from infra.estate import App, Condition, Countries, Department, Entry, Estate
from infra.ingress import ingress_rules
from infra.load import Project, load_project
from infra.policies import all_policies, allowed_providers, policies_of
from infra.problems import ConfigError, render
from tests.build import app, estate
from tests.problem_codes import ROOT, emitted
from tests.test_docs import document

TODAY = date(2027, 1, 15)
FILES = ("apps.yaml", "people.yaml", "stacks/Pulumi.sandbox.yaml")
MUTATIONS = 250
SEEDS = range(4)
PIECES = [
    *":{}[]#&*!|>'\"%@`,?-~\t\n \x00\x1b\u202e\ufeff😀",
    *("<<: ", "---\n", "...\n", "&a ", "*a", "!!str ", "true", "null", "010", "[[[[", "}}", "''", "2027-02-30", "- "),
    *(
        "allow: ",
        "deny: ",
        "public: true",
        "require: []",
        "access: ",
        "path: /",
        "subdomain: x",
        "provider: ",
        "nobody",
    ),
]


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """The sample estate with one stack."""
    (tmp_path / "stacks").mkdir()
    for name in FILES:
        shutil.copy(ROOT / name, tmp_path / name)
    for folder in ("apps", "kit"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    return tmp_path


@pytest.fixture
def no_hang() -> Iterator[None]:
    """End a test that does not end by itself."""

    def ring(*_: object) -> None:
        raise TimeoutError("this input takes for ever")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def mutated(text: str, chance: random.Random) -> str:
    """A text with one to four small accidents."""
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(text) + 1)
        lines = text.split("\n")
        line = chance.randrange(len(lines))
        match chance.randrange(7):
            case 0:
                text = text[:at] + chance.choice(PIECES) + text[at:]
            case 1:
                text = text[:at] + text[at + chance.randint(1, 12) :]
            case 2:
                text = "\n".join([*lines[:line], lines[line], *lines[line:]])
            case 3:
                text = "\n".join([*lines[:line], *lines[line + 1 :]])
            case 4:
                lines[line] = " " * chance.randrange(9) + lines[line].lstrip()
                text = "\n".join(lines)
            case 5:
                other = chance.randrange(len(lines))
                lines[line], lines[other] = lines[other], lines[line]
                text = "\n".join(lines)
            case _:
                words = sorted({word.strip(",{}[]:") for word in text.split()} - {""})
                if words:
                    text = text.replace(chance.choice(words), chance.choice([*words, *PIECES]), 1)
    return text


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.usefixtures("no_hang")
def test_a_damaged_file_raises_nothing_but_problems(seed: int, sample: Path) -> None:
    """Whatever is written, the answer is an estate or problems whose codes are documented."""
    chance = random.Random(seed)
    refused = 0
    for _ in range(MUTATIONS // len(SEEDS)):
        name = chance.choice([*FILES, "apps.yaml"])
        (sample / name).write_text(mutated((ROOT / name).read_text("utf-8"), chance), "utf-8")
        try:
            load_project(sample, (), TODAY)
        except ConfigError as error:
            refused += 1
            assert error.problems and {problem.code for problem in error.problems} <= emitted()
            assert all(line.isprintable() for line in render(error.problems).replace("\t", " ").split("\n"))
        shutil.copy(ROOT / name, sample / name)
    assert refused > MUTATIONS // len(SEEDS) // 2, "the accidents are too small to mean anything"


def shuffled(node: object, chance: random.Random) -> object:
    """The same document with the keys of every mapping in another order; lists stay as they are."""
    if isinstance(node, list):
        return [shuffled(item, chance) for item in node]
    if isinstance(node, dict):
        items = [(key, shuffled(value, chance)) for key, value in node.items()]
        chance.shuffle(items)
        return dict(items)
    return node


def meaning(project: Project) -> object:
    """All that an estate means, without the orders that mean nothing."""
    (found,) = project.estates.values()
    return (
        {item.name: (item, [policy.name for policy in policies_of(item, TODAY)]) for item in found.apps},
        {item.name: {p.name for p in allowed_providers(item, found, TODAY)} for item in found.apps},
        {item.name: item for item in (*found.departments, *found.machines, *found.devices, *found.providers)},
        {policy.name for policy in all_policies(found, TODAY)},
        [(rule.app.name, rule.path, rule.guarded) for rule in ingress_rules(found, TODAY)],
        found.hostnames,
    )


@pytest.mark.parametrize("seed", range(10))
def test_the_order_of_keys_means_nothing(seed: int, sample: Path) -> None:
    expected = meaning(load_project(sample, (), TODAY))
    for name in ("apps.yaml", "stacks/Pulumi.sandbox.yaml"):
        changed = shuffled(document((ROOT / name).read_text("utf-8")), random.Random(seed))
        (sample / name).write_text(json.dumps(changed), "utf-8")
    assert meaning(load_project(sample, (), TODAY)) == expected


def test_ten_runs_are_equal(sample: Path) -> None:
    assert len({repr(meaning(load_project(sample, (), TODAY))[4:]) for _ in range(10)}) == 1  # type: ignore[index]


def test_output_does_not_depend_on_hashes(sample: Path) -> None:
    """Sets have another order in each process."""
    gatehouse = Path(sys.executable).with_name("gatehouse")
    outputs = {
        subprocess.run(
            [gatehouse, "who", "--today", "2027-01-15"],
            cwd=sample,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(outputs) == 1


# --- decide() and entitlements() say the same: every small access list, every person, two countries

SMALL = estate(
    "apps:\n" + app("a", "/a") + app("b", "/a/b") + app("c", "/c"),
    preamble="""\
identity:
  providers: {one: {type: okta}, two: {type: okta}}
  default: one
departments: {x: {groups: [X]}, marketing: {groups: [M]}, y: {provider: two, groups: [Y]}}
""",
)
CONDITIONS: tuple[tuple[tuple[Condition, ...], tuple[Condition, ...]], ...] = (
    ((), ()),
    ((Countries(("JP",)),), ()),
    ((), (Countries(("JP",)),)),
)
SUBSETS = [set_ for size in (1, 2, 3) for set_ in itertools.combinations(SMALL.departments, size)]
PEOPLE = [
    None,
    *(Person("one", "p@example.com", frozenset(groups)) for groups in ("", "X", "M", "XM", "XY")),
    *(Person("two", "p@example.com", frozenset(groups)) for groups in ("", "Y", "XM")),
]


def entries() -> list[Entry]:
    one = SMALL.apps[0].access[0]
    decided = [
        replace(one, decision=decision, departments=members, require=require, exclude=exclude)
        for decision in ("allow", "deny")
        for members in SUBSETS
        for require, exclude in CONDITIONS
    ]
    public = [replace(one, decision="bypass", departments=(), require=r, exclude=e) for r, e in CONDITIONS]
    return [*decided, *public]


def entitled(found: Estate, item: App, person: Person | None, request: Request) -> bool:
    """Whether somebody has an entitlement whose conditions hold: read off what people are shown."""
    departments = {department.name: department for department in found.departments}
    return any(_has(departments, fact, person, request) for fact in entitlements_of(item, TODAY))


def _has(departments: dict[str, Department], fact: Entitlement, person: Person | None, request: Request) -> bool:
    if fact.kind == "machine":
        return request.machine == fact.who
    known = person if fact.kind == "department" else None
    if fact.kind == "department" and (person is None or not is_member(person, departments[fact.who])):
        return False
    if not _holds(fact, known, request):
        return False
    return not any(
        person and any(is_member(person, item) for item in denial.departments) and _holds(denial, person, request)
        for denial in fact.denials
    )


def _holds(rules: Entitlement | Entry, person: Person | None, request: Request) -> bool:
    required = all(holds(condition, person, request) for condition in rules.require)
    return required and not any(holds(condition, person, request) for condition in rules.exclude)


@pytest.mark.parametrize("first", entries(), ids=lambda entry: f"{entry.decision}-{len(entry.departments)}")
def test_whoever_enters_has_an_entitlement(first: Entry) -> None:
    """And whoever has one enters."""
    for rest in [(), *((second,) for second in entries())]:
        item = replace(SMALL.apps[0], access=(first, *rest))
        small = replace(SMALL, apps=(item,))
        for person, country in itertools.product(PEOPLE, ("JP", "US")):
            request = Request("apps.example.com", "/a", country)
            outcome = decide(small, person, request, TODAY)
            assert outcome.enters == entitled(small, item, person, request), (item.access, person, country)


@pytest.mark.parametrize("seed", range(20))
def test_whoever_enters_an_app_has_an_entitlement_to_this_app(seed: int) -> None:
    """With three apps, one inside another's path, and a machine."""
    chance = random.Random(seed)
    every = entries()
    apps = tuple(replace(item, access=tuple(chance.sample(every, chance.randint(0, 2)))) for item in SMALL.apps)
    small = replace(SMALL, apps=apps)
    by_path = {"/a": 0, "/a/x": 0, "/a/b": 1, "/a/b/x": 1, "/a/bc": 0, "/c": 2, "/": None, "/d": None}
    for (path, number), person, country in itertools.product(by_path.items(), PEOPLE, ("JP", "US")):
        request = Request("apps.example.com", path, country)
        outcome = decide(small, person, request, TODAY)
        expected = number is not None and entitled(small, apps[number], person, request)
        assert outcome.enters == expected
        assert outcome.app == (None if number is None else apps[number])
