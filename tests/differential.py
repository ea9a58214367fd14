"""A small world in full: every short list of access entries, and one of each kind of person and request.

The estate has an app for each list of up to two entries, with and without a machine, at a path of its own. The same
estate is given to `access.decide` and, through the program, to the sandbox's evaluation of Access.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import yaml

from infra.access import Person, Request

ENTRIES = (
    "{allow: marketing}",
    "{allow: contractors}",
    "{allow: [marketing, finance]}",
    "{deny: marketing}",
    "{deny: [finance, contractors], require: [{country: [FR, DE]}]}",
    "{allow: marketing, require: [mfa]}",
    "{allow: marketing, require: [{country: [JP, US]}, {device: [laptop, phone]}]}",
    "{allow: finance, exclude: [{email: [cfo@example.com]}]}",
    "{allow: marketing, exclude: [{department: finance}, {country: FR}]}",
    "{allow: marketing, require: [{department: [finance, contractors]}]}",
    "{allow: [finance, contractors], require: [{ip: [192.0.2.0/24, 2001:db8::/32]}]}",
    "{allow: finance, require: [{email: [cfo@example.com, ceo@example.com]}]}",
    "{public: true, reason: a test, require: [{ip: 192.0.2.0/24}]}",
    "{public: true, reason: a test, exclude: [{country: [FR]}]}",
    "{allow: contractors, expires: 2026-11-21}",
)
HEAD = """
identity:
  providers:
    workforce: {type: okta}
    partners: {type: oidc, claims: [employment]}
  default: workforce
departments:
  marketing: {groups: [Marketing]}
  finance: {groups: [Finance], emails: [cfo@example.com], domains: [finance.example]}
  contractors: {provider: partners, claim: {name: employment, value: contractor}, emails: [cfo@example.com]}
machines:
  export: {owner: finance}
  other: {owner: finance}
devices:
  laptop: {type: warp}
  phone: {type: gateway}
apps:
"""
STACK = """
config:
  gatehouse:account: self
  gatehouse:accountId: 0a1b2c3d4e5f60718293a4b5c6d7e8f9
  gatehouse:team: example
  gatehouse:zone: example.com
  gatehouse:zoneId: 9f8e7d6c5b4a39281706f5e4d3c2b1a0
  gatehouse:hostname: apps.example.com
  gatehouse:providers:
    workforce: {clientId: a, clientSecret: {secure: x}, oktaAccount: "https://example.okta.example"}
    partners:
      clientId: a
      clientSecret: {secure: x}
      authUrl: https://partners.example.com/authorize
      tokenUrl: https://partners.example.com/token
      certsUrl: https://partners.example.com/jwks
"""


def lists() -> Iterator[tuple[str, ...]]:
    """Every list of one or two different entries."""
    yield from ((entry,) for entry in ENTRIES)
    yield from itertools.permutations(ENTRIES, 2)


def apps_yaml() -> str:
    """The whole world; every third app also admits a machine, and every seventh stands below another app's path."""
    apps: dict[str, object] = {}
    for number, entries in enumerate(lists()):
        path = f"/a{number - 1}/below" if number % 7 == 1 else f"/a{number}"
        app: dict[str, object] = {
            "owner": "finance",
            "service": "http://origin:80",
            "path": path,
            "access": [yaml.safe_load(entry) for entry in entries],
        }
        if number % 3 == 0:
            app["machines"] = ["export"]
        apps[f"app-{number}"] = app
    return HEAD + "\n".join("  " + line for line in yaml.safe_dump(apps, sort_keys=False).splitlines()) + "\n"


def people() -> tuple[Person | None, ...]:
    """One of each kind: per provider the addresses that rules mention and one they do not, with and without groups."""
    contractor = frozenset({("employment", "contractor")})
    employee = frozenset({("employment", "employee")})
    return (
        None,
        Person("workforce", "nobody@example.com"),
        Person("workforce", "CFO@example.com"),
        Person("workforce", "ceo@example.com", frozenset({"Finance"}), mfa=True),
        Person("workforce", "someone@finance.example", frozenset({"Marketing"})),
        Person("workforce", "mika@example.com", frozenset({"Marketing"}), mfa=True),
        Person("workforce", "both@example.com", frozenset({"Marketing", "Finance"})),
        Person("workforce", "liar@example.com", claims=contractor),
        Person("partners", "kim@agency.example", claims=contractor, mfa=True),
        Person("partners", "cfo@example.com", claims=employee),
        Person("partners", "boss@finance.example", groups=frozenset({"Marketing", "Finance"})),
    )


def requests() -> tuple[Request, ...]:
    """Circumstances, without an address: countries, networks, devices and machines that rules tell apart."""
    return (
        Request("", country="JP", ip="192.0.2.7", devices=frozenset({"laptop"})),
        Request("", country="US", ip="198.51.100.1", devices=frozenset({"phone"})),
        Request("", country="FR", ip="2001:db8::1"),
        Request("", country="FR", ip="198.51.100.1", machine="export"),
        Request("", country="DE", ip="192.0.2.7", devices=frozenset({"laptop", "phone"}), machine="other"),
    )
