"""What holds of every comparison, whatever is compared."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations, groupby, product

import pytest

from infra import estate as e
from infra.access import Outcome
from infra.access.attributes import Names
from infra.diff import changes as module
from infra.diff.changes import AppChange, Sides, compare
from infra.diff.lapses import lapses
from tests.brute_force import World, entering
from tests.universes import (
    EDITS,
    EMAILS,
    HOST,
    NETWORKS,
    PLACE,
    TODAY,
    Draft,
    Rule,
    Site,
    draft,
    rename_app,
    rule,
    universe,
)

SEEDS = range(300)


def compared(base: e.Estate, head: e.Estate) -> tuple[AppChange, ...]:
    return tuple(compare(Sides(base, head, TODAY, Names(), {}, TODAY)))


def test_the_mirror_image() -> None:
    """What one gains by a change is what is lost by taking it back."""
    for seed in SEEDS:
        one = universe(seed)
        forth, back = compared(one.base, one.head), compared(one.head, one.base)
        old = {new: one.was.get(new, new) for new in (app.name for app in one.head.apps)}
        gained = {(old.get(c.app, c.app), part.at, part.digest) for c in forth for part in c.gained}
        lost = {(old.get(c.app, c.app), part.at, part.digest) for c in forth for part in c.lost}
        assert gained == {(c.app, part.at, part.digest) for c in back for part in c.lost}, f"universe({seed})"
        assert lost == {(c.app, part.at, part.digest) for c in back for part in c.gained}, f"universe({seed})"


def test_nothing_changes_where_nothing_changed() -> None:
    for seed in SEEDS:
        one = universe(seed).base
        again = draft(random.Random(seed)).built()
        assert all(change.is_silent for change in (*compared(one, one), *compared(one, again))), f"universe({seed})"


def shuffled(chance: random.Random, draft: Draft) -> Draft:
    """The same estate in another order, wherever order means nothing."""
    other = copy.deepcopy(draft)
    for site in other.sites.values():
        for one in site.rules:
            chance.shuffle(one.departments)
            for part in (one.require, one.exclude):
                part[:] = [(kind, tuple(chance.sample(values, len(values)))) for kind, values in part]
                chance.shuffle(part)
        chance.shuffle(site.machines)
        public = [one for one in site.rules if one.decision == "bypass"]
        others = [one for one in site.rules if one.decision != "bypass"]
        blocks = [list(block) for _, block in groupby(others, key=lambda one: one.decision)]
        site.rules = [one for block in (*blocks, public) for one in chance.sample(block, len(block))]
    first, *rest = other.departments.items()
    other.departments = dict([first, *chance.sample(rest, len(rest))])
    for name, item in other.departments.items():
        groups, emails, domains = (
            tuple(chance.sample(values, len(values))) for values in (item.groups, item.emails, item.domains)
        )
        other.departments[name] = replace(item, groups=groups, emails=emails, domains=domains)
    other.sites = dict(chance.sample(list(other.sites.items()), len(other.sites)))
    return other


def test_order_that_means_nothing() -> None:
    """Apps, departments, lists in conditions, conditions, and entries of one kind among themselves."""
    for seed in SEEDS:
        chance = random.Random(seed)
        one = draft(chance)
        found = compared(one.built(), shuffled(chance, one).built())
        assert all(change.is_silent for change in found), f"seed {seed}: {[c.notes for c in found]}"


def allow(chance: random.Random, at: Draft) -> Rule:
    one = rule(chance, at)
    while one.decision != "allow":
        one = rule(chance, at)
    return one


def any_rules(chance: random.Random, at: Draft) -> list[Rule]:
    return chance.choice([site for site in at.sites.values() if site.host != "snowflake"]).rules


def add_an_allow(chance: random.Random, at: Draft) -> None:
    rules = any_rules(chance, at)
    rules.insert(chance.randint(0, len(rules)), allow(chance, at))


def add_a_denial_on_top(chance: random.Random, at: Draft) -> None:
    any_rules(chance, at).insert(0, replace(allow(chance, at), decision="deny"))


def be_public(chance: random.Random, at: Draft) -> None:
    any_rules(chance, at).append(Rule("bypass", []))


def ask_for_more(chance: random.Random, at: Draft) -> None:
    for one in any_rules(chance, at):
        if one.decision != "deny":
            chance.choice((one.require, one.exclude)).extend(allow(chance, at).require)


def deny_fewer(chance: random.Random, at: Draft) -> None:
    for one in any_rules(chance, at):
        if one.decision == "deny":
            chance.choice((one.require, one.exclude)).extend(allow(chance, at).require)


NARROWS, BROADENS = {"equivalent", "narrowed"}, {"equivalent", "broadened"}


@pytest.mark.parametrize(
    ("edit", "verdicts"),
    [
        (add_an_allow, BROADENS),
        (be_public, BROADENS),
        (deny_fewer, BROADENS),
        (add_a_denial_on_top, NARROWS),
        (ask_for_more, NARROWS),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_one_way_only(edit: Callable[[random.Random, Draft], None], verdicts: set[str]) -> None:
    seen = set()
    for seed in SEEDS:
        chance = random.Random(seed)
        before = draft(chance)
        after = copy.deepcopy(before)
        edit(chance, after)
        for change in compared(before.built(), after.built()):
            assert change.verdict in verdicts, f"seed {seed}: {change.verdict}"
            seen.add(change.verdict)
    assert seen == verdicts


def test_a_proof_that_decide_contradicts_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    one = draft(random.Random(1))
    before = one.built()
    one.sites["app-0"].rules.append(Rule("bypass", []))
    after = one.built()
    assert [change.verdict for change in compared(before, after)].count("broadened") == 1
    for verdict, enters in (("denied", False), ("public", True)):
        monkeypatch.setattr(module, "decide", lambda *_, verdict=verdict: Outcome(verdict, "for the test"))
        assert Outcome(verdict, "").enters is enters
        for base, head in ((before, after), (after, before)):
            with pytest.raises(AssertionError, match="the comparison says that anybody"):
                compared(base, head)


def test_a_digest_names_one_set() -> None:
    """Two changes that let in different people never have one digest; what gains the same has one, with few exceptions
    where other rules of the app speak of people who cannot exist."""
    same, apart, spared = 0, 0, 0
    for seed in range(250):
        chance = random.Random(f"{seed} digest")
        base = draft(chance)
        base.sites = {"app-0": base.sites["app-0"]}
        base.sites["app-0"].rules = base.sites["app-0"].rules[:2]
        heads = [copy.deepcopy(base)]
        add_an_allow(chance, heads[0])
        for _ in range(3):
            heads.append(copy.deepcopy(heads[-1]))
            chance.choice(EDITS[: EDITS.index(rename_app)])(chance, heads[-1])
        before, *afters = (one.built() for one in (base, *heads))
        world = World(*((one, {}) for one in (before, *afters)))
        gains = []
        for number, after in enumerate(afters, 1):
            points = entering(world, number, after.apps[0]) & ~entering(world, 0, before.apps[0])
            gains += [(points, part.digest) for part in compared(before, after)[0].gained]
        for (points, digest), (others, other) in combinations(gains, 2):
            assert points == others or digest != other, f"seed {seed}: one digest of two sets"
            same += digest == other
            apart += points != others
            spared += points == others and digest != other
    assert apart > 200
    assert same > 200
    assert spared < same / 10, (same, spared)


def test_a_digest_knows_what_a_class_stands_for() -> None:
    """Every short rule about networks and addresses of a domain: one digest where one set is gained, and only there."""
    base = draft(random.Random(0))
    base.providers = {"okta": "okta"}
    member = e.Department("dep", e.Provider("okta", "okta", ()), (), None, (), ("fin.example",), "DEP", PLACE)
    base.departments = {"dep": member}
    base.sites = {"app": Site(HOST, "/a", "apps/app", [], [])}
    heads = []
    for inside, outside in product(("", *NETWORKS), ("", *NETWORKS)):
        for emails in ((), EMAILS[:1], EMAILS[:2], EMAILS[2:]):
            one = copy.deepcopy(base)
            require = [("ip", (inside,))] if inside else []
            exclude = [("ip", (outside,))] if outside else []
            exclude += [("email", emails)] if emails else []
            one.sites["app"].rules = [Rule("allow", ["dep"], require, exclude)]
            heads.append(one.built())
    world = World(*((one, {}) for one in heads))
    before, named = base.built(), {}
    for number, head in enumerate(heads):
        points = entering(world, number, head.apps[0])
        for part in compared(before, head)[0].gained:
            named.setdefault(part.digest, set()).add(points)
    assert all(len(sets) == 1 for sets in named.values()), "one digest of two sets"
    sets = [points for sets in named.values() for points in sets]
    assert len(sets) == len(set(sets)), "two digests of one set"
    assert len(sets) > 50


def test_a_device_that_checks_something_else_is_another_one() -> None:
    one = draft(random.Random(0))
    one.sites = {
        "app": Site(HOST, "/a", "apps/app", [Rule("allow", [*one.departments][:1], [("device", ("laptop",))])], [])
    }
    estate = one.built()
    for names, verdict in ((Names(), "equivalent"), (Names({}, {"laptop": "laptop as it is now"}), "both")):
        (change,) = compare(Sides(estate, estate, TODAY, names, {}, TODAY))
        assert change.verdict == verdict
    assert [part.witness.request.devices for part in (*change.gained, *change.lost)] == [{"laptop"}] * 2


def test_a_department_that_means_others_counts_where_it_is_a_condition() -> None:
    one = draft(random.Random(0))
    first, second, *_ = one.departments
    other = replace(one.departments[first], name=second, groups=(), claim=None, domains=())
    one.departments[second] = replace(other, emails=("cfo@fin.example",))
    one.sites = {"app": Site(HOST, "/a", "apps/app", [Rule("allow", [first], [], [("department", (second,))])], [])}
    before = one.built()
    one.departments[second] = replace(other, emails=("ann@fin.example",))
    (change,) = compared(before, one.built())
    assert change.verdict != "equivalent"


def test_a_role_opens_and_nothing_else_does() -> None:
    one = draft(random.Random(0))
    first, second, *_ = one.departments
    one.sites = {"sheet": Site("snowflake", "SHEET", "apps/sheet", [Rule("allow", [first])], [])}
    before = one.built()
    one.sites["sheet"].rules.append(Rule("allow", [second]))
    ((there,), (back,)) = compared(before, one.built()), compared(one.built(), before)
    assert (there.verdict, back.verdict) == ("broadened", "narrowed")
    assert there.gained[0].witness.roles == (second.upper(),)
    assert there.gained[0].digest == back.lost[0].digest


def test_all_addresses_are_as_good_as_none() -> None:
    one = draft(random.Random(0))
    first = [*one.departments][:1]
    one.sites = {"app": Site(HOST, "/a", "apps/app", [Rule("allow", first)], [])}
    before = one.built()
    for cidrs, verdict in (
        (("0.0.0.0/0", "::/0"), "equivalent"),
        (("0.0.0.0/0",), "narrowed"),
        (("::/0",), "narrowed"),
    ):
        one.sites["app"].rules = [Rule("allow", first, [("ip", cidrs)])]
        assert [change.verdict for change in compared(before, one.built())] == [verdict]


def test_an_end_that_changes_nothing_is_no_lapse() -> None:
    one = draft(random.Random(0))
    first, second, *_ = one.departments
    ending = Rule("allow", [first], expires=TODAY)
    one.sites = {"app": Site(HOST, "/a", "apps/app", [ending, Rule("allow", [first])], [])}
    assert list(lapses(one.built(), TODAY)) == []
    one.sites["other"] = Site(HOST, "/b", "apps/other", [ending, Rule("allow", [second])], [])
    assert [(found.day, found.change.app) for found in lapses(one.built(), TODAY)] == [(TODAY, "other")]
