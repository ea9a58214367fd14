"""The verified user."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class AccessUser:
    """A person, or a program with a service token, as the application token describes them.

    `name` is the claim `name` where the identity provider is configured to send it; otherwise what stands before the @
    of the address, capitalised. `groups` are the provider's, and empty unless it sends a claim `groups`. `country` is
    where the login came from, in ISO 3166-1 letters. `claims` holds every further claim with its values.

    A program has no `email` and an empty `subject`; `service_token` is its client id, which a person does not have.
    `issuer`, `audience` and `key_id` say how the user was verified; `key_id` is empty for the user of
    ACCESS_DEVELOPMENT_USER, whom nobody verified. It is hashable, so cached functions may take it as an argument.
    """

    email: str
    name: str
    subject: str
    groups: tuple[str, ...] = ()
    country: str = ""
    claims: tuple[tuple[str, tuple[str, ...]], ...] = ()
    service_token: str = ""
    issuer: str = ""
    audience: str = ""
    key_id: str = ""
    issued: datetime | None = None
    expires: datetime | None = None

    @property
    def is_verified(self) -> bool:
        """Whether a signature of Access stands behind this user."""
        return bool(self.key_id)

    @property
    def facts(self) -> dict[str, str]:
        """Who this is and how it was verified, in words, for `st.table`."""
        proof = {
            "Verified by": f"Cloudflare Access, {self.issuer.removeprefix('https://')}",
            "Signature": f"RS256 with key {self.key_id[:12]}…",
            "Made for": f"the application {self.audience[:12]}…",
            "Valid until": f"{self.expires:%d %b %Y, %H:%M} UTC" if self.expires else "",
        }
        who = {
            "Address": self.email,
            "Service token": self.service_token,
            "Groups": ", ".join(self.groups),
            **{name.replace("_", " ").capitalize(): ", ".join(values) for name, values in self.claims},
            "Country of login": self.country,
        }
        unverified = {"Verified by": "nobody: ACCESS_DEVELOPMENT_USER says so"}
        return {name: text for name, text in (who | (proof if self.is_verified else unverified)).items() if text}

    def claim(self, name: str) -> tuple[str, ...]:
        """The values of a claim; none if the token does not carry it."""
        return dict(self.claims).get(name, ())


def name_from_address(email: str) -> str:
    """What to call somebody of whom only the address is known: `mika.tanaka@example.com` is Mika Tanaka."""
    return " ".join(part.capitalize() for part in email.partition("@")[0].split("."))
