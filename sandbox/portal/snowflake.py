"""The local Snowflake as the portal asks it on loopback: its Streamlit apps, and links that log a browser in there."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

import httpx

from sandbox.cloudflare_api.document import Json, documents, texts

_WITHIN = 2.0  # seconds; the page waits for the answer
# Only plain HTTP is asked, and loading the authorities that nobody then needs takes 40 ms.
_NO_AUTHORITIES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class SnowflakeError(Exception):
    """Why nothing came of a question; the text is a clause for people."""


@dataclass(frozen=True)
class StreamlitApp:
    """A Streamlit object: `name` is DB.SCHEMA.NAME, `roles` hold USAGE on it, `users` are all who may see it."""

    name: str
    title: str
    url_id: str
    url: str
    runtime: str
    roles: tuple[str, ...]
    users: tuple[str, ...]
    status: str

    def is_open_to(self, person: str) -> bool:
        """Whether the person of that id may see it; Snowflake writes names in a case of its own."""
        return person.casefold() in (one.casefold() for one in self.users)


@dataclass(frozen=True)
class Listing:
    """What the Snowflake at `origin` says that it has, by title; None without an answer."""

    origin: str
    apps: tuple[StreamlitApp, ...] | None


@dataclass(frozen=True)
class Snowflake:
    """The program whose HTTP port is at `origin`."""

    origin: str

    async def listing(self) -> Listing:
        """Every app."""
        try:
            found = [self._app(row) for row in documents(await self._asked("GET", "apps"))]
        except SnowflakeError:
            return Listing(self.origin, None)
        return Listing(self.origin, tuple(sorted(found, key=lambda one: one.title.casefold())))

    async def invitation(self, person: str, url_id: str) -> str:
        """A link, good once, that logs a browser in as that person and opens the app; raises `SnowflakeError`."""
        said = await self._asked("POST", "invitations", {"person": person, "url_id": url_id})
        return self._inside(said.get("url") if isinstance(said, dict) else "")

    async def _asked(self, method: str, path: str, body: Json | None = None) -> object:
        try:
            async with httpx.AsyncClient(verify=_NO_AUTHORITIES, trust_env=False, timeout=_WITHIN) as client:
                answer = await client.request(method, f"{self.origin}/__sandbox/{path}", json=body)
            said: object = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise SnowflakeError("the local Snowflake does not answer") from error
        if not answer.is_success:
            raise SnowflakeError(str(said.get("error")) if isinstance(said, dict) else f"status {answer.status_code}")
        return said

    def _app(self, row: Json) -> StreamlitApp:
        plain = {key: str(row.get(key)) for key in ("name", "title", "url_id", "runtime", "status")}
        roles, users = texts(row.get("roles")), texts(row.get("users"))
        return StreamlitApp(**plain, url=self._inside(row.get("url")), roles=roles, users=users)

    def _inside(self, url: object) -> str:
        """The portal leads nowhere else, whatever it is told."""
        if not isinstance(url, str) or not url.startswith(f"{self.origin}/"):
            raise SnowflakeError("the local Snowflake told of a place elsewhere")
        return url
