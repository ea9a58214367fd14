"""Conditions of an access entry, and the entry itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from infra.estate.people import Department, Device
from infra.shapes import Place

Decision = Literal["allow", "deny", "bypass", "non_identity"]


@dataclass(frozen=True)
class Mfa:
    """A second factor was used at login."""


@dataclass(frozen=True)
class Countries:
    """The request comes from one of these."""

    codes: tuple[str, ...]


@dataclass(frozen=True)
class Networks:
    """The request comes from one of these."""

    cidrs: tuple[str, ...]


@dataclass(frozen=True)
class Devices:
    """The device passes one of these checks."""

    devices: tuple[Device, ...]


@dataclass(frozen=True)
class Members:
    """The person is also in one of these departments."""

    departments: tuple[Department, ...]


@dataclass(frozen=True)
class Emails:
    """The person is one of these."""

    addresses: tuple[str, ...]


Condition = Mfa | Countries | Networks | Devices | Members | Emails


@dataclass(frozen=True)
class Entry:
    """One line of `access`: a decision about some departments, under conditions, until a day."""

    decision: Decision
    departments: tuple[Department, ...]
    require: tuple[Condition, ...]
    exclude: tuple[Condition, ...]
    session: str
    expires: date | None
    reason: str | None
    at: Place = field(compare=False, repr=False)

    def holds_on(self, today: date) -> bool:
        """Whether the entry is in force; its last day is inclusive."""
        return self.expires is None or today <= self.expires
