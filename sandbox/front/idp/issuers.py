"""One OpenID Connect issuer for each identity provider that the API holds; every type is played by it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox.cloudflare_api.document import Json, section, texts
from sandbox.front.addresses import Addresses
from sandbox.front.files import read_json, write_json
from sandbox.front.idp.people import Assertion, People, Person
from sandbox.front.routing import Routing
from sandbox.front.sessions import new_nonce

# These tell Access how somebody logged in; the others never do.
REPORTS_METHODS = frozenset({"azureAD", "okta", "oidc", "saml", "onelogin", "pingone", "centrify"})
REPORTS_GROUPS = frozenset({"azureAD", "google-apps", "okta", "github"})
KINDS = {
    "azureAD": "Microsoft Entra ID",
    "google": "Google",
    "google-apps": "Google Workspace",
    "github": "GitHub",
    "oidc": "OpenID Connect",
    "okta": "Okta",
    "onetimepin": "One-time PIN",
    "saml": "SAML",
}


@dataclass(frozen=True)
class Issuer:
    """One identity provider: where it stands, and the only client that it knows (the team domain)."""

    id: str
    name: str
    type: str
    url: str
    client_id: str
    client_secret: str
    redirect_uri: str
    scopes: tuple[str, ...]
    config: Json

    @property
    def kind(self) -> str:
        return KINDS.get(self.type, self.type)

    @property
    def reports_methods(self) -> bool:
        return self.type in REPORTS_METHODS

    @property
    def takes_any_address(self) -> bool:
        """A one-time PIN goes to whatever address somebody types."""
        return self.type == "onetimepin"

    def said_of(self, person: Person) -> Assertion | None:
        """What it says of a person; a one-time PIN knows everybody, and nothing about them."""
        return person.at(self.id, self.name) or (Assertion() if self.takes_any_address else None)


class Issuers:
    """The issuers, read from the API's objects each time."""

    def __init__(self, routing: Routing, addresses: Addresses, people: People, file: Path | None = None) -> None:
        self._routing = routing
        self._addresses = addresses
        self._people = people
        stored = read_json(file) if file is not None else {}
        self._secret = str(stored.get("secret") or new_nonce())
        if file is not None and not stored:
            write_json(file, {"secret": self._secret})

    def find(self, provider_id: str) -> Issuer | None:
        for account in self._routing.accounts():
            provider = self._routing.objects(account).identity_providers.get(provider_id)
            if provider is not None:
                return self._issuer(provider, account.auth_domain)
        return None

    def people_of(self, issuer: Issuer) -> Sequence[tuple[Person, Assertion]]:
        """Whom an issuer knows, and what it says of them."""
        found = ((person, issuer.said_of(person)) for person in self._people.all())
        return [(person, said) for person, said in found if said is not None]

    def _issuer(self, provider: Json, auth_domain: str) -> Issuer:
        config = section(provider, "config")
        own = str(provider["id"])
        return Issuer(
            id=own,
            name=str(provider.get("name") or own),
            type=str(provider["type"]),
            url=self._addresses.idp(own),
            client_id=str(config.get("client_id") or f"access-{own}"),
            client_secret=str(config.get("client_secret") or self._derived(own)),
            redirect_uri=self._addresses.url(auth_domain, "/cdn-cgi/access/callback"),
            scopes=texts(config.get("scopes")) or ("openid", "email", "profile"),
            config=config,
        )

    def _derived(self, provider_id: str) -> str:
        """A client secret for the types that have none at Cloudflare."""
        return hmac.new(self._secret.encode(), provider_id.encode(), hashlib.sha256).hexdigest()
