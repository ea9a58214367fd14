"""The accounts, zones and API tokens of the sandbox, read from `sandbox/world.yaml`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

WORLD_FILE = Path(__file__).parent.parent / "world.yaml"


@dataclass(frozen=True)
class Account:
    """A Cloudflare account with its Zero Trust team."""

    id: str
    name: str
    team: str
    auth_domain: str


@dataclass(frozen=True)
class Zone:
    """A zone, its status and the account that owns it."""

    id: str
    name: str
    status: str
    account: str


@dataclass(frozen=True)
class Token:
    """An API token and the accounts that it reaches."""

    id: str
    value: str
    accounts: tuple[str, ...]


@dataclass(frozen=True)
class World:
    """Everything that exists before the first request."""

    accounts: tuple[Account, ...]
    zones: tuple[Zone, ...]
    tokens: tuple[Token, ...]

    def account(self, account_id: str) -> Account | None:
        return next((one for one in self.accounts if one.id == account_id), None)

    def zone(self, zone_id: str) -> Zone | None:
        return next((one for one in self.zones if one.id == zone_id), None)

    def token(self, value: str) -> Token | None:
        return next((one for one in self.tokens if one.value == value), None)

    def zone_of_hostname(self, hostname: str, account_id: str) -> Zone | None:
        """The zone of that account that a hostname lies in, the longest name first."""
        inside = [
            zone
            for zone in self.zones
            if zone.account == account_id and f".{hostname.lower()}".endswith(f".{zone.name}")
        ]
        return max(inside, key=lambda zone: len(zone.name), default=None)


def load_world(path: Path = WORLD_FILE) -> World:
    """Read the world file."""
    text = yaml.safe_load(path.read_text(encoding="utf-8"))
    return World(
        accounts=tuple(Account(**one) for one in text["accounts"]),
        zones=tuple(Zone(**one) for one in text["zones"]),
        tokens=tuple(Token(one["id"], one["value"], tuple(one["accounts"])) for one in text["tokens"]),
    )
