"""The attributes of people and requests, as far as some rules tell them apart.

Values that no rule names are one class, "anything else": whoever is in it is treated like everybody in it, so a proof
over the classes is a proof over all people and requests (Yang and Lam, "Real-time verification of network properties
using atomic predicates", ICNP 2013).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from ipaddress import IPv4Address, IPv6Address, ip_network
from itertools import pairwise

from infra.estate import Condition, Countries, Department, Devices, Emails, Members, Mfa, Networks
from infra.logic import ALWAYS, NEVER, Attribute, Every, Formula, Is, Not, Some, attributes

PROVIDER, MACHINE, EMAIL, MFA, COUNTRY, IP = (
    (kind,) for kind in ("provider", "machine", "email", "mfa", "country", "ip")
)
GROUP, CLAIM, ROLE, DEVICE = "group", "claim", "role", "device"
YES = frozenset({"yes"})

Range = tuple[int, int, int]
"""The version of IP, and the first and last addresses."""

_ORDER = ("provider", "machine", "email", CLAIM, GROUP, ROLE, "mfa", "country", "ip", DEVICE)


@dataclass(frozen=True)
class Names:
    """What providers and devices are called where they are not what the other side calls by the same name."""

    providers: Mapping[str, str] = field(default_factory=dict)
    devices: Mapping[str, str] = field(default_factory=dict)

    def provider(self, name: str) -> str:
        return self.providers.get(name, name)

    def device(self, name: str) -> str:
        return self.devices.get(name, name)


@dataclass(frozen=True)
class Classes:
    """The values that addresses and networks fall into, given all that are mentioned.

    `networks` maps a network to the addresses that stand for its classes; `ranges` has all classes, that outside too,
    with the first and last addresses of their parts. `nowhere` says that no address is outside.
    """

    emails: frozenset[str]
    networks: Mapping[str, frozenset[str]]
    ranges: Mapping[str, tuple[Range, ...]]
    nowhere: bool

    @staticmethod
    def of(departments: Iterable[Department], conditions: Iterable[Condition]) -> Classes:
        emails: set[str] = set()
        cidrs: set[str] = set()
        listed = list(departments)
        for condition in conditions:
            match condition:
                case Members(others):
                    listed += others
                case Emails(addresses):
                    emails |= set(addresses)
                case Networks(written):
                    cidrs |= set(written)
                case _:
                    pass
        for department in listed:
            emails |= set(department.emails)
        return Classes(frozenset(emails), *_intervals(cidrs))

    def at(self, domain: str) -> frozenset[str]:
        """The classes of addresses of a domain: those that are mentioned, and all others."""
        return frozenset({f"@{domain}", *(email for email in self.emails if _domain(email) == f"@{domain}")})

    def spelled(self, attribute: Attribute, leads: Mapping[str, str], otherwise: str) -> str | Sequence[object]:
        """Where values lead, whatever other rules have cut the classes into: equal for equal meaning, and only then."""
        if attribute == EMAIL:
            domains = {value: to for value, to in leads.items() if value.startswith("@")}
            named = {email: leads.get(email, otherwise) for email in self.emails}
            apart = {email: to for email, to in named.items() if to != domains.get(_domain(email), otherwise)}
            return otherwise, sorted((domains | apart).items())
        if attribute == IP:
            parts = sorted((*part, leads.get(value, otherwise)) for value, held in self.ranges.items() for part in held)
            merged: list[tuple[int, int, int, str]] = []
            for version, first, last, to in parts:
                if merged and (merged[-1][0], merged[-1][3]) == (version, to):
                    first = merged.pop()[1]
                merged.append((version, first, last, to))
            return merged if len({to for *_, to in merged}) > 1 else merged[0][3]
        return otherwise, sorted(leads.items())

    @cached_property
    def _members(self) -> dict[tuple[int, int], tuple[Formula, Department, Names]]:
        """What `member` has answered. By identity, which is quick, and lasts while the answer holds what it is of."""
        return {}

    def member(self, department: Department, names: Names) -> Formula:
        """Being in a department: its provider says so."""
        key = (id(department), id(names))
        if key not in self._members:
            self._members[key] = (self._member(department, names), department, names)
        return self._members[key][0]

    def _member(self, department: Department, names: Names) -> Formula:
        provider = names.provider(department.provider.name)
        emails = frozenset(department.emails).union(*map(self.at, department.domains))
        ways: list[Formula] = [Is(EMAIL, emails)] if emails else []
        ways += [Is((GROUP, provider, group.id), YES) for group in department.groups]
        if department.claim:
            ways.append(Is((CLAIM, provider, department.claim.name, department.claim.value), YES))
        return Every((Is(PROVIDER, frozenset({provider})), Some(tuple(ways))))

    def holds(self, condition: Condition, names: Names, *, signed_in: bool) -> Formula:
        """A condition; without a login none about identity holds."""
        match condition:
            case Countries(codes):
                return Is(COUNTRY, frozenset(codes))
            case Networks(cidrs):
                return Is(IP, frozenset().union(*(self.networks[cidr] for cidr in cidrs)))
            case Devices(devices):
                return Some(tuple(Is((DEVICE, names.device(device.name)), YES) for device in devices))
            case _ if not signed_in:
                return NEVER
            case Mfa():
                return Is(MFA, YES)
            case Members(departments):
                return Some(tuple(self.member(department, names) for department in departments))
            case Emails(addresses):
                return Is(EMAIL, frozenset(addresses))


def in_order(formulas: Iterable[Formula]) -> tuple[Attribute, ...]:
    """The attributes of formulas, identity first: what decides most is looked at first."""
    found = {one.attribute for formula in formulas for one in attributes(formula)}
    return tuple(sorted(found, key=lambda attribute: (_ORDER.index(attribute[0]), attribute)))


def possible(
    formulas: Iterable[Formula], classes: Classes, reports_mfa: Iterable[str], has_teams: Iterable[str]
) -> Formula:
    """What holds for every person and request, as far as these formulas speak of it. `reports_mfa` and `has_teams` are
    the providers that do.

    A constraint that is missing lets impossible people in, which may raise an alarm and never hides one.
    """
    named: dict[Attribute, frozenset[str]] = {}
    for formula in formulas:
        for one in attributes(formula):
            named[one.attribute] = named.get(one.attribute, frozenset()) | one.values
    rules: list[Formula] = []
    if MACHINE in named and PROVIDER in named:
        # A service token comes without a login.
        rules.append(Not(Every((Is(MACHINE, named[MACHINE]), Is(PROVIDER, named[PROVIDER])))))
    silent = named.get(PROVIDER, frozenset()) - frozenset(reports_mfa)
    if MFA in named and silent:
        rules.append(Not(Every((Is(MFA, YES), Is(PROVIDER, silent)))))
    if IP in named and classes.nowhere:
        rules.append(Is(IP, frozenset().union(*classes.networks.values())))
    nested = frozenset(has_teams)
    for attribute in named:
        if attribute[0] == GROUP and attribute[1] in nested and "/" in attribute[2]:
            # Who is in a team of GitHub is in its organization.
            around = (GROUP, attribute[1], attribute[2].partition("/")[0])
            if around in named:
                rules.append(Some((Not(Is(attribute, YES)), Is(around, YES))))
    return Every(tuple(rules)) if rules else ALWAYS


def _domain(email: str) -> str:
    return f"@{email.rpartition('@')[2]}"


def _intervals(cidrs: Iterable[str]) -> tuple[dict[str, frozenset[str]], dict[str, tuple[Range, ...]], bool]:
    """For each network one address for each class of its addresses, the ranges of each class, and whether no address
    is in none of the networks.

    Two addresses are of one class when they are in the same networks.
    """
    bounds = {cidr: _bounds(cidr) for cidr in cidrs}
    stands_for: dict[str, set[str]] = {cidr: set() for cidr in bounds}
    ranges: dict[str, list[Range]] = {}
    outside = not bounds
    for version, bits in ((4, 32), (6, 128)):
        networks = [(cidr, first, last) for cidr, (kind, first, last) in bounds.items() if kind == version]
        edges = sorted({0, 2**bits, *(edge for _, first, last in networks for edge in (first, last + 1))})
        known: dict[frozenset[str], str] = {}
        for edge, following in pairwise(edges):
            around = frozenset(cidr for cidr, first, last in networks if first <= edge <= last)
            if around not in known:
                known[around] = str(IPv4Address(edge) if version == 4 else IPv6Address(edge))
            ranges.setdefault(known[around], []).append((version, edge, following - 1))
        outside = outside or frozenset() in known
        for around, address in known.items():
            for cidr in around:
                stands_for[cidr].add(address)
    found = {cidr: frozenset(addresses) for cidr, addresses in stands_for.items()}
    return found, {address: tuple(parts) for address, parts in ranges.items()}, not outside


@cache
def _bounds(cidr: str) -> Range:
    network = ip_network(cidr)
    return network.version, int(network.network_address), int(network.broadcast_address)
