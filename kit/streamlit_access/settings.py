"""What an app must be told to check tokens, read from its environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from streamlit_access.errors import AccessSettingsError

_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
_WANTED = {
    "ACCESS_TEAM_DOMAIN": "the host name of the team domain, such as `example.cloudflareaccess.com`",
    "ACCESS_AUD": "the AUD tag of the app's Access application",
}


@dataclass(frozen=True)
class Settings:
    """Where tokens come from and for whom. `certs_url` and `certs_authority` where the team domain is out of reach."""

    team_domain: str
    audience: str
    certs_url: str | None
    certs_authority: str | None


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings, or `AccessSettingsError`."""
    for name, meaning in _WANTED.items():
        if not environment.get(name, "").strip():
            raise AccessSettingsError(f"{name} is not set. It is {meaning}; without it no visitor can be verified.")
    domain = environment["ACCESS_TEAM_DOMAIN"].strip()
    if not _HOST.fullmatch(domain):
        raise AccessSettingsError(
            f"ACCESS_TEAM_DOMAIN is {_WANTED['ACCESS_TEAM_DOMAIN']}, in small letters and without https://, "
            f"not `{domain}`."
        )
    url = environment.get("ACCESS_CERTS_URL") or None
    if url is not None and not url.startswith("https://"):
        raise AccessSettingsError("ACCESS_CERTS_URL must begin with https://: whoever can change keys can be anybody.")
    authority = environment.get("ACCESS_CERTS_CA") or None
    if authority is not None and not Path(authority).is_file():
        raise AccessSettingsError(f"ACCESS_CERTS_CA names `{authority}`, and there is no such file.")
    return Settings(domain, environment["ACCESS_AUD"].strip(), url, authority)
