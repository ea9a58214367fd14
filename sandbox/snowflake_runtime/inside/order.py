"""What a process is told at its start."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Secret:
    """A secret that is attached to the app, with its type in Snowflake's words."""

    type: str
    values: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class Order:
    """The app, where its files are, the account it runs in, and what is attached to it."""

    runtime: str
    live: Path
    main_file: str
    socket: str
    base_path: str
    host: str
    account: str
    https_port: int
    authority: Path
    database: str
    schema: str
    warehouse: str
    token: str = field(repr=False)
    secrets: Mapping[str, Secret]

    @classmethod
    def read(cls, line: bytes) -> Order:
        """The order of its JSON line."""
        fields = json.loads(line)
        secrets = {alias: Secret(**one) for alias, one in fields.pop("secrets").items()}
        return cls(
            **{**fields, "live": Path(fields["live"]), "authority": Path(fields["authority"]), "secrets": secrets}
        )

    @property
    def script(self) -> Path:
        """The file that Streamlit runs."""
        return self.live / self.main_file

    def login(self) -> dict[str, str]:
        """The connector's arguments beside the token: a session of the app's owner."""
        found = {
            "account": self.account,
            "host": self.host,
            "authenticator": "oauth",
            "database": self.database,
            "schema": self.schema,
            "warehouse": self.warehouse,
        }
        return {name: value for name, value in found.items() if value}
