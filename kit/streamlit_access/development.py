"""The user of an app on its developer's own machine, where no Access stands in front of it.

Nobody is verified there, so it takes three things that never come together in production: the variable, no setting of
Access, and a page that was opened as localhost without having passed through Cloudflare.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from streamlit_access.errors import AccessSettingsError
from streamlit_access.user import AccessUser, name_from_address

VARIABLE = "ACCESS_DEVELOPMENT_USER"
OWN_MACHINE = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:\d+)?")


def development_user(environment: Mapping[str, str], host: str, header_names: Iterable[str]) -> AccessUser | None:
    """The user that the variable names, if it is set; `AccessSettingsError` if this is not a developer's machine."""
    email = environment.get(VARIABLE, "").strip()
    if not email:
        return None
    if production := sorted(name for name in environment if name in ("ACCESS_AUD", "ACCESS_TEAM_DOMAIN")):
        raise AccessSettingsError(f"{VARIABLE} is set beside {production[0]}. Unset it wherever Access guards the app.")
    if any(name.lower().startswith("cf-") for name in header_names):
        raise AccessSettingsError(f"{VARIABLE} is set, and this request came through Cloudflare. Unset it there.")
    if not OWN_MACHINE.fullmatch(host.lower()):
        raise AccessSettingsError(f"{VARIABLE} works for pages opened as localhost only.")
    return AccessUser(email, name_from_address(email), subject="")
