"""Entitlements: one fact each, "this department (or machine, or anybody) reaches this app by this policy"."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from infra.estate import App, Condition, Countries, Devices, Emails, Entry, Estate, Members, Mfa, Networks

ANYBODY = "anybody"


@dataclass(frozen=True)
class Entitlement:
    """`kind` says what `who` names. Conditions, denials and `until` narrow it; all are shown wherever it is."""

    app: str
    kind: str
    who: str
    require: tuple[Condition, ...] = ()
    exclude: tuple[Condition, ...] = ()
    denials: tuple[Entry, ...] = ()
    until: date | None = None

    @property
    def conditions(self) -> str:
        """`second factor, in JP or US, not from 192.0.2.0/24, until 2027-03-31`; empty when there is none."""
        words = _phrases(self.require, self.exclude)
        words += [f"unless {_denied(denial, self.who)}" for denial in self.denials]
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
            denials = tuple(earlier for earlier in in_force[:number] if earlier.decision == "deny")
            for department in entry.departments:
                if department.name not in turned_away(denials):
                    yield Entitlement(
                        app.name, "department", department.name, entry.require, entry.exclude, denials, entry.expires
                    )


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


def turned_away(denials: Iterable[Entry]) -> set[str]:
    """The departments whose members these denials turn away whatever else is true of them."""
    always = [denial for denial in denials if not denial.require and not denial.exclude]
    return {department.name for denial in always for department in denial.departments}


def _phrases(require: Iterable[Condition], exclude: Iterable[Condition]) -> list[str]:
    return [phrase(condition) for condition in require] + [f"not {phrase(condition)}" for condition in exclude]


def _denied(denial: Entry, who: str) -> str:
    """`in sales`, or `in sales and in JP`; the department that is spoken about is not named again."""
    names = [department.name for department in denial.departments]
    members = [] if who in names else ["in " + " or ".join(names)]
    return " and ".join([*members, *_phrases(denial.require, denial.exclude)])
