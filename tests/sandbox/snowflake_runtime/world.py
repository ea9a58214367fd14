"""Apps of an account that exists in the test only, with the interface of `sandbox.snowflake_api.apps`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from sandbox.snowflake_api.apps import AttachedSecret, StreamlitApp, User

OWNER = "GATEHOUSE_TEST_FINANCE_APPS"
FINANCE, SALES = "FINANCE", "SALES"
MIKA = User("MIKA", "Mika Tanaka", (FINANCE,))
SAM = User("SAM", "Sam Okafor", (SALES,))


def generic(value: str) -> AttachedSecret:
    return AttachedSecret("GENERIC_STRING", {"secret_string": value})


def password(username: str, value: str) -> AttachedSecret:
    return AttachedSecret("PASSWORD", {"username": username, "password": value})


@dataclass
class FakeApps:
    """`Apps` as dictionaries. What is changed here counts at once, as in the catalogue."""

    folder: Path
    people: list[User] = field(default_factory=lambda: [MIKA, SAM])
    apps: dict[str, StreamlitApp] = field(default_factory=dict)
    roles: dict[str, tuple[str, ...]] = field(default_factory=dict)
    attached: dict[str, dict[str, AttachedSecret]] = field(default_factory=dict)

    def create(
        self,
        name: str,
        script: str | None,
        *,
        runtime: Any = "container",
        roles: tuple[str, ...] = (FINANCE,),
        secrets: Mapping[str, AttachedSecret] | None = None,
        files: Mapping[str, str] | None = None,
        main_file: str = "streamlit_app.py",
    ) -> StreamlitApp:
        """An app with its live folder; without a script it has no live version."""
        url_id = name.lower().replace(" ", "")
        app = StreamlitApp(
            database="APPS",
            schema="FINANCE",
            name=name.upper(),
            url_id=url_id,
            title=name,
            owner=OWNER,
            main_file=main_file,
            runtime=runtime,
            query_warehouse="REPORTING",
            compute_pool="POOL" if runtime == "container" else None,
            live=None if script is None else self.folder / url_id,
            revision=uuid4().hex,
        )
        self.apps[url_id], self.roles[url_id], self.attached[url_id] = app, roles, dict(secrets or {})
        for path, text in {**(files or {}), **({} if script is None else {main_file: script})}.items():
            self._write(app, path, text)
        return app

    def write(self, app: StreamlitApp, path: str, text: str) -> None:
        """A file of the live version, as COPY FILES makes it."""
        self._write(app, path, text)
        self.change(app)

    def change(self, app: StreamlitApp, **fields: Any) -> None:
        self.apps[app.url_id] = replace(self.apps[app.url_id], revision=uuid4().hex, **fields)

    def _write(self, app: StreamlitApp, path: str, text: str) -> None:
        file = self.folder / app.url_id / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def all(self) -> tuple[StreamlitApp, ...]:
        return tuple(self.apps.values())

    def find(self, url_id: str) -> StreamlitApp | None:
        return self.apps.get(url_id)

    def visible_to(self, user: str) -> tuple[StreamlitApp, ...]:
        roles = next((one.roles for one in self.people if one.name == user), ())
        return tuple(one for one in self.all() if set(roles) & set(self.roles[one.url_id]))

    def viewer_roles(self, app: StreamlitApp) -> tuple[str, ...]:
        return self.roles[app.url_id]

    def secrets(self, app: StreamlitApp) -> Mapping[str, AttachedSecret]:
        return self.attached[app.url_id]

    def token(self, app: StreamlitApp) -> str:
        return f"token-of-{app.url_id}-0123456789"

    def app_of(self, token: str) -> StreamlitApp | None:
        return next((one for one in self.all() if self.token(one) == token), None)

    def users(self) -> tuple[User, ...]:
        return tuple(self.people)
