"""Objects with a name: CREATE, SHOW, DESCRIBE, ALTER, DROP, each with the words of its type."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar

from sandbox.plugins.service import NothingDoneError
from sandbox.plugins.snowflake import names
from sandbox.plugins.snowflake.account import Account, RefusedError
from sandbox.plugins.snowflake.answers import Column, Row, stored
from sandbox.plugins.snowflake.attributes import SHOWN, Attribute, is_unset, says, seen, word
from sandbox.plugins.snowflake.kind import Change, ResourceType
from sandbox.plugins.snowflake.sql import Statement, literal, words
from sandbox.plugins.values import Properties, reveal

ON_ACCOUNT = ("name",)
IN_DATABASE = ("database", "name")
IN_SCHEMA = ("database", "schema", "name")


def placed(*, forces: bool, place: tuple[str, ...]) -> tuple[Attribute, ...]:
    """Name and place of an object; `forces` says whether another name takes a new object."""
    outer = tuple(Attribute(name, required=True, forces=True, normal=_parts) for name in place[:-1])
    return (Attribute("name", required=True, forces=forces, normal=_parts), *outer)


class NamedObject(ResourceType):
    """A type whose objects have a name."""

    words: ClassVar[str]
    """What statements call one, e.g. `NETWORK RULE`."""
    plural: ClassVar[str]
    place: ClassVar[tuple[str, ...]] = IN_SCHEMA
    shown: ClassVar[tuple[Column, ...]]
    """The columns of SHOW that are stored."""
    set_order: ClassVar[tuple[str, ...]] = ()
    """The order of SET, where it is not that of CREATE."""
    between: ClassVar[str] = " "
    """What stands between two settings."""
    made_as: ClassVar[str] = ""
    """What CREATE says straight after the name."""

    def identity(self, wanted: Properties) -> str:
        """The quoted name; of an account's object, the bare one."""
        own = [names.bare(str(reveal(wanted[part]))) for part in self.place]
        return own[0] if self.place == ON_ACCOUNT else names.quoted(*own)

    def parts(self, ident: str) -> tuple[str, ...]:
        """Database, schema and name out of an id."""
        return (ident,) if self.place == ON_ACCOUNT else names.parts_of(ident, len(self.place))

    def plain_name(self, ident: str) -> str:
        """The quoted name."""
        return names.quoted(*self.parts(ident))

    def sql_name(self, ident: str) -> str:
        """The name by which statements find the object."""
        return self.plain_name(ident)

    def imported(self, ident: str) -> Properties:
        """Name and place."""
        return dict(zip(self.place, self.parts(ident), strict=True))

    def moved(self, ident: str, change: Change) -> str:
        """Another name is another id."""
        return self.identity(change.wanted) if "name" in change.names else ident

    def creating(self, account: Account, ident: str, wanted: Properties) -> Iterator[Statement]:  # noqa: ARG002 # as every type's
        """One CREATE."""
        clauses = [self.setting(item, reveal(wanted.get(item.name))) for item in self._said(wanted)]
        yield self.statement(words("CREATE", self.words, self.plain_name(ident), self.made_as, *clauses), wanted)

    def altering(self, account: Account, ident: str, change: Change) -> Iterator[Statement]:  # noqa: ARG002 # as every type's
        """RENAME, then one SET and one UNSET."""
        yield from self.renaming(ident, change)
        yield from self.resetting(self.moved(ident, change), change)

    def renaming(self, ident: str, change: Change) -> Iterator[Statement]:
        """RENAME, where the name is another one."""
        if "name" in change.names:
            new = self.plain_name(self.moved(ident, change))
            yield Statement(f"ALTER {self.words} {self.sql_name(ident)} RENAME TO {new}")

    def resetting(self, ident: str, change: Change) -> Iterator[Statement]:
        """SET of what has a value, and UNSET of what has none."""
        order = self.set_order or tuple(self.attributes)
        changed = [self.attributes[name] for name in order if name in change.names and self.attributes[name].clause]
        given = [item for item in changed if says(item, change.of(item.name))]
        settings = [self.changing(item, change.of(item.name)) for item in given]
        settings += [item.cleared for item in changed if item not in given and item.cleared]
        removed = [item.clause for item in changed if item not in given and not item.cleared]
        alter = f"ALTER {self.words} {self.sql_name(ident)}"
        if settings:
            yield self.statement(f"{alter} SET {self.between.join(settings)}", change.wanted)
        if removed:
            yield self.unsetting(alter, removed)

    def deleting(self, ident: str, state: Properties) -> Iterator[Statement]:  # noqa: ARG002 # the name is enough
        """One DROP."""
        yield Statement(f"DROP {self.words} IF EXISTS {self.sql_name(ident)}")

    def setting(self, attribute: Attribute, value: object) -> str:
        """One clause of CREATE."""
        return f"{attribute.clause} = {attribute.write(value)}"

    def changing(self, attribute: Attribute, value: object) -> str:
        """One clause of SET."""
        return self.setting(attribute, value)

    def unsetting(self, alter: str, clauses: list[str]) -> Statement:
        """The statement that takes settings away."""
        return Statement(f"{alter} UNSET {', '.join(clauses)}")

    def read(self, account: Account, ident: str, state: Properties) -> Properties | None:
        """SHOW, then what the type asks beside it."""
        row = self.found(account, ident)
        if row is None:
            return None
        outputs = {name: state[name] for name in self.attributes if name in state}
        outputs |= {"id": ident, "fullyQualifiedName": self.sql_name(ident), SHOWN: [stored(self.shown, row)]}
        outputs |= self.details(account, ident, row, state)
        return outputs | self._drifted(state, outputs)

    def details(self, account: Account, ident: str, row: Row, state: Properties) -> Properties:
        """What else is read, after SHOW told this row."""
        raise NotImplementedError

    def found(self, account: Account, ident: str) -> Row | None:
        """The row of SHOW, or None when the object is not there or its place is gone."""
        try:
            return _shown(account, self.plural, self.parts(ident), self.is_this)
        except RefusedError as error:
            if error.absent and self.is_gone_with_its_place(account, ident):
                return None
            raise

    def is_this(self, row: Row, name: str) -> bool:
        """Whether a row of SHOW is about the object."""
        return row.get("name") == name

    def is_gone_with_its_place(self, account: Account, ident: str) -> bool:
        """Asks after the schema, then after the database."""
        return any(not _is_there(account, plural, where) for plural, where in _places(self.parts(ident)))

    def described(self, account: Account, ident: str) -> list[Row]:
        """The answer of DESCRIBE."""
        return account.rows(f"DESCRIBE {self.words} {self.sql_name(ident)}")

    def _said(self, wanted: Properties) -> list[Attribute]:
        return [item for item in self.attributes.values() if item.clause and says(item, reveal(wanted.get(item.name)))]

    def _drifted(self, state: Properties, outputs: Properties) -> Properties:
        """Attributes whose value in Snowflake is another one than last time."""
        found = {item.name: (seen(item, state), seen(item, outputs)) for item in self.attributes.values()}
        return {name: word(now) for name, (before, now) in found.items() if before is not None and before != now}


def _shown(account: Account, plural: str, where: tuple[str, ...], is_this: Callable[[Row, str], bool]) -> Row | None:
    *outer, name = where
    inside = ("", "IN DATABASE", "IN SCHEMA")[len(outer)]
    question = words(f"SHOW {plural} LIKE {literal(name)}", inside, names.quoted(*outer))
    return next((row for row in account.rows(question) if is_this(row, name)), None)


def _places(where: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]]:
    database = [("DATABASES", where[:1])] if len(where) > 1 else []
    return [("SCHEMAS", where[:2]), *database] if len(where) > 2 else database


def _is_there(account: Account, plural: str, where: tuple[str, ...]) -> bool:
    try:
        return _shown(account, plural, where, lambda row, name: row.get("name") == name) is not None
    except NothingDoneError:
        # Neither yes nor no; the next place up may tell.
        return True


def _parts(value: object) -> object:
    return names.bare(value) if isinstance(value, str) else value


def comment(clause: str = "COMMENT", cleared: str = "") -> Attribute:
    """The comment of an object."""
    return Attribute("comment", clause, cleared=cleared, stored="")


def identifiers(value: object) -> object:
    """What is compared of a list of names: the names, in any order and however they are quoted."""
    return sorted(map(names.parts, map(str, value))) if isinstance(value, list) and not is_unset(value) else value
