"""Entitlements: one fact each, "this department (or machine, or anybody) reaches this app by this policy"."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from infra.estate import App, Condition, Countries, Devices, Emails, Entry, Estate, Members, Mfa, Networks

ANYBODY = "anybody"


@dataclass(frozen=True)
class Entitlement:
    """`kind` says what `who` names. `conditions` and `until` narrow it; both are shown wherever it is."""

    app: str
    kind: str
    who: str
    require: tuple[Condition, ...] = ()
    exclude: tuple[Condition, ...] = ()
    denied: tuple[str, ...] = ()
    until: date | None = None

    @property
    def conditions(self) -> str:
        """`second factor, in JP or US, not 192.0.2.0/24, until 2027-03-31`; empty when there is none."""
        words = [phrase(condition) for condition in self.require]
        words += ["not " + phrase(condition) for condition in self.exclude]
        words += ["unless in " + " or ".join(self.denied)] if self.denied else []
        return ", ".join(words + ([f"until {self.until}"] if self.until else []))

    def __str__(self) -> str:
        who = f"machine {self.who}" if self.kind == "machine" else self.who
        return f"{who} ({self.conditions})" if self.conditions else who


def entitlements(estate: Estate, today: date) -> tuple[Entitlement, ...]:
    """Every entitlement of an estate on a day, in the order of the file."""
    return tuple(entitlement for app in estate.apps for entitlement in entitlements_of(app, today))


def entitlements_of(app: App, today: date) -> Iterable[Entitlement]:
    """The entitlements of one app. A denial narrows the entries below it and is none of its own."""
    in_force = [entry for entry in app.access if entry.holds_on(today)]
    for entry in in_force:
        if entry.decision == "bypass":
            yield Entitlement(app.name, ANYBODY, ANYBODY, entry.require, entry.exclude, until=entry.expires)
    for machine in app.machines:
        yield Entitlement(app.name, "machine", machine.name)
    for number, entry in enumerate(in_force):
        if entry.decision == "allow":
            denials = _denials(in_force[:number])
            for name in (department.name for department in entry.departments if not denials.get(department.name)):
                denied = tuple(denials)
                yield Entitlement(app.name, "department", name, entry.require, entry.exclude, denied, entry.expires)


def who_may_enter(app: App, today: date) -> str:
    """One line for tables: `marketing, contractors (second factor, until 2027-03-31)`, or `nobody`."""
    return ", ".join(dict.fromkeys(str(entitlement) for entitlement in entitlements_of(app, today))) or "nobody"


def phrase(condition: Condition) -> str:
    """A condition in words."""
    match condition:
        case Mfa():
            return "second factor"
        case Countries(codes):
            return "in " + " or ".join(codes)
        case Networks(cidrs):
            return "from " + " or ".join(cidrs)
        case Devices(devices):
            return "on " + " or ".join(device.name for device in devices)
        case Members(departments):
            return "also in " + " or ".join(department.name for department in departments)
        case Emails(addresses):
            return " or ".join(addresses)


def _denials(entries: Iterable[Entry]) -> dict[str, bool]:
    """The departments that are turned away further up, and whether always."""
    found: dict[str, bool] = {}
    for entry in entries:
        if entry.decision == "deny":
            for department in entry.departments:
                found[department.name] = found.get(department.name, False) or not (entry.require or entry.exclude)
    return found
