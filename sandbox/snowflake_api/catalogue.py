"""The objects of the account by kind and name: finding, making, renaming and dropping them, and who belongs to whom."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from pathlib import Path as File
from typing import TypeVar, cast

from sandbox.snowflake_api import refusals
from sandbox.snowflake_api.names import dotted
from sandbox.snowflake_api.store import Store
from sandbox.snowflake_api.things import (
    Account,
    Body,
    Database,
    GitRepository,
    Grant,
    Path,
    Role,
    Schema,
    Stage,
    Streamlit,
    Thing,
    User,
)

B = TypeVar("B", bound=Body)
PUBLIC = "PUBLIC"


class Catalogue:
    """One account. `folders` is where the files of stages, repositories and apps are."""

    def __init__(self, store: Store, folders: File) -> None:
        self.store = store
        self.folders = folders
        self._doomed: list[File] = []
        self._closures: dict[str, frozenset[str]] = {}
        self._closures_at = -1

    @property
    def account(self) -> Thing[Account]:
        found = self.find(Account, ())
        if found is None:
            raise LookupError("the account is empty: no world was written to it")
        return found

    def find(self, body: type[B], path: Path) -> Thing[B] | None:
        found = self.store.things.get((body.kind, path))
        return cast("Thing[B]", found) if found is not None and isinstance(found.body, body) else None

    def all(self, body: type[B], within: Path = ()) -> tuple[Thing[B], ...]:
        """The objects of a kind, in order of their names, of one database or schema or of all."""
        found = [
            cast("Thing[B]", thing)
            for (kind, path), thing in self.store.things.items()
            if kind == body.kind and path[: len(within)] == within and isinstance(thing.body, body)
        ]
        return tuple(sorted(found, key=lambda thing: thing.path))

    def everything(self) -> tuple[Thing[Body], ...]:
        return tuple(self.store.things.values())

    def parents(self, thing: Thing[Body]) -> tuple[Thing[Body], ...]:
        """The database and schema around an object."""
        around: tuple[Thing[Body] | None, ...] = ()
        if thing.body.level != "account":
            around = (self.find(Database, thing.path[:1]),)
        if thing.body.level == "schema":
            around = (*around, self.find(Schema, thing.path[:2]))
        return tuple(one for one in around if one is not None)

    def create(self, path: Path, owner: str, body: B, comment: str | None = None) -> Thing[B]:
        """A new object, with what future grants give on it; refused where one of that name exists."""
        if (body.kind, path) in self.store.things:
            raise refusals.exists(dotted(path))
        thing = Thing(path, owner, time.time(), body, comment)
        futures = [
            one
            for parent in self.parents(thing)
            if isinstance(parent.body, Database | Schema)
            for one in parent.body.futures
            if one.kind == body.kind
        ]
        grants = tuple(
            Grant(one.privilege, one.grantee, owner, thing.created, option=one.option)
            for one in futures
            if one.privilege != "OWNERSHIP"
        )
        owners = [one.grantee for one in futures if one.privilege == "OWNERSHIP"]
        made = replace(thing, grants=grants, owner=owners[-1] if owners else owner)
        self.store.put(made)
        return made

    def put(self, thing: Thing[Body]) -> None:
        """Write an object that has changed."""
        self.store.put(thing)

    def drop(self, thing: Thing[Body], heir: str) -> None:
        """Take an object away with all that is in it. What a role held ends, and what it owned goes to the heir.

        An app cannot change hands: it keeps the name of its owner.
        """
        for inner in self._within(thing):
            self.drop(inner, heir)
        if isinstance(thing.body, Stage | Streamlit | GitRepository):
            self._doomed.append(self.folders / thing.body.folder)
        self.store.remove(thing)
        if isinstance(thing.body, Role | User):
            for other in self.everything():
                left = _without(other, thing.kind, thing.name)
                if left.owner == thing.name and isinstance(thing.body, Role) and not isinstance(left.body, Streamlit):
                    left = replace(left, owner=heir)
                if left != other:
                    self.store.put(left)

    def clear(self) -> None:
        """Take everything away, files and notes included."""
        for thing in self.everything():
            self.store.remove(thing)
        for name in tuple(self.store.notes):
            self.store.note(name, None)
        self._doomed = [*self.folders.glob("*")]

    def rename(self, thing: Thing[B], path: Path) -> Thing[B]:
        """Give an object another name, and all that is in it with it."""
        if (thing.kind, path) in self.store.things:
            raise refusals.exists(dotted(path))
        for inner in self._within(thing):
            self.rename(inner, (*path, *inner.path[len(path) :]))
        renamed = replace(thing, path=path)
        self.store.remove(thing)
        self.store.put(renamed)
        return renamed

    def _within(self, outer: Thing[Body]) -> tuple[Thing[Body], ...]:
        """What lives directly in a database, or in a schema."""
        level = {"DATABASE": "database", "SCHEMA": "schema"}.get(outer.kind)
        return tuple(one for one in self.everything() if one.body.level == level and one.path[:-1] == outer.path)

    def commit(self) -> None:
        """Save, and take the folders of dropped objects off the disk."""
        self.store.commit()
        for folder in self._doomed:
            shutil.rmtree(folder, ignore_errors=True)
        self._doomed = []

    def rollback(self) -> None:
        self.store.rollback()
        self._doomed = []

    def sweep(self) -> None:
        """Remove folders that no object owns: a killed program can leave them behind."""
        owned = {
            self.folders / thing.body.folder
            for thing in self.everything()
            if isinstance(thing.body, Stage | Streamlit | GitRepository)
        }
        for kind in self.folders.glob("*"):
            for folder in kind.glob("*"):
                if folder not in owned:
                    shutil.rmtree(folder, ignore_errors=True)

    def closure(self, role: str) -> frozenset[str]:
        """A role, everything it inherits, and PUBLIC."""
        if self._closures_at != self.store.revision:
            self._closures, self._closures_at = {}, self.store.revision
        known = self._closures.get(role)
        if known is None:
            known = self._closures[role] = frozenset(self._inherited(role))
        return known

    def _inherited(self, role: str) -> set[str]:
        below: dict[str, list[str]] = {}
        for one in self.all(Role):
            for grant in one.grants:
                if grant.to == "ROLE" and grant.privilege == "USAGE":
                    below.setdefault(grant.grantee, []).append(one.name)
        found: set[str] = set()
        left = [role, PUBLIC]
        while left:
            name = left.pop()
            if name not in found:
                found.add(name)
                left += below.get(name, ())
        return found

    def roles_of(self, user: str) -> tuple[str, ...]:
        """The roles that a user was given, or wants as one of the people, without inherited ones; PUBLIC at the end."""
        known = self.find(User, (user,))
        wanted = () if known is None else known.body.wanted
        given = [
            role.name
            for role in self.all(Role)
            if role.name in wanted
            or any(one.to == "USER" and one.grantee == user and one.privilege == "USAGE" for one in role.grants)
        ]
        return (*given, PUBLIC)


def _without(thing: Thing[Body], kind: str, name: str) -> Thing[Body]:
    """The object without what a role or user holds on it, now or in future."""
    grants = tuple(one for one in thing.grants if (one.to, one.grantee) != (kind, name))
    if kind == "ROLE" and isinstance(thing.body, Database | Schema):
        futures = tuple(one for one in thing.body.futures if one.grantee != name)
        thing = replace(thing, body=replace(thing.body, futures=futures))
    return replace(thing, grants=grants)
