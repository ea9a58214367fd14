"""People and their requests, as Cloudflare sees them.

A person is who a provider says they are: every rule about an address, a group or a claim is a rule about one provider's
word. What a request brings along (country, address, device) is looked at each time, the identity only at login.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from infra.estate import Condition, Countries, Department, Devices, Emails, Members, Mfa, Networks


@dataclass(frozen=True)
class Person:
    """An identity: the provider that vouches for it and what that provider says."""

    provider: str
    email: str
    groups: frozenset[str] = frozenset()
    claims: frozenset[tuple[str, str]] = frozenset()
    mfa: bool = False


@dataclass(frozen=True)
class Request:
    """One request. `machine` names the service token that came with it; `devices` the posture checks that pass."""

    hostname: str
    path: str = "/"
    country: str = ""
    ip: str = ""
    devices: frozenset[str] = frozenset()
    machine: str | None = None


def is_member(person: Person, department: Department) -> bool:
    """Whether the department's provider vouches for this person as a member. Addresses are compared in lower case."""
    email = person.email.lower()
    _, at, domain = email.rpartition("@")
    return person.provider == department.provider.name and (
        email in department.emails
        or (bool(at) and domain in department.domains)
        or any(group.id in person.groups for group in department.groups)
        or (department.claim is not None and (department.claim.name, department.claim.value) in person.claims)
    )


def holds(condition: Condition, person: Person | None, request: Request) -> bool:
    """Whether a condition is met; without an identity none about identity is."""
    match condition:
        case Mfa():
            return person is not None and person.mfa
        case Countries(codes):
            return request.country in codes
        case Networks(cidrs):
            return bool(request.ip) and any(ip_address(request.ip) in ip_network(cidr) for cidr in cidrs)
        case Devices(devices):
            return any(device.name in request.devices for device in devices)
        case Members(departments):
            return person is not None and any(is_member(person, department) for department in departments)
        case Emails(addresses):
            return person is not None and person.email.lower() in addresses
