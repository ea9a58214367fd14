"""`tests`: statements about who reaches what that must stay true."""

from __future__ import annotations

from dataclasses import dataclass

from infra.records import Record, key
from infra.schema.words import COUNTRY, EMAIL, NAME, NAMES, VALUE
from infra.shapes import Flag, ListOf, Place, Word


@dataclass(frozen=True)
class Who:
    """A person or machine; what is left out may be anything."""

    at: Place
    department: tuple[Word, ...] = key(NAMES, "A member of all these departments.", default=())
    email: Word | None = key(EMAIL, "This person.")
    provider: Word | None = key(NAME, "Signed in with this identity provider.")
    machine: Word | None = key(NAME, "This machine.")
    mfa: bool | None = key(Flag(), "Whether a second factor was used.")
    country: Word | None = key(COUNTRY, "The country they are in.")
    device: Word | None = key(NAME, "The device check that they pass.")


@dataclass(frozen=True)
class Expectation:
    """One entry of `tests`; a `who`, an `only` or `no_public` (exactly one, held by `checks`)."""

    at: Place
    who: Who | None = key(Record(Who), "The people the entry speaks about.")
    may: tuple[Word, ...] = key(NAMES, "Some of them reach each of these apps.", default=())
    must: tuple[Word, ...] = key(NAMES, "All of them reach each of these apps.", default=())
    never: tuple[Word, ...] = key(NAMES, "None of them reaches any of these apps.", default=())
    only: tuple[Word, ...] = key(ListOf(VALUE, single=True), "Nobody but these departments and people …", default=())
    reach: tuple[Word, ...] = key(NAMES, "… reaches these apps.", default=())
    no_public: bool | None = key(Flag(), "`true`: no app is public.")
