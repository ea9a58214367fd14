"""One request after it was authenticated and routed: what an operation gets to see."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sandbox.cloudflare_api.document import Json
from sandbox.cloudflare_api.envelope import Answer
from sandbox.cloudflare_api.store import Store
from sandbox.cloudflare_api.world import Account, Token, World, Zone


@dataclass(frozen=True)
class Call:
    """Where a request points (`scope` is `accounts/<id>` or `zones/<id>`) and what it brings."""

    store: Store
    world: World
    token: Token
    account: Account
    zone: Zone | None
    ids: Mapping[str, str]
    query: Mapping[str, str]
    body: Json

    @property
    def scope(self) -> str:
        return f"accounts/{self.account.id}" if self.zone is None else f"zones/{self.zone.id}"

    @property
    def scopes(self) -> tuple[str, ...]:
        """Where references of this request may point: its own scope, and the account around a zone."""
        return tuple(dict.fromkeys((self.scope, f"accounts/{self.account.id}")))

    def find(self, collection: str, object_id: object) -> Json | None:
        """An object that this request may refer to."""
        found = (self.store.get(collection, scope, str(object_id)) for scope in self.scopes)
        return next((one for one in found if one is not None), None)


@dataclass(frozen=True)
class Route:
    """A method and a path, as segments with `{names}`, and the operation behind them."""

    method: str
    path: tuple[str, ...]
    run: Callable[[Call], Answer]


def route(method: str, path: str, run: Callable[[Call], Answer]) -> Route:
    return Route(method, tuple(path.strip("/").split("/")), run)


def now() -> str:
    """The present as the API writes it."""
    return timestamp(datetime.now(UTC))


def timestamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def new_uuid(_: Json) -> str:
    return str(uuid.uuid4())


def new_hex(_: Json) -> str:
    return secrets.token_hex(16)


def new_secret() -> str:
    """64 hexadecimal digits, the shape of client secrets and of an application's AUD."""
    return hashlib.sha256(secrets.token_bytes(32)).hexdigest()
