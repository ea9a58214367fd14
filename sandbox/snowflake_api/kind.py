"""What a kind of object is to the statements: its words, its properties, its privileges and how it is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from sandbox.snowflake_api import refusals
from sandbox.snowflake_api.call import Call
from sandbox.snowflake_api.names import label, quoted
from sandbox.snowflake_api.reader import Property, Reader
from sandbox.snowflake_api.result import Column, Result, status
from sandbox.snowflake_api.things import Body, Path, Thing

B = TypeVar("B", bound=Body)
COMMENT: dict[str, Property] = {"COMMENT": ("comment", Reader.optional_text)}


@dataclass(frozen=True)
class Creation:
    """A CREATE up to the name: `replace` and `lenient` are OR REPLACE and IF NOT EXISTS."""

    call: Call
    words: str
    replace: bool = False
    alter: bool = False
    secure: bool = False
    lenient: bool = False

    def place(self, path: Path, body: B, comment: object = None) -> Thing[B] | None:
        """Make the object; None where it was there already and that is no error."""
        call = self.call
        call.may_create(type(body), path, *to_create(self.words))
        existing = call.catalogue.find(type(body), path)
        if existing is not None and self.lenient:
            return None
        if existing is not None and self.replace:
            if not call.may(existing, "OWNERSHIP"):
                raise refusals.insufficient(existing.kind, quoted(existing.name))
            call.catalogue.drop(existing, heir=call.session.role)
        return call.catalogue.create(path, call.session.role, body, None if comment is None else str(comment))

    def made(self, path: Path, body: Body, comment: object = None) -> Result:
        """Make the object and say so."""
        return self.said(path, self.place(path, body, comment))

    def said(self, path: Path, placed: Thing[Body] | None) -> Result:
        if placed is None:
            return status(f"{quoted(path[-1])} already exists, statement succeeded.")
        return status(f"{label(self.words)} {quoted(placed.name)} successfully created.")


@dataclass(frozen=True)
class Kind(Generic[B]):
    """One row of the table of kinds.

    `create` reads the statement from the name on; `settable` are the properties of `ALTER .. SET`; `checked` refuses a
    body that cannot be, given the one before; `actions` are further forms of ALTER, by their first words.
    """

    body: type[B]
    words: str
    plural: str
    privileges: frozenset[str]
    columns: tuple[Column, ...]
    row: Callable[[Call, Thing[B]], tuple[object, ...]]
    describe: Callable[[Call, Thing[B]], Result]
    create: Callable[[Creation], Result] | None = None
    settable: Mapping[str, Property] = field(default_factory=dict)
    unsettable: tuple[str, ...] = ("COMMENT",)
    checked: Callable[[Call, B | None, B], B] = lambda _, __, after: after
    actions: Mapping[str, Callable[[Call, Thing[B]], Result]] = field(default_factory=dict)
    alter_privileges: tuple[str, ...] = ("OWNERSHIP",)
    read_name: Callable[[Call], Path] | None = None
    """How a name is read where it is more than a name: functions have arguments."""

    def path(self, call: Call) -> Path:
        if self.read_name is not None:
            return self.read_name(call)
        return call.path(self.body, call.reader.name())

    def named(self, call: Call, *privileges: str) -> Thing[B]:
        return call.get(self.body, self.path(call), *privileges)


def to_create(words: str) -> tuple[str, ...]:
    """The privileges of which one is needed to make an object."""
    general = ("CREATE INTEGRATION",) if words.endswith(" INTEGRATION") else ()
    return (f"CREATE {words}", *general)


def changed(body: B, changes: Mapping[str, object]) -> B:
    """The body with these fields set; the comment belongs to the object, not to its body."""
    values: dict[str, Any] = {key: value for key, value in changes.items() if key != "comment"}
    return replace(body, **values)
