"""Made-up estates of the size and shape of a large company, the same on each run, as files.

An app has 2.4 rules with 43 values in all: departments with groups, addresses and domains, countries, nested networks,
devices, second factors, machines. A changed app has one edit of seven kinds, of which one means nothing.
"""

from __future__ import annotations

import copy
import random
from dataclasses import dataclass, field
from pathlib import Path

DEPARTMENTS, GROUPS, EMAILS, APPS = 200, 300, 2000, 2000
DOMAINS = tuple(f"{name}.example" for name in ("corp", "labs", "shop", "bank", "ads", "games", "cloud", "media"))
COUNTRIES = [
    "JP",
    "US",
    "DE",
    "FR",
    "GB",
    "IT",
    "ES",
    "NL",
    "BE",
    "AT",
    "CH",
    "SE",
    "NO",
    "DK",
    "FI",
    "PL",
    "CZ",
    "PT",
    "IE",
    "GR",
    "CA",
    "MX",
    "BR",
    "AR",
    "AU",
    "NZ",
    "SG",
    "KR",
    "IN",
    "ZA",
]
NETWORKS = (
    *(f"10.{n}.0.0/16" for n in range(8)),
    *(f"10.{n}.{16 * n}.0/20" for n in range(8)),
    *(f"192.0.2.{32 * n}/27" for n in range(6)),
    "192.0.2.0/24",
    "2001:db8::/32",
    "2001:db8:1::/48",
)
DEVICES = tuple(f"check-{n}" for n in range(10))
MACHINES = tuple(f"token-{n}" for n in range(50))


@dataclass
class Rule:
    decision: str
    departments: list[int]
    require: dict[str, list[str]] = field(default_factory=dict)
    exclude: dict[str, list[str]] = field(default_factory=dict)

    def lines(self) -> list[str]:
        found = [f"      - {self.decision}: [{', '.join(f'team-{n}' for n in self.departments)}]"]
        for key, conditions in (("require", self.require), ("exclude", self.exclude)):
            parts = [
                "mfa" if kind == "mfa" else f"{{{kind}: [{', '.join(values)}]}}" for kind, values in conditions.items()
            ]
            found += [f"        {key}: [{', '.join(parts)}]"] if parts else []
        return found


@dataclass
class App:
    rules: list[Rule]
    machines: list[str]

    def lines(self, number: int) -> list[str]:
        address = f"path: /team-{number % DEPARTMENTS}/app-{number}" if number % 5 else f"subdomain: app-{number}"
        found = [
            f"  app-{number}:",
            f"    title: Application {number}",
            f"    owner: team-{number % DEPARTMENTS}",
            f"    service: http://app-{number}.internal:8501",
            f"    {address}",
            "    access:",
        ]
        for rule in self.rules:
            found += rule.lines()
        return found + ([f"    machines: [{', '.join(self.machines)}]"] if self.machines else [])


def apps(count: int = APPS, seed: int = 20270101) -> list[App]:
    chance = random.Random(seed)
    return [_app(chance) for _ in range(count)]


def _app(chance: random.Random) -> App:
    rules = [_rule(chance, "allow") for _ in range(chance.choice((1, 1, 2, 2)))]
    if chance.random() < 0.6:
        rules.insert(chance.randint(0, len(rules)), _rule(chance, "deny"))
    return App(rules, chance.sample(MACHINES, 1) if chance.random() < 0.35 else [])


def _rule(chance: random.Random, decision: str) -> Rule:
    found = Rule(decision, chance.sample(range(DEPARTMENTS), chance.randint(1, 2)))
    for conditions, likely in ((found.require, 0.9), (found.exclude, 0.7)):
        for kind in ("mfa", "country", "ip", "device", "email"):
            if chance.random() < likely * {"email": 0.5, "mfa": 0.3}.get(kind, 0.7) and (
                kind != "mfa" or conditions is found.require
            ):
                conditions[kind] = _values(chance, kind)
    return found


def _values(chance: random.Random, kind: str) -> list[str]:
    match kind:
        case "country":
            return chance.sample(COUNTRIES, chance.randint(2, 6))
        case "ip":
            return chance.sample(NETWORKS, chance.randint(1, 4))
        case "device":
            return chance.sample(DEVICES, chance.randint(1, 3))
        case "email":
            return [_email(n) for n in chance.sample(range(EMAILS), chance.randint(2, 8))]
    return []


def _email(number: int) -> str:
    return f"person{number}@{DOMAINS[number % len(DOMAINS)]}"


def edited(before: list[App], changed: int, seed: int = 1) -> list[App]:
    """The same with one edit in each of so many apps."""
    chance = random.Random(seed)
    after = copy.deepcopy(before)
    for number in chance.sample(range(len(before)), changed):
        _edit(chance, after[number])
    return after


def _edit(chance: random.Random, app: App) -> None:
    rule = chance.choice(app.rules)
    conditions = chance.choice((rule.require, rule.exclude))
    kind = chance.choice(("country", "ip", "device", "email"))
    match chance.randrange(7):
        case 0:
            app.rules.append(_rule(chance, "allow"))
        case 1:
            app.rules.insert(0, _rule(chance, "deny"))
        case 2:
            conditions[kind] = _values(chance, kind)
        case 3:
            conditions.pop(kind, None)
        case 4:
            rule.departments = [*rule.departments, chance.randrange(DEPARTMENTS)]
        case 5:
            app.machines = chance.sample(MACHINES, 1)
        case _:
            for values in (*rule.require.values(), *rule.exclude.values(), rule.departments):
                chance.shuffle(values)


def atoms(listed: list[App]) -> tuple[float, float]:
    """Rules and values of an app on average, with those of the departments."""
    rules = sum(len(app.rules) + len(app.machines) for app in listed)
    values = 0
    for app in listed:
        values += len(app.machines)
        for rule in app.rules:
            values += sum(_size(number) for number in rule.departments)
            values += sum(len(part) or 1 for part in (*rule.require.values(), *rule.exclude.values()))
    return rules / len(listed), values / len(listed)


def _size(department: int) -> int:
    written = _department(department)
    return written.count("Group") + written.count("@") + written.count("domains")


def _department(number: int) -> str:
    groups = [f"Group {one % GROUPS}" for one in (number, number * 7 + 1, number * 11 + 3)[: 1 + number % 3]]
    emails = [_email(number * 9 + one) for one in range(1 + number % 4)]
    domains = [DOMAINS[number % len(DOMAINS)]] if number % 9 == 0 else []
    provider = ("okta", "entra", "partners")[number % 3]
    ways = f"groups: [{', '.join(groups)}]"
    if provider == "partners":
        ways = f"claim: {{name: team, value: Group {number}}}"
    found = f"  team-{number}: {{provider: {provider}, {ways}, emails: [{', '.join(emails)}]"
    return found + (f", domains: [{', '.join(domains)}]}}" if domains else "}")


HEAD = """\
identity:
  providers:
    okta: {type: okta}
    entra: {type: entra-id}
    partners: {type: saml, claims: [team]}
  default: okta
departments:
"""
STACK = """\
config:
  gatehouse:account: self
  gatehouse:accountId: 0a1b2c3d4e5f60718293a4b5c6d7e8f9
  gatehouse:team: example
  gatehouse:zone: example.com
  gatehouse:zoneId: 9f8e7d6c5b4a39281706f5e4d3c2b1a0
  gatehouse:hostname: apps.example.com
  gatehouse:providers:
    okta: {clientId: a, clientSecret: {secure: v1}, oktaAccount: "https://example.okta.com"}
    entra: {clientId: a, clientSecret: {secure: v1}, directoryId: 3f6c1b1e-0000-4000-8000-000000000000}
    partners: {issuerUrl: https://idp.example.com, ssoTargetUrl: https://idp.example.com/sso, publicCerts: [MIIC]}
  gatehouse:directory:
    entra:
"""


def write(folder: Path, listed: list[App]) -> Path:
    """A project with one stack."""
    lines = [*map(_department, range(DEPARTMENTS)), "machines:"]
    lines += [f"  {name}: {{owner: team-0}}" for name in MACHINES]
    lines += ["devices:", *(f"  {name}: {{type: warp}}" for name in DEVICES), "apps:"]
    for number, app in enumerate(listed):
        lines += app.lines(number)
    (folder / "stacks").mkdir(parents=True)
    (folder / "apps.yaml").write_text(HEAD + "\n".join(lines) + "\n", "utf-8")
    ids = "".join(f"      Group {n}: 6ba7b810-9dad-11d1-80b4-{n:012x}\n" for n in range(GROUPS))
    (folder / "stacks" / "Pulumi.dev.yaml").write_text(STACK + ids, "utf-8")
    return folder
