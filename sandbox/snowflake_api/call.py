"""One statement of a session: names resolved, objects found, privileges held against it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

from sandbox.snowflake_api import refusals
from sandbox.snowflake_api.access import Access
from sandbox.snowflake_api.catalogue import Catalogue
from sandbox.snowflake_api.expressions import Value
from sandbox.snowflake_api.names import dotted, label, quoted
from sandbox.snowflake_api.reader import Reader
from sandbox.snowflake_api.sessions import Session
from sandbox.snowflake_api.things import Body, Database, Path, Schema, Thing
from sandbox.snowflake_api.transfers import Transfers

B = TypeVar("B", bound=Body)


@dataclass(frozen=True)
class Call:
    """A statement that is being read, and whose it is."""

    catalogue: Catalogue
    session: Session
    reader: Reader
    transfers: Transfers
    verb: str = "statement"
    query_id: str = ""
    bindings: tuple[Value, ...] = field(default=(), repr=False)

    @property
    def access(self) -> Access:
        roles = self.catalogue.closure(self.session.role)
        if self.session.every_role and self.session.app is None:
            given = self.catalogue.roles_of(self.session.user)
            roles = roles.union(*(self.catalogue.closure(role) for role in given))
        return Access(self.catalogue, self.session.role, roles)

    def path(self, body: type[Body], parts: Path) -> Path:
        """The full name; database and schema of the session fill in what is missing."""
        if body.level == "account":
            if len(parts) != 1:
                raise refusals.syntax(f"{dotted(parts)} is not the name of a {body.kind.lower()}.")
            return parts
        around = {"database": (self.session.database,), "schema": (self.session.database, self.session.schema)}
        missing = len(around[body.level]) + 1 - len(parts)
        if missing < 0:
            raise refusals.syntax(f"{dotted(parts)} is not the name of a {body.kind.lower()}.")
        filled = [*around[body.level][:missing], *parts]
        if filled[0] is None:
            raise refusals.no_current("DATABASE", "090105", self.verb)
        if filled[1] is None:
            raise refusals.no_current("SCHEMA", "090106", self.verb)
        return tuple(part for part in filled if part is not None)

    def get(self, body: type[B], path: Path, *privileges: str) -> Thing[B]:
        """The object of that full name, which the session reaches and holds one of the privileges on."""
        thing = self.catalogue.find(body, path)
        if thing is None or not self.access.sees(thing):
            raise refusals.unknown(label(body.kind), dotted(path))
        if privileges and not self.may(thing, *privileges):
            raise refusals.insufficient(thing.kind, quoted(thing.name))
        return thing

    def may(self, thing: Thing[Body], *privileges: str) -> bool:
        """Whether the session reaches the object and holds one of the privileges; `OWNERSHIP` is one."""
        access = self.access
        return access.reaches(thing) and any(access.holds(thing, one) for one in privileges)

    def named(self, body: type[B], *privileges: str) -> Thing[B]:
        """The object whose name comes next in the statement."""
        return self.get(body, self.path(body, self.reader.name()), *privileges)

    def parent(self, body: type[Body], path: Path) -> Thing[Body]:
        """Where an object of that full name lives: its schema, its database, or the account."""
        if body.level == "account":
            return self.catalogue.account
        around: type[Database] | type[Schema] = Database if body.level == "database" else Schema
        found = self.catalogue.find(around, path[:-1])
        if found is None or not self.access.sees(found):
            raise refusals.unknown(label(around.kind), dotted(path[:-1]))
        return found

    def may_create(self, body: type[Body], path: Path, *privileges: str) -> None:
        """Refuse where the primary role holds none of the privileges to make such an object there."""
        parent = self.parent(body, path)
        reached = all(self.access.touches(one) for one in self.catalogue.parents(parent))
        if not reached or not any(self.access.may_create(parent, one) for one in privileges):
            raise refusals.insufficient(parent.kind, quoted(parent.name) if parent.path else parent.kind)
