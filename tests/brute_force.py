"""Everybody of a small universe, one by one: who enters what, in Cloudflare's order, without any logic but counting.

A set of people and requests is a number whose bits are the points of the world: each person (and nobody, and each
machine) with each request. This is written against Cloudflare's pages, not against `infra`, and shares no code with it
but the estate's records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_address, ip_network
from itertools import chain, combinations

from infra import estate as e
from tests.universes import TODAY

ADDRESSES = (
    *("192.0.2.0", "192.0.2.7", "192.0.2.8", "192.0.2.127", "192.0.2.128", "192.0.2.255", "192.0.3.0", "198.51.100.1"),
    *("0.0.0.1", "255.255.255.255", "2001:db8::1", "2001:db8:1::1", "2001:db8:1:ffff::", "2001:db9::", "::"),
)
SECOND_FACTOR = ("entra-id", "okta", "oidc", "saml")


@dataclass(frozen=True)
class Somebody:
    """Who asks. Without a provider nobody has signed in; a machine is nobody who has."""

    provider: str | None = None
    email: str = ""
    groups: frozenset[str] = frozenset()
    claims: frozenset[tuple[str, str]] = frozenset()
    mfa: bool = False
    machine: str | None = None


@dataclass(frozen=True)
class Asked:
    country: str
    ip: str
    devices: frozenset[str]


Spelling = Mapping[str, str]


class World:
    """All points that some estates tell apart, each with what its providers are called here."""

    def __init__(self, *sides: tuple[e.Estate, Spelling]) -> None:
        self.sides = sides
        self.entries = [entry for estate, _ in self.sides for app in estate.apps for entry in app.access]
        self.conditions = [one for entry in self.entries for one in (*entry.require, *entry.exclude)]
        self.people = tuple(self._people())
        self.requests = tuple(self._requests())
        width = len(self.requests)
        self.everything = (1 << len(self.people) * width) - 1
        self._block = (1 << width) - 1
        self._once = sum(1 << place * width for place in range(len(self.people)))

    def _people(self) -> Iterator[Somebody]:
        yield Somebody()
        for machine in sorted({one.name for estate, _ in self.sides for app in estate.apps for one in app.machines}):
            yield Somebody(machine=machine)
        kinds: dict[str, str] = {}
        members: dict[str, list[e.Department]] = {}
        for estate, spelled in self.sides:
            kinds |= {spelled.get(one.name, one.name): one.type for one in estate.providers}
            for item in estate.departments:
                members.setdefault(spelled.get(item.provider.name, item.provider.name), []).append(item)
        emails = self._emails()
        for provider, kind in kinds.items():
            here = members.get(provider, [])
            groups = sorted({group.id for item in here for group in item.groups})
            claims = sorted({(item.claim.name, item.claim.value) for item in here if item.claim})
            for held in map(frozenset, _subsets(groups)):
                if kind == "github" and any("/" in team and "acme" in groups and "acme" not in held for team in held):
                    continue  # whoever is in a team is in its organization
                for told in map(frozenset, _subsets(claims)):
                    for email in emails:
                        for mfa in (False, True) if kind in SECOND_FACTOR and e.Mfa() in self.conditions else (False,):
                            yield Somebody(provider, email, held, told, mfa)

    def _emails(self) -> list[str]:
        departments = [item for estate, _ in self.sides for item in estate.departments]
        named = {email for item in departments for email in item.emails}
        named |= {email for one in self.conditions if isinstance(one, e.Emails) for email in one.addresses}
        domains = {domain for item in departments for domain in item.domains}
        return sorted({*named, *(f"else@{domain}" for domain in domains), "else@elsewhere.example"})

    def _requests(self) -> Iterator[Asked]:
        codes = {code for one in self.conditions if isinstance(one, e.Countries) for code in one.codes}
        devices = {item.name for one in self.conditions if isinstance(one, e.Devices) for item in one.devices}
        cidrs = sorted({cidr for one in self.conditions if isinstance(one, e.Networks) for cidr in one.cidrs})
        apart = {tuple(ip_address(ip) in ip_network(cidr) for cidr in cidrs): ip for ip in ADDRESSES}
        for country in sorted({*codes, "DE"}):
            for ip in apart.values():
                for passed in _subsets(sorted(devices)):
                    yield Asked(country, ip, frozenset(passed))

    def whoever(self, holds: Callable[[Somebody], bool]) -> int:
        width = len(self.requests)
        return sum(self._block << place * width for place, one in enumerate(self.people) if holds(one))

    def whenever(self, holds: Callable[[Asked], bool]) -> int:
        return self._once * sum(1 << place for place, one in enumerate(self.requests) if holds(one))

    def points(self) -> Iterator[tuple[int, Somebody, Asked]]:
        width = len(self.requests)
        for place, one in enumerate(self.people):
            for number, asked in enumerate(self.requests):
                yield 1 << place * width + number, one, asked

    @cached_property
    def signed_in(self) -> int:
        return self.whoever(lambda one: one.provider is not None)

    def entering(self, side: int, app: e.App) -> int:
        """Who enters an app behind the tunnel: Bypass and Service Auth first, then the first match decides."""
        in_force = [entry for entry in app.access if entry.expires is None or entry.expires >= TODAY]
        machines = {machine.name for machine in app.machines}
        found = self.whoever(lambda one: one.machine in machines)
        for entry in in_force:
            if entry.decision == "bypass":
                found |= self._met(side, entry, knows_people=False)
        undecided = self.signed_in
        for entry in in_force:
            if entry.decision == "bypass":
                continue
            matched = undecided & self._member(side, entry.departments) & self._met(side, entry, knows_people=True)
            undecided &= ~matched
            found |= matched if entry.decision == "allow" else 0
        return found

    def _met(self, side: int, entry: e.Entry, *, knows_people: bool) -> int:
        found = self.everything
        for one in entry.require:
            found &= self._condition(side, one, knows_people)
        for one in entry.exclude:
            found &= ~self._condition(side, one, knows_people)
        return found

    def _condition(self, side: int, one: e.Condition, knows_people: bool) -> int:
        match one:
            case e.Countries(codes):
                return self.whenever(lambda asked: asked.country in codes)
            case e.Networks(cidrs):
                nets = [ip_network(cidr) for cidr in cidrs]
                return self.whenever(lambda asked: any(ip_address(asked.ip) in net for net in nets))
            case e.Devices(devices):
                return self.whenever(lambda asked: any(item.name in asked.devices for item in devices))
        if not knows_people:
            return 0
        match one:
            case e.Mfa():
                return self.whoever(lambda person: person.mfa)
            case e.Emails(addresses):
                return self.whoever(lambda person: person.email in addresses)
            case e.Members(departments):
                return self._member(side, departments)

    def _member(self, side: int, departments: Iterable[e.Department]) -> int:
        spelled = self.sides[side][1]
        listed = [(spelled.get(item.provider.name, item.provider.name), item) for item in departments]

        def is_member(one: Somebody) -> bool:
            return any(
                one.provider == provider
                and (
                    one.email in item.emails
                    or one.email.split("@")[1] in item.domains
                    or any(group.id in one.groups for group in item.groups)
                    or (item.claim is not None and (item.claim.name, item.claim.value) in one.claims)
                )
                for provider, item in listed
            )

        return self.whoever(is_member)


def _subsets(values: Iterable[object]) -> Iterator[tuple[object, ...]]:
    listed = list(values)
    return chain.from_iterable(combinations(listed, size) for size in range(len(listed) + 1))


def entering(world: World, side: int, app: e.App) -> int:
    """Who enters an app wherever it is. In Snowflake the points are the sets of roles that somebody may hold."""
    if isinstance(app.home, e.Tunnelled):
        return world.entering(side, app)
    in_force = [entry for entry in app.access if entry.expires is None or entry.expires >= TODAY]
    opening = {item.snowflake_role for entry in in_force for item in entry.departments}
    return sum(1 << number for number, held in enumerate(role_sets(world)) if opening & set(held))


def role_sets(world: World) -> list[tuple[object, ...]]:
    return list(_subsets(sorted({item.snowflake_role for estate, _ in world.sides for item in estate.departments})))


def answering(estate: e.Estate, host: str, path: str) -> e.App | None:
    """The app at an address: the longest path that is the address, or ends at one of its slashes."""
    found = [
        app
        for app in estate.apps
        if isinstance(app.home, e.Tunnelled)
        and app.home.hostname == host
        and f"{path}/".startswith(f"{app.home.path}/")
    ]
    return max(found, key=lambda app: len(app.home.path), default=None)  # type: ignore[union-attr]  # they are tunnelled
