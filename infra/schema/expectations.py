"""`tests`: statements about who reaches what that must stay true."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from infra.records import Record, key
from infra.schema.words import APPS_OR_TAGS, COUNTRY, EMAIL, NAME, NAMES, NETWORK, TITLE, VALUE
from infra.shapes import Flag, ListOf, Place, Word


@dataclass(frozen=True)
class Who:
    """A person or machine; what is left out may be anything."""

    at: Place
    department: tuple[Word, ...] = key(NAMES, "A member of all these departments.", default=())
    email: Word | None = key(EMAIL, "This person.")
    provider: Word | None = key(NAME, "Signed in with this identity provider.")
    machine: Word | None = key(NAME, "This machine.")
    anybody: bool | None = key(Flag(), "`true`: whoever has not signed in at all.")
    mfa: bool | None = key(Flag(), "Whether a second factor was used.")
    country: Word | None = key(COUNTRY, "The country they are in.")
    ip: Word | None = key(NETWORK, "The address, or the network, that they come from.")
    device: tuple[Word, ...] = key(NAMES, "The device checks that they pass.", default=())
    without_device: tuple[Word, ...] = key(NAMES, "The device checks that they do not pass.", default=())


@dataclass(frozen=True)
class Expectation:
    """One entry of `tests`; a `who`, an `only`, `no_public` or `mfa_everywhere` (exactly one, held by `checks`)."""

    at: Place
    who: Who | None = key(Record(Who), "The people the entry speaks about; what it leaves out may be anything.")
    may: tuple[Word, ...] = key(APPS_OR_TAGS, "Some of them reach each of these apps.", default=())
    must: tuple[Word, ...] = key(APPS_OR_TAGS, "All of them reach each of these apps.", default=())
    never: tuple[Word, ...] = key(APPS_OR_TAGS, "None of them reaches any of these apps.", default=())
    reason: Word | None = key(
        TITLE, "The `reason` of the entry of `access` that decides about them: lets them in, or turns them away."
    )
    only: tuple[Word, ...] = key(
        ListOf(VALUE, single=True), "Nobody but these departments, people and machines …", default=()
    )
    reach: tuple[Word, ...] = key(APPS_OR_TAGS, "… reaches these apps.", default=())
    no_public: bool | None = key(Flag(), "`true`: nobody reaches an app without signing in.")
    mfa_everywhere: bool | None = key(
        Flag(), "`true`: nobody reaches an app without a second factor. Machines have none and are not asked for it."
    )
    except_: tuple[Word, ...] = key(
        APPS_OR_TAGS, "Apps that `no_public` or `mfa_everywhere` says nothing about.", default=()
    )

    @property
    def claims(self) -> tuple[tuple[str, tuple[Word, ...]], ...]:
        """What is said about apps that are named: the key, and what stands below it."""
        named = (("may", self.may), ("must", self.must), ("never", self.never), ("reach", self.reach))
        return tuple((verb, words) for verb, words in named if words)

    def __str__(self) -> str:
        """The entry in one line, as YAML: equal for entries that are written alike."""
        return _flow(self)


def _flow(value: object) -> str:
    match value:
        case Expectation():
            return ", ".join(_written(value))
        case Who():
            return f"{{{', '.join(_written(value))}}}"
        case (one,):
            return _flow(one)
        case tuple():
            return f"[{', '.join(map(_flow, value))}]"
        case bool():
            return str(value).lower()
        case _:
            return str(value)


def _written(record: Expectation | Who) -> Iterator[str]:
    for name, field in Record(type(record)).fields.items():
        value = getattr(record, field.name)
        if value is not None and value != ():
            yield f"{name}: {_flow(value)}"
