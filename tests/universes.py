"""Small universes: two estates of one stack, the second an edited first, everything from a seed.

They are built as estates, without files: what is written in files is held elsewhere. An estate may be one that `checks`
refuse; it must be compared all the same. Nothing here knows how estates are compared.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from infra import estate as e
from infra.problems import Problems, Source, Span
from infra.shapes import Place
from infra.stack import decode_stack
from tests.build import STACK

TODAY = date(2027, 1, 15)
TYPES: tuple[e.people.ProviderType, ...] = ("okta", "google-workspace", "github", "oidc", "one-time-pin")
GROUPS = {
    "okta": ("Web", "Ops"),
    "google-workspace": ("web@corp.example", "ops@corp.example"),
    "github": ("acme", "acme/web"),
}
CLAIMS = ("contractor", "employee")
EMAILS = ("cfo@fin.example", "ann@fin.example", "kim@out.example")
DOMAINS = ("fin.example", "out.example")
COUNTRIES = ("JP", "US", "FR")
NETWORKS = ("192.0.2.0/24", "192.0.2.128/25", "192.0.2.7/32", "2001:db8::/32", "2001:db8:1::/48", "0.0.0.0/0", "::/0")
DEVICES = {name: e.Device(name, "warp", (), None, None, None) for name in ("laptop", "phone")}
MACHINES = ("export", "report")
ENDS = tuple(TODAY + timedelta(days=days) for days in (-1, 0, 1))
HOST = "apps.example.com"
PATHS = ("/a", "/a/b", "/a/b/c", "/ab", "/x")

PLACE = Place(Span(Source("apps.yaml", ""), 0, 0, 0, 0), {})
_stack = decode_stack(STACK, "dev", Problems())
assert _stack is not None
_SCHEMA = e.SnowflakeSchema("APPS", "STREAMLIT")
_ACCOUNT = e.SnowflakeAccount("example", "analytics", "DEPLOYER", _SCHEMA, True, (), (), (), None, None)


@dataclass
class Rule:
    """An entry of `access`; departments by name, conditions as kind and values."""

    decision: e.Decision
    departments: list[str]
    require: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    exclude: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    expires: date | None = None


@dataclass
class Site:
    """An app. `origin` is the service that it leads to, or with a slash in it the folder."""

    host: str
    path: str
    origin: str
    rules: list[Rule]
    machines: list[str]


@dataclass
class Draft:
    """An estate while it is still edited; `was` maps new names of apps to old ones."""

    providers: dict[str, e.people.ProviderType]
    departments: dict[str, e.Department]
    sites: dict[str, Site]
    was: dict[str, str] = field(default_factory=dict)
    reconnected: list[str] = field(default_factory=list)
    fresh: int = 0

    def built(self) -> e.Estate:
        providers = {name: e.Provider(name, kind, ()) for name, kind in self.providers.items()}
        machines = {name: e.Machine(name, 24, next(iter(self.departments.values()))) for name in MACHINES}
        apps = [self._app(name, site, machines) for name, site in self.sites.items()]
        first = next(iter(providers.values()))
        listed = (tuple(providers.values()), first, tuple(self.departments.values()))
        assert _stack is not None
        return e.Estate(_stack, *listed, tuple(machines.values()), tuple(DEVICES.values()), tuple(apps), None, ())

    def _app(self, name: str, site: Site, machines: Mapping[str, e.Machine]) -> e.App:
        home: e.Tunnelled | e.InSnowflake
        if site.host == "snowflake":
            files = ("OWNER", site.origin, None, "warehouse", "WH", None, "app.py")
            home = e.InSnowflake(_ACCOUNT, _SCHEMA, site.path, *files, (), (), None, ())
            rules = [Rule("allow", rule.departments, expires=rule.expires) for rule in site.rules if rule.departments]
        else:
            folder = site.origin if "/" in site.origin else None
            home = e.Tunnelled(site.host, site.path, f"http://{site.origin}:80", folder)
            rules = site.rules
        entries = tuple(self._entry(rule) for rule in rules)
        admitted = tuple(machines[machine] for machine in site.machines)
        owner = next(iter(self.departments.values()))
        return e.App(name, name, owner, home, entries, admitted, "24h", PLACE, PLACE.span)

    def _entry(self, rule: Rule) -> e.Entry:
        members = tuple(self.departments[name] for name in rule.departments)
        require, exclude = (tuple(map(self._condition, part)) for part in (rule.require, rule.exclude))
        return e.Entry(rule.decision, members, require, exclude, "24h", rule.expires, None, PLACE)

    def _condition(self, written: tuple[str, tuple[str, ...]]) -> e.Condition:
        kind, values = written
        match kind:
            case "country":
                return e.Countries(values)
            case "ip":
                return e.Networks(values)
            case "device":
                return e.Devices(tuple(DEVICES[name] for name in values))
            case "department":
                return e.Members(tuple(self.departments[name] for name in values))
            case "email":
                return e.Emails(values)
            case _:
                return e.Mfa()


@dataclass(frozen=True)
class Universe:
    """`was` maps apps of head to what they are called in base; `reconnected` providers are other ones in head."""

    seed: int
    base: e.Estate
    head: e.Estate
    was: Mapping[str, str]
    reconnected: tuple[str, ...]


def universe(seed: int, edits: int | None = None) -> Universe:
    """The universe of a seed: up to three apps of one to four entries, and one to three edits."""
    chance = random.Random(seed)
    base = draft(chance)
    head = copy.deepcopy(base)
    for _ in range(chance.randint(1, 3) if edits is None else edits):
        chance.choice(EDITS)(chance, head)
    was = {name: old for name, old in head.was.items() if name in head.sites and old in base.sites}
    return Universe(seed, base.built(), head.built(), was, tuple(head.reconnected))


def draft(chance: random.Random) -> Draft:
    types = chance.sample(TYPES, chance.randint(1, 2))
    found = Draft({kind: kind for kind in types}, {}, {})
    for number in range(chance.randint(2, 3)):
        found.departments[f"dep-{number}"] = department(chance, f"dep-{number}", found)
    for number, path in enumerate(chance.sample(PATHS[:4], chance.randint(1, 2))):
        found.sites[f"app-{number}"] = site(chance, found, HOST, path, "erp")
    if chance.random() < 0.15:
        found.sites["alone"] = site(chance, found, "alone.example.com", "", "apps/alone")
    if chance.random() < 0.1:
        found.sites["sheet"] = site(chance, found, "snowflake", "SHEET", "apps/sheet")
    return found


def department(chance: random.Random, name: str, within: Draft) -> e.Department:
    kind = chance.choice(list(within.providers))
    provider = e.Provider(kind, within.providers[kind], ())
    groups = some(chance, GROUPS[kind]) if kind in GROUPS else ()
    claim = e.Claim("employment", chance.choice(CLAIMS)) if kind == "oidc" else None
    needs = not groups and claim is None
    emails = some(chance, EMAILS, 2) if chance.random() < 0.3 or needs else ()
    domains = some(chance, DOMAINS, 1) if chance.random() < 0.25 else ()
    listed = tuple(e.Group(group, group) for group in groups)
    return e.Department(name, provider, listed, claim, emails, domains, name.upper(), PLACE)


def site(chance: random.Random, within: Draft, host: str, path: str, origin: str) -> Site:
    rules = [rule(chance, within) for _ in range(chance.choice((1, 1, 2, 2, 3, 4)))]
    return Site(host, path, origin, rules, [*some(chance, MACHINES)] if chance.random() < 0.25 else [])


def rule(chance: random.Random, within: Draft) -> Rule:
    decision: e.Decision = chance.choices(("allow", "deny", "bypass"), (6, 3, 1))[0]  # type: ignore[assignment]
    found = Rule(decision, [] if decision == "bypass" else [*some(chance, list(within.departments), 2)])
    for conditions, likely in ((found.require, 0.4), (found.exclude, 0.25)):
        if chance.random() < likely:
            conditions += [condition(chance, within) for _ in range(chance.choice((1, 1, 2)))]
    found.expires = chance.choice(ENDS) if chance.random() < 0.12 else None
    return found


def condition(chance: random.Random, within: Draft) -> tuple[str, tuple[str, ...]]:
    kind = chance.choice(("country", "ip", "device", "mfa", "department", "email"))
    values = {
        "country": COUNTRIES,
        "ip": NETWORKS,
        "device": tuple(DEVICES),
        "department": tuple(within.departments),
        "email": EMAILS,
    }
    return kind, some(chance, values[kind], 2) if kind in values else ()


def some(chance: random.Random, values: tuple[str, ...] | list[str], most: int = 9) -> tuple[str, ...]:
    """One or more of them, in any order."""
    return tuple(chance.sample(values, chance.randint(1, min(len(values), most))))


def _any_site(chance: random.Random, at: Draft) -> Site:
    return chance.choice(list(at.sites.values()))


def _any_rule(chance: random.Random, at: Draft) -> Rule:
    site = _any_site(chance, at)
    return chance.choice(site.rules) if site.rules else Rule("allow", [])


def _add(chance: random.Random, at: Draft) -> None:
    rules = _any_site(chance, at).rules
    rules.insert(chance.randint(0, len(rules)), rule(chance, at))


def _drop(chance: random.Random, at: Draft) -> None:
    if rules := _any_site(chance, at).rules:
        rules.pop(chance.randrange(len(rules)))


def _swap(chance: random.Random, at: Draft) -> None:
    rules = _any_site(chance, at).rules
    rules.insert(0, rules.pop()) if rules else None


def _condition_comes(chance: random.Random, at: Draft) -> None:
    one = _any_rule(chance, at)
    chance.choice((one.require, one.exclude)).append(condition(chance, at))


def _condition_goes(chance: random.Random, at: Draft) -> None:
    one = _any_rule(chance, at)
    for part in (one.require, one.exclude):
        if part:
            part.pop()


def _members(chance: random.Random, at: Draft) -> None:
    one = _any_rule(chance, at)
    if one.decision != "bypass":
        one.departments = [*some(chance, list(at.departments), 2)]


def _turn(chance: random.Random, at: Draft) -> None:
    one = _any_rule(chance, at)
    if one.departments:
        one.decision = "deny" if one.decision == "allow" else "allow"


def _ends(chance: random.Random, at: Draft) -> None:
    _any_rule(chance, at).expires = chance.choice(ENDS)


def _machine(chance: random.Random, at: Draft) -> None:
    site = _any_site(chance, at)
    name = chance.choice(MACHINES)
    site.machines = [one for one in MACHINES if (one in site.machines) != (one == name)]


def _redefine(chance: random.Random, at: Draft) -> None:
    name = chance.choice(list(at.departments))
    at.departments[name] = replace(department(chance, name, at), snowflake_role=at.departments[name].snowflake_role)


def _rename_department(chance: random.Random, at: Draft) -> None:
    old, at.fresh = chance.choice(list(at.departments)), at.fresh + 1
    new = f"renamed-{at.fresh}"
    listed = {new if name == old else name: one for name, one in at.departments.items()}
    at.departments = {name: replace(one, name=name) for name, one in listed.items()}
    for site in at.sites.values():
        for one in site.rules:
            one.departments = [new if name == old else name for name in one.departments]
            for part in (one.require, one.exclude):
                part[:] = [(kind, tuple(new if value == old else value for value in v)) for kind, v in part]


def rename_app(chance: random.Random, at: Draft) -> None:
    old, at.fresh = chance.choice(list(at.sites)), at.fresh + 1
    at.sites[f"other-{at.fresh}"] = at.sites.pop(old)
    at.was[f"other-{at.fresh}"] = at.was.pop(old, old)


def _free(at: Draft) -> list[str]:
    return [path for path in PATHS if all((site.host, site.path) != (HOST, path) for site in at.sites.values())]


def _app_comes(chance: random.Random, at: Draft) -> None:
    at.fresh += 1
    at.sites[f"new-{at.fresh}"] = site(chance, at, HOST, chance.choice(_free(at) or ["/y"]), f"apps/new-{at.fresh}")


def _app_goes(chance: random.Random, at: Draft) -> None:
    if len(at.sites) > 1:
        at.sites.pop(chance.choice(list(at.sites)))


def _app_moves(chance: random.Random, at: Draft) -> None:
    moving, free = _any_site(chance, at), _free(at)
    if free and moving.host != "snowflake":
        moving.host, moving.path = HOST, chance.choice(free)


def _reconnect(chance: random.Random, at: Draft) -> None:
    at.reconnected.append(chance.choice(list(at.providers)))


Edit = Callable[[random.Random, Draft], None]
EDITS: tuple[Edit, ...] = (
    *(_add, _add, _drop, _swap, _condition_comes, _condition_comes, _condition_goes, _members, _members, _turn),
    *(_ends, _machine, _redefine, _rename_department, rename_app, _app_comes, _app_goes, _app_moves, _reconnect),
)
