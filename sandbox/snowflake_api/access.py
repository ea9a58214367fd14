"""What a session's roles may see and do: ownership, privileges by hierarchy, the way through database and schema."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.snowflake_api.catalogue import Catalogue
from sandbox.snowflake_api.things import Body, Role, Schema, Thing


@dataclass(frozen=True)
class Access:
    """The rights of a set of roles; `primary` is the one that becomes owner of what is made."""

    catalogue: Catalogue
    primary: str
    roles: frozenset[str]

    def owns(self, thing: Thing[Body]) -> bool:
        return thing.owner in self.roles

    def holds(self, thing: Thing[Body], privilege: str) -> bool:
        """Ownership holds every privilege."""
        return self.owns(thing) or any(
            one.privilege == privilege and one.to == "ROLE" and one.grantee in self.roles for one in thing.grants
        )

    def may_create(self, parent: Thing[Body], privilege: str) -> bool:
        """Only the primary role, and what it inherits, makes objects."""
        narrow = Access(self.catalogue, self.primary, self.catalogue.closure(self.primary))
        return narrow.holds(parent, privilege)

    @property
    def manages_grants(self) -> bool:
        return self.holds(self.catalogue.account, "MANAGE GRANTS")

    def touches(self, thing: Thing[Body]) -> bool:
        """Any privilege at all on the object itself."""
        return self.owns(thing) or any(one.to == "ROLE" and one.grantee in self.roles for one in thing.grants)

    def reaches(self, thing: Thing[Body]) -> bool:
        """A way to the object: some privilege on it, and on the database and schema around it."""
        return self.touches(thing) and all(self.touches(one) for one in self.catalogue.parents(thing))

    def sees(self, thing: Thing[Body]) -> bool:
        """Whether SHOW lists it. Whoever manages grants sees everything; roles are seen that come with the account."""
        held = isinstance(thing.body, Role) and (not thing.owner or thing.name in self.roles)
        return held or self.reaches(thing) or self.manages_grants

    def enters(self, thing: Thing[Body]) -> bool:
        """USAGE all the way: on the database, the schema and the object."""
        return all(self.holds(one, "USAGE") for one in (*self.catalogue.parents(thing), thing))

    def may_grant(self, thing: Thing[Body], privilege: str) -> bool:
        """The owner, or who holds it with grant option, or manages grants; in managed schemas their owner instead."""
        if self.manages_grants:
            return True
        schema = self.managed_schema(thing)
        if schema is not None:
            return self.owns(schema)
        return self.owns(thing) or any(
            one.option and one.privilege == privilege and one.to == "ROLE" and one.grantee in self.roles
            for one in thing.grants
        )

    def managed_schema(self, thing: Thing[Body]) -> Thing[Schema] | None:
        if thing.body.level != "schema":
            return None
        schema = self.catalogue.find(Schema, thing.schema)
        return schema if schema is not None and schema.body.managed else None
