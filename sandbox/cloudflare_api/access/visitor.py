"""Who asks, and for what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.cloudflare_api.document import Json, texts


@dataclass(frozen=True)
class Request:
    """A URL without scheme, port and query. The path is the decoded one."""

    host: str
    path: str = "/"


@dataclass(frozen=True)
class Visitor:
    """A person as one identity provider asserts them, with the device and place of the request.

    `groups` holds what the provider calls its groups: Google group e-mails, Entra object ids, Okta names, GitHub
    organizations (`org`) and their teams (`org/team`). `service_token_id` stands for credentials that were
    found to be right. No `idp_id` means that nobody has logged in.
    """

    idp_id: str | None = None
    email: str = ""
    groups: tuple[str, ...] = ()
    claims: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    auth_methods: tuple[str, ...] = ()
    country: str | None = None
    ip: str | None = None
    postures: tuple[str, ...] = ()
    service_token_id: str | None = None

    @classmethod
    def of(cls, person: Json) -> Visitor:
        """A visitor from the same fields in JSON; a claim may be one text or a list."""
        claims = {
            name: (value,) if isinstance(value, str) else texts(value)
            for name, value in (person.get("claims") or {}).items()
        }
        return cls(
            idp_id=person.get("idp_id"),
            email=str(person.get("email") or ""),
            groups=texts(person.get("groups")),
            claims=claims,
            auth_methods=texts(person.get("auth_methods")),
            country=person.get("country"),
            ip=person.get("ip"),
            postures=texts(person.get("postures")),
            service_token_id=person.get("service_token_id"),
        )
