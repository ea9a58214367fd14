"""Random worlds: an estate with several providers and nested paths, and people and requests that its rules tell apart.

Everything follows from the seed. An estate may be one that `checks` refuse, for example because nobody can ever enter:
it must be decided all the same.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import yaml

from infra.access import Person, Request
from tests.recorder import TODAY

Json = dict[str, Any]
T = TypeVar("T")
OBJECT_IDS = {"Marketing": "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "Finance": "6ba7b811-9dad-11d1-80b4-00c04fd430c8"}
# By type: what its groups and claims are called in apps.yaml, and what its people may bring along.
GROUPS = {
    "google-workspace": ("marketing@example.com", "finance@example.com"),
    "entra-id": tuple(OBJECT_IDS),
    "okta": ("Marketing", "Finance"),
    "github": ("acme", "acme/web", "acme/ops"),
}
CLAIMS = {"oidc": ("employment", ("contractor", "employee")), "saml": ("department", ("Marketing", "Finance"))}
TYPES = (*GROUPS, *CLAIMS, "one-time-pin")
EMAILS = ("cfo@example.com", "mika@example.com", "strasse@example.com", "kim@agency.example")
DOMAINS = ("finance.example", "agency.example")
ADDRESSES = (
    *EMAILS,
    "CFO@Example.com",
    "stra\u00dfe@example.com",
    "ann@finance.example",
    "ann@FINANCE.example",
    "ann@sub.finance.example",
    "ann@notfinance.example",
    "finance.example",
    "cfo@example.com@evil.example",
    "nobody@elsewhere.example",
)
COUNTRIES = ("JP", "US", "FR")
NETWORKS = ("192.0.2.0/24", "192.0.2.7", "2001:db8::/32", "198.51.100.0/25")
IPS = ("", "192.0.2.7", "192.0.2.8", "198.51.100.127", "198.51.100.128", "2001:db8::1", "::ffff:192.0.2.7")
DEVICES = {"laptop": {"type": "warp"}, "phone": {"type": "gateway"}, "disk": {"type": "disk-encryption"}}
MACHINES = ("export", "report")
PATHS = ("/a", "/a/b", "/a/b/c", "/ab", "/a/bc", "/x/y", "/x/y/z", "/a-b")
SUBDOMAINS = ("one", "two")
BELOW = ("", "/", "/x", "x", "/b", "/b/c/d", "//b", "/../x", "/.", "/b/")
SHARED = "apps.example.com"


@dataclass(frozen=True)
class World:
    """`file` is apps.yaml as a document; `stack` the text of its stack file."""

    seed: int
    file: Json

    @property
    def apps_yaml(self) -> str:
        return yaml.safe_dump(self.file, sort_keys=False, allow_unicode=True)

    @property
    def stack(self) -> str:
        providers = self.file["identity"]["providers"]
        directory = {name: OBJECT_IDS for name, one in providers.items() if one["type"] == "entra-id"}
        values: Json = {
            "account": "self",
            "accountId": "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
            "team": "example",
            "zone": "example.com",
            "zoneId": "9f8e7d6c5b4a39281706f5e4d3c2b1a0",
            "hostname": SHARED,
            "providers": {name: _connection(one["type"]) for name, one in providers.items()},
            **({"directory": directory} if directory else {}),
        }
        return yaml.safe_dump({"config": {f"gatehouse:{name}": value for name, value in values.items()}})


def world(seed: int) -> World:
    """The estate of a seed: one to four providers, departments at each, eight apps at addresses of every depth."""
    chance = random.Random(seed)
    types = chance.sample(TYPES, chance.randint(1, 4))
    providers = {kind: _provider(kind) for kind in types}
    departments = {f"dep-{number}": _department(chance, chance.choice(types)) for number in range(chance.randint(2, 5))}
    homes: list[Json] = [{"path": path} for path in chance.sample(PATHS, 6)]
    homes += [{"subdomain": name} for name in SUBDOMAINS]
    names = list(departments)
    return World(
        seed,
        {
            "identity": {"providers": providers, "default": types[0]},
            "departments": departments,
            "machines": {name: {"owner": names[0]} for name in MACHINES},
            "devices": DEVICES,
            "apps": {
                f"app-{number}": {
                    "owner": names[0],
                    "service": "http://origin:80",
                    **home,
                    "access": [_entry(chance, names) for _ in range(chance.randint(1, 4))],
                    **({"machines": _some(chance, MACHINES)} if chance.random() < 0.3 else {}),
                }
                for number, home in enumerate(homes)
            },
        },
    )


def cases(one: World, count: int) -> Iterator[tuple[Person | None, Request]]:
    """People and requests of a world: mostly such as its rules speak of."""
    chance = random.Random(f"{one.seed} cases")
    providers = {name: provider["type"] for name, provider in one.file["identity"]["providers"].items()}
    homes = [(home.get("subdomain"), home.get("path", "")) for home in one.file["apps"].values()]
    for _ in range(count):
        person = None if chance.random() < 0.12 else _person(chance, *chance.choice(list(providers.items())))
        yield person, _request(chance, *chance.choice(homes))


def shown(person: Person | None, request: Request) -> str:
    """A case as one can read it, and paste it into a test."""
    return f"person:  {person}\nrequest: {request}"


def smaller(one: World) -> Iterator[World]:
    """The worlds with one thing less: an app, an entry, a condition, a machine, a department of an entry."""
    for path in _removable(one.file["apps"]):
        file = json.loads(json.dumps(one.file, default=str))
        part = file["apps"]
        for step in path[:-1]:
            part = part[step]
        del part[path[-1]]
        yield World(one.seed, file)


def _removable(apps: Json) -> Iterator[tuple[Any, ...]]:
    for name, app in apps.items():
        if len(apps) > 1:
            yield (name,)
        for key in ("machines",):
            if key in app and app["access"]:
                yield (name, key)
        for number, entry in enumerate(app["access"]):
            if len(app["access"]) > 1:
                yield (name, "access", number)
            for key in ("require", "exclude", "expires"):
                if key in entry:
                    yield (name, "access", number, key)
            for key in ("require", "exclude", "allow", "deny"):
                if len(entry.get(key, ())) > 1:
                    yield from ((name, "access", number, key, place) for place in range(len(entry[key])))


def _connection(kind: str) -> Json:
    """What the stack file says of a provider; none of it matters to a decision."""
    client: Json = {"clientId": "a", "clientSecret": {"secure": "x"}}
    match kind:
        case "google-workspace":
            return {**client, "appsDomain": "example.com"}
        case "entra-id":
            return {**client, "directoryId": "3f6c1b1e-0000-4000-8000-000000000000"}
        case "okta":
            return {**client, "oktaAccount": "https://example.okta.example"}
        case "oidc":
            urls = {name: f"https://idp.example.com/{name}" for name in ("authUrl", "tokenUrl", "certsUrl")}
            return {**client, **urls}
        case "saml":
            return {"issuerUrl": "https://idp.example.com", "ssoTargetUrl": "https://idp.example.com/sso"}
        case "github":
            return client
        case _:
            return {}


def _provider(kind: str) -> Json:
    return {"type": kind, **({"claims": [CLAIMS[kind][0]]} if kind in CLAIMS else {})}


def _department(chance: random.Random, kind: str) -> Json:
    found: Json = {"provider": kind}
    if kind in GROUPS:
        found["groups"] = _some(chance, GROUPS[kind])
    if kind in CLAIMS and chance.random() < 0.7:
        name, values = CLAIMS[kind]
        found["claim"] = {"name": name, "value": chance.choice(values)}
    if chance.random() < 0.4 or len(found) == 1:
        found["emails"] = _some(chance, EMAILS)
    if chance.random() < 0.3:
        found["domains"] = _some(chance, DOMAINS)
    return found


def _entry(chance: random.Random, departments: Sequence[str]) -> Json:
    kind = chance.choices(("allow", "deny", "public"), (6, 3, 1.5))[0]
    entry: Json = {"public": True, "reason": "a test"} if kind == "public" else {kind: _some(chance, departments, 3)}
    for key, likely in (("require", 0.45), ("exclude", 0.3)):
        if chance.random() < likely:
            entry[key] = [_condition(chance, departments, kind != "public") for _ in range(chance.randint(1, 2))]
    if chance.random() < 0.2:
        entry["expires"] = TODAY + timedelta(days=chance.choice((-1, 0, 1)))
    return entry


def _condition(chance: random.Random, departments: Sequence[str], knows_people: bool) -> Json | str:
    kinds = ("country", "ip", "device", "mfa", "department", "email")[: 6 if knows_people else 3]
    match chance.choice(kinds):
        case "country":
            return {"country": _some(chance, COUNTRIES)}
        case "ip":
            return {"ip": _some(chance, NETWORKS)}
        case "device":
            return {"device": _some(chance, tuple(DEVICES))}
        case "department":
            return {"department": _some(chance, departments)}
        case "email":
            return {"email": _some(chance, EMAILS)}
        case _:
            return "mfa"


def _person(chance: random.Random, name: str, kind: str) -> Person:
    """Somebody as that provider can assert them; a one-time PIN proves an address and nothing else."""
    email = chance.choice(ADDRESSES)
    if kind == "one-time-pin":
        return Person(name, email)
    groups = [
        OBJECT_IDS.get(group, group) if kind == "entra-id" else group for group in GROUPS.get(kind, ("Marketing",))
    ]
    told: list[tuple[str, str]] = []
    if chance.random() < 0.6:
        claim, values = CLAIMS.get(kind, CLAIMS["oidc"])
        told = [(claim, value) for value in _some(chance, values)]
    return Person(
        name,
        email,
        frozenset(_some(chance, groups)) if chance.random() < 0.7 else frozenset(),
        frozenset(told),
        mfa=chance.random() < 0.5,
    )


def _request(chance: random.Random, subdomain: str | None, path: str) -> Request:
    hostname = f"{subdomain}.example.com" if subdomain else SHARED
    if chance.random() < 0.05:
        hostname, path = (
            chance.choice((SHARED.upper(), "other.example.com", SHARED)),
            chance.choice(("", "/q", "/A", "/a%2Fb", *PATHS)),
        )
    devices = _some(chance, tuple(DEVICES)) if chance.random() < 0.6 else ()
    return Request(
        hostname,
        path + (chance.choice(BELOW) if path and chance.random() < 0.5 else "/x"),
        country=chance.choice((*COUNTRIES, "DE", "")),
        ip=chance.choice(IPS),
        devices=frozenset(devices),
        machine=chance.choice((*MACHINES, "stranger")) if chance.random() < 0.2 else None,
    )


def _some(chance: random.Random, values: Sequence[T], most: int = 9) -> list[T]:
    """One or more of them, in any order."""
    return chance.sample(values, chance.randint(1, min(len(values), most)))
