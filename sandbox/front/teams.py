"""The Zero Trust teams of the sandbox: each account with its team domain and its own signing keys."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from sandbox.cloudflare_api.document import Json
from sandbox.cloudflare_api.world import Account
from sandbox.front.keys import KeyRing
from sandbox.front.routing import Routing
from sandbox.front.tokens import TokenSigner


@dataclass(frozen=True)
class Team:
    """An account as its members meet it."""

    account: Account
    signer: TokenSigner

    @property
    def domain(self) -> str:
        return self.account.auth_domain

    @property
    def audience(self) -> str:
        """The AUD of organization tokens, which opens no application."""
        return hashlib.sha256(f"organization {self.account.id}".encode()).hexdigest()


class Teams:
    """Finds teams; keys are made when a team is first met."""

    def __init__(self, routing: Routing, directory: Path | None = None) -> None:
        self._routing = routing
        self._directory = directory
        self._known: dict[str, Team] = {}

    def of(self, account: Account) -> Team:
        if account.id not in self._known:
            file = self._directory / f"{account.team}.json" if self._directory else None
            keys = KeyRing(account.auth_domain, file)
            self._known[account.id] = Team(account, TokenSigner(account.auth_domain, keys))
        return self._known[account.id]

    def at(self, host: str) -> Team | None:
        """The team whose domain a host is."""
        account = self._routing.account_of_team(host)
        return None if account is None else self.of(account)

    def named(self, name: str) -> Team | None:
        """The team of that name."""
        return next((self.of(one) for one in self._routing.accounts() if one.team == name), None)

    def organization(self, team: Team) -> Json:
        return self._routing.organization(team.account)
