"""Witnesses: an assignment as a person and a request that can be shown, asked about, and written down as a test."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from infra.access.attributes import CLAIM, COUNTRY, DEVICE, EMAIL, GROUP, IP, MACHINE, MFA, PROVIDER, ROLE
from infra.access.person import Person, Request, is_member
from infra.estate import Department
from infra.logic import Assignment, Attribute

# Somewhere that is in no rule: the first of these that none mentions.
_ELSEWHERE = ("CH", "NZ", "UY", "IS", "KE", "SG", "EC", "LU", "BT", "FJ")
_OUTSIDE = ("203.0.113.10", "198.51.100.10", "192.0.2.10", "8.8.8.8", "2001:db8::10")


@dataclass(frozen=True)
class Witness:
    """Somebody with a request. `roles` are what they hold in Snowflake; without a person nobody has signed in.

    `decisive` are the kinds of attributes that mattered: where they are left at anything else, that is a choice too.
    `without` are the devices among them that they are not on.
    """

    person: Person | None
    request: Request
    departments: tuple[str, ...]
    roles: tuple[str, ...]
    decisive: frozenset[str]
    without: tuple[str, ...] = ()

    def __str__(self) -> str:
        return ", ".join(self.words)

    @property
    def words(self) -> tuple[str, ...]:
        """`a member of sales`, `in JP`, `without a second factor` and so on."""
        return tuple(self._words())

    def _words(self) -> Iterable[str]:
        person, request = self.person, self.request
        if request.machine:
            yield f"machine {request.machine}"
        elif self.roles:
            named = f"somebody in {' and '.join(self.departments)}, " if self.departments else "whoever "
            yield f"{named}{'who ' if self.departments else ''}holds the role {' and '.join(self.roles)}"
        elif person is None:
            yield "anybody, without a login"
        else:
            who = person.email if not person.email.startswith(SOMEBODY) else ""
            who = who or (f"somebody in {' and '.join(self.departments)}" if self.departments else "somebody")
            yield who
            if not self.departments or who == person.email:
                yield f"signed in with {person.provider}"
            if person.mfa or "mfa" in self.decisive:
                yield "with a second factor" if person.mfa else "without a second factor"
        if request.country and "country" in self.decisive:
            yield f"in {request.country}"
        if request.ip and "ip" in self.decisive:
            yield f"from {request.ip}"
        for device in sorted(request.devices):
            yield f"on {device}"
        if self.without:
            yield f"not on {' or '.join(self.without)}"

    def as_test(self, claim: str, app: str) -> str:
        """The entry of `tests` that says it of an app; `claim` is `must` or `never`."""
        who: list[str] = []
        if self.request.machine:
            who.append(f"machine: {self.request.machine}")
        elif self.person is None and not self.roles:
            who.append("anybody: true")
        if self.departments:
            named = self.departments[0] if len(self.departments) == 1 else f"[{', '.join(self.departments)}]"
            who.append(f"department: {named}")
        if self.person:
            if not self.person.email.startswith(SOMEBODY):
                who.append(f"email: {_in_yaml(self.person.email)}")
            if not self.departments:
                who.append(f"provider: {self.person.provider}")
            if self.person.mfa or "mfa" in self.decisive:
                who.append(f"mfa: {str(self.person.mfa).lower()}")
        if "country" in self.decisive:
            who.append(f"country: {self.request.country}")
        if "ip" in self.decisive:
            who.append(f"ip: {_in_yaml(str(self.request.ip))}")
        if self.request.devices:
            named = ", ".join(sorted(self.request.devices))
            who.append(f"device: {named if len(self.request.devices) == 1 else f'[{named}]'}")
        if self.without:
            named = ", ".join(self.without)
            who.append(f"without_device: {named if len(self.without) == 1 else f'[{named}]'}")
        return f"- who: {{{', '.join(who)}}}\n  {claim}: [{app}]"


SOMEBODY = "somebody@"
"""How the address of somebody begins who has none that a rule names."""


def _in_yaml(text: str) -> str:
    """A value as it can stand between braces: most addresses as they are."""
    return text if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9@._+/-]*", text) else json.dumps(text)


def cost(attribute: Attribute, value: str) -> int:
    """How much there is to read in a named value: few things said, and nothing rare, make a witness readable."""
    kind = attribute[0]
    if kind == "provider":
        return 1
    if kind == "email":
        return 8 if value.startswith("@") else 6
    return {GROUP: 4, CLAIM: 4, ROLE: 4, "machine": 6, "mfa": 2, "country": 2, "ip": 3, DEVICE: 2}[kind]


def witness(
    assignment: Assignment,
    looked_at: Iterable[Attribute],
    *,
    address: tuple[str, str],
    departments: Iterable[Department],
    networks: Iterable[str],
    countries: Iterable[str],
    spelled: Mapping[str, str],
) -> Witness:
    """An assignment in words of the estates. `address` is host name and path; `spelled` turns what providers and
    devices are called in formulas into their names."""
    provider = assignment.get(PROVIDER)
    decided_by = frozenset(looked_at)
    person = None
    if provider is not None:
        email = assignment.get(EMAIL, "@elsewhere.example")
        person = Person(
            spelled.get(provider, provider),
            SOMEBODY + email[1:] if email.startswith("@") else email,
            frozenset(one[2] for one in assignment if one[0] == GROUP and one[1] == provider),
            frozenset((one[2], one[3]) for one in assignment if one[0] == CLAIM and one[1] == provider),
            MFA in assignment,
        )
    machine = assignment.get(MACHINE)
    request = Request(
        *address,
        assignment.get(COUNTRY) or next((code for code in _ELSEWHERE if code not in set(countries)), ""),
        assignment.get(IP) or _outside(networks),
        frozenset(spelled.get(one[1], one[1]) for one in assignment if one[0] == DEVICE),
        machine,
    )
    roles = tuple(one[1] for one in assignment if one[0] == ROLE)
    listed = list(departments)
    inside = [item.name for item in listed if person and is_member(person, item)]
    if roles:
        inside = [item.name for item in listed if item.snowflake_role in roles]
    left = {spelled.get(one[1], one[1]) for one in decided_by if one[0] == DEVICE and one not in assignment}
    return Witness(
        person,
        request,
        tuple(dict.fromkeys(inside)),
        roles,
        frozenset(attribute[0] for attribute in decided_by),
        # A device that checks something else now is one name for two checks, of which this may pass one.
        tuple(sorted(left - request.devices)),
    )


def _outside(networks: Iterable[str]) -> str:
    """An address that is in none of these networks, as far as one is easily found."""
    listed = [ip_network(cidr) for cidr in networks]
    edges = (network.broadcast_address + 1 for network in listed if int(network.broadcast_address) + 1 < 2**32)
    candidates = [*map(ip_address, _OUTSIDE), *edges]
    return next((str(one) for one in candidates if not any(one in network for network in listed)), "")
