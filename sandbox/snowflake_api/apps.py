"""The Streamlit apps of the account for whoever runs them: files, secrets, viewers and tokens."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from sandbox.snowflake_api.access import Access
from sandbox.snowflake_api.catalogue import Catalogue
from sandbox.snowflake_api.folders import entries
from sandbox.snowflake_api.integrations import allowed
from sandbox.snowflake_api.names import dotted
from sandbox.snowflake_api.secret_values import values_of
from sandbox.snowflake_api.streamlits import CONTAINER_RUNTIME
from sandbox.snowflake_api.things import Secret, Streamlit, Thing
from sandbox.snowflake_api.things import User as Account


@dataclass(frozen=True)
class StreamlitApp:
    """A Streamlit object. `revision` changes when files, properties or values of attached secrets change."""

    database: str
    schema: str
    name: str
    url_id: str
    title: str
    owner: str
    main_file: str
    runtime: Literal["warehouse", "container"]
    query_warehouse: str | None
    compute_pool: str | None
    live: Path | None
    revision: str


@dataclass(frozen=True)
class AttachedSecret:
    """What an app reads under an alias."""

    type: str
    values: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class User:
    """Somebody who may open apps, with the roles that were given to them and exist."""

    name: str
    display_name: str
    roles: tuple[str, ...]
    email: str = ""


class Apps:
    """The apps of one account, as they are at the moment of asking."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def all(self) -> tuple[StreamlitApp, ...]:
        return tuple(self._app(one) for one in self._catalogue.all(Streamlit))

    def find(self, url_id: str) -> StreamlitApp | None:
        thing = self._thing(url_id)
        return None if thing is None else self._app(thing)

    def visible_to(self, user: str) -> tuple[StreamlitApp, ...]:
        """What any of the user's roles lets them open: USAGE on database, schema and app."""
        given = self._catalogue.roles_of(user)
        roles = frozenset[str]().union(*(self._catalogue.closure(one) for one in given))
        access = Access(self._catalogue, given[0], roles)
        return tuple(self._app(one) for one in self._catalogue.all(Streamlit) if access.enters(one))

    def viewer_roles(self, app: StreamlitApp) -> tuple[str, ...]:
        """The roles that directly hold USAGE on it."""
        thing = self._thing(app.url_id)
        grants = () if thing is None else thing.grants
        return tuple(sorted(one.grantee for one in grants if one.privilege == "USAGE" and one.to == "ROLE"))

    def secrets(self, app: StreamlitApp) -> Mapping[str, AttachedSecret]:
        """By alias; only those that an attached, enabled integration allows."""
        thing = self._thing(app.url_id)
        return {} if thing is None else self._secrets(thing)

    def token(self, app: StreamlitApp) -> str:
        """The app's session token: it logs in as the owner's role, and it is the same until the app is dropped."""
        thing = self._thing(app.url_id)
        if thing is None:
            raise LookupError(f"no app {app.url_id}")
        return thing.body.token

    def app_of(self, token: str) -> StreamlitApp | None:
        """The app that a session token belongs to."""
        for one in self._catalogue.all(Streamlit):
            if hmac.compare_digest(one.body.token.encode(), token.encode()):
                return self._app(one)
        return None

    def users(self) -> tuple[User, ...]:
        """The people who open apps."""
        return tuple(
            User(
                one.name,
                one.body.display_name or one.name,
                self._catalogue.roles_of(one.name)[:-1],
                one.body.email or "",
            )
            for one in self._catalogue.all(Account)
            if one.body.person
        )

    def _thing(self, url_id: str) -> Thing[Streamlit] | None:
        return next((one for one in self._catalogue.all(Streamlit) if one.body.url_id == url_id), None)

    def _app(self, thing: Thing[Streamlit]) -> StreamlitApp:
        body = thing.body
        container = body.runtime == CONTAINER_RUNTIME
        live = self._catalogue.folders / body.folder / "live" if body.live else None
        return StreamlitApp(
            database=thing.path[0],
            schema=thing.path[1],
            name=thing.name,
            url_id=body.url_id,
            title=body.title or thing.name,
            owner=thing.owner,
            main_file=body.main_file,
            runtime="container" if container else "warehouse",
            query_warehouse=body.warehouse,
            compute_pool=body.pool if container else None,
            live=live,
            revision=self._revision(thing, live),
        )

    def _secrets(self, thing: Thing[Streamlit]) -> dict[str, AttachedSecret]:
        found = {}
        for alias, path in thing.body.secrets:
            secret = self._catalogue.find(Secret, path)
            if secret is not None and allowed(self._catalogue, thing.body.integrations, secret, enabled=True):
                found[alias] = AttachedSecret(secret.body.type, values_of(secret))
        return found

    def _revision(self, thing: Thing[Streamlit], live: Path | None) -> str:
        """A digest of the properties, of the values of the secrets, and of the files' paths, sizes and times."""
        digest = hashlib.sha256(f"{dotted(thing.path)}\0{thing.owner}\0{thing.body}".encode())
        for alias, one in self._secrets(thing).items():
            digest.update(f"\0{alias}\0{one.type}\0{sorted(one.values.items())}".encode())
        for entry in entries(live, "") if live is not None else ():
            about = entry.file.stat()
            digest.update(f"\0{entry.path}\0{about.st_size}\0{about.st_mtime_ns}".encode())
        return digest.hexdigest()[:16]
