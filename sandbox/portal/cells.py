"""Who visits what, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Verdict = Literal["entered", "refused", "wall", "down"]


@dataclass(frozen=True)
class App:
    """What is visited: an Access application at its first address, or a Streamlit object of Snowflake."""

    id: str
    title: str
    url: str
    place: Literal["access", "snowflake"] = "access"


@dataclass(frozen=True)
class Visitor:
    """Who visits: a person by one of their identities, a machine by its credentials, or anybody at all.

    `person` is the id at the identity provider and `provider` that provider's id at Cloudflare; `through` is the name
    of the provider.
    """

    id: str
    name: str
    kind: Literal["anonymous", "person", "machine"]
    person: str = ""
    provider: str = ""
    through: str = ""
    credentials: tuple[str, str] = field(default=("", ""), repr=False)


@dataclass(frozen=True)
class Cell:
    """What became of a visit: the verdict, the last HTTP status (0 without any), why, and how long it took."""

    visitor: str
    app: str
    verdict: Verdict
    status: int
    reason: str
    seconds: float
