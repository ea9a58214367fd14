"""Two apps compared by z3, written against Cloudflare's pages and the estate's records alone.

An address is a number of 128 bits with its version, an e-mail address a number with the number of its domain: nothing
here is cut into classes, so it also holds how `infra` cuts.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from ipaddress import ip_network

import z3

from infra import estate as e

PROVIDER, MACHINE, EMAIL, DOMAIN, COUNTRY = (
    z3.BitVec(name, 16) for name in ("provider", "machine", "email", "domain", "country")
)
IP, IS_V6, MFA = z3.BitVec("ip", 128), z3.Bool("v6"), z3.Bool("mfa")
SECOND_FACTOR = ("entra-id", "okta", "oidc", "saml")


class Pair:
    """One app on both sides, with the numbers of all that their rules name."""

    def __init__(self, base: e.App, head: e.App, today: date) -> None:
        self._numbers: dict[tuple[str, str], int] = {}
        self._emails: set[str] = set()
        self._teams: set[tuple[str, str]] = set()
        self._silent: set[str] = set()
        self._today = today
        self.before, self.after = self._entering(base), self._entering(head)
        self.possible = z3.And(*self._possible())

    def gains(self) -> bool:
        return self._can(z3.And(self.possible, self.after, z3.Not(self.before)))

    def loses(self) -> bool:
        return self._can(z3.And(self.possible, self.before, z3.Not(self.after)))

    def _can(self, statement: z3.BoolRef) -> bool:
        solver = z3.SolverFor("QF_BV")
        solver.add(statement)
        answer = solver.check()
        if answer == z3.unknown:
            raise RuntimeError(solver.reason_unknown())
        return bool(answer == z3.sat)

    def _number(self, kind: str, value: str) -> int:
        """The number of a value; 0 is nobody."""
        return self._numbers.setdefault((kind, value), len(self._numbers) + 1)

    def _possible(self) -> Iterable[z3.BoolRef]:
        yield z3.Or(MACHINE == 0, PROVIDER == 0)
        yield z3.Or(IS_V6, z3.ULE(IP, 2**32 - 1))
        yield z3.Implies(MFA, z3.And(*(self._number("provider", name) != PROVIDER for name in self._silent)))
        for email in self._emails:
            domain = self._number("domain", email.rpartition("@")[2])
            yield z3.Implies(self._number("email", email) == EMAIL, domain == DOMAIN)
        for provider, team in self._teams:
            around = self._group(provider, team.partition("/")[0])
            yield z3.Implies(self._group(provider, team), around)

    def _group(self, provider: str, group: str) -> z3.BoolRef:
        if "/" in group:
            self._teams.add((provider, group))
        return z3.Bool(f"group {provider} {group}")

    def _entering(self, app: e.App) -> z3.BoolRef:
        entries = [entry for entry in app.access if entry.expires is None or entry.expires >= self._today]
        if isinstance(app.home, e.InSnowflake):
            roles = {item.snowflake_role for entry in entries for item in entry.departments}
            return z3.Or(*(z3.Bool(f"role {role}") for role in roles))
        ways = [self._number("machine", machine.name) == MACHINE for machine in app.machines]
        ways += [self._met(entry, known=False) for entry in entries if entry.decision == "bypass"]
        seen: z3.BoolRef = z3.BoolVal(val=False)
        for entry in entries:
            if entry.decision != "bypass":
                match = z3.And(self._member(entry.departments), self._met(entry, known=True))
                if entry.decision == "allow":
                    ways.append(z3.And(match, z3.Not(seen)))
                seen = z3.Or(seen, match)
        return z3.Or(*ways)

    def _met(self, entry: e.Entry, *, known: bool) -> z3.BoolRef:
        require = [self._condition(one, known) for one in entry.require]
        exclude = [z3.Not(self._condition(one, known)) for one in entry.exclude]
        return z3.And(*require, *exclude)

    def _condition(self, one: e.Condition, known: bool) -> z3.BoolRef:
        match one:
            case e.Countries(codes):
                return z3.Or(*(self._number("country", code) == COUNTRY for code in codes))
            case e.Networks(cidrs):
                return z3.Or(*map(_within, cidrs))
            case e.Devices(devices):
                return z3.Or(*(z3.Bool(f"device {item.name}") for item in devices))
        if not known:
            return z3.BoolVal(val=False)
        match one:
            case e.Mfa():
                return MFA
            case e.Emails(addresses):
                return z3.Or(*map(self._email, addresses))
            case e.Members(departments):
                return self._member(departments)

    def _email(self, email: str) -> z3.BoolRef:
        self._emails.add(email)
        return self._number("email", email) == EMAIL

    def _member(self, departments: Iterable[e.Department]) -> z3.BoolRef:
        return z3.Or(*map(self._in, departments))

    def _in(self, item: e.Department) -> z3.BoolRef:
        provider = item.provider.name
        if item.provider.type not in SECOND_FACTOR:
            self._silent.add(provider)
        ways = [self._group(provider, group.id) for group in item.groups]
        ways += [z3.Bool(f"claim {provider} {item.claim.name} {item.claim.value}")] if item.claim else []
        ways += map(self._email, item.emails)
        ways += [self._number("domain", domain) == DOMAIN for domain in item.domains]
        return z3.And(self._number("provider", provider) == PROVIDER, z3.Or(*ways))


def _within(cidr: str) -> z3.BoolRef:
    network = ip_network(cidr)
    first, last = int(network.network_address), int(network.broadcast_address)
    return z3.And(z3.BoolVal(network.version == 6) == IS_V6, z3.UGE(IP, first), z3.ULE(IP, last))
