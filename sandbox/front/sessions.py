"""Who has logged in: identities as the provider asserted them at login, by the nonce that tokens carry.

The identity stays as it was until the next login: that is when Access asks the provider again.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from sandbox.cloudflare_api.access import Visitor
from sandbox.cloudflare_api.document import Json
from sandbox.front.files import read_json, write_json


@dataclass(frozen=True)
class Session:
    """One login of one person.

    `person` is the provider's subject, `sub` the user's id at Access; `custom` holds the claims that the provider's
    configuration names. `expires` is the end of the last token that speaks of this login.
    """

    nonce: str
    team: str
    person: str
    sub: str
    email: str
    name: str
    idp_id: str
    idp_type: str
    groups: tuple[str, ...] = ()
    claims: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    auth_methods: tuple[str, ...] = ()
    custom: Json = field(default_factory=dict)
    begun: int = 0
    expires: int = 0

    def visitor(self, country: str | None, ip: str | None, postures: tuple[str, ...]) -> Visitor:
        """The person in the circumstances of one request."""
        return Visitor(
            idp_id=self.idp_id,
            email=self.email,
            groups=self.groups,
            claims=self.claims,
            auth_methods=self.auth_methods,
            country=country,
            ip=ip,
            postures=postures,
        )


class Sessions:
    """The live sessions; they survive a restart of the edge."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        rows = read_json(file).get("sessions", []) if file is not None else []
        self._live = {row["nonce"]: _loaded(row) for row in rows}
        self._listeners: list[Callable[[], None]] = []

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener` whenever a session was ended."""
        self._listeners.append(listener)

    def add(self, session: Session) -> None:
        now = int(time.time())
        self._live = {nonce: one for nonce, one in self._live.items() if one.expires > now}
        self._live[session.nonce] = session
        self._save()

    def find(self, nonce: str, team: str) -> Session | None:
        """The session of a token of that team, while it lasts."""
        session = self._live.get(nonce)
        if session is None or session.team != team or session.expires <= time.time():
            return None
        return session

    def end(self, nonce: str) -> None:
        if self._live.pop(nonce, None) is not None:
            self._save()
            for listener in self._listeners:
                listener()

    def clear(self) -> None:
        """End every session."""
        self._live = {}
        self._save()

    def _save(self) -> None:
        if self._file is not None:
            write_json(self._file, {"sessions": [asdict(one) for one in self._live.values()]})


def new_nonce() -> str:
    """A name that nobody can guess."""
    return secrets.token_urlsafe(24)


def _loaded(row: Json) -> Session:
    claims = {name: tuple(values) for name, values in row["claims"].items()}
    lists = {"groups": tuple(row["groups"]), "auth_methods": tuple(row["auth_methods"])}
    return Session(**{**row, **lists, "claims": claims})
