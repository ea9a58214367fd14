"""The user of a Streamlit session.

The token comes with the WebSocket's handshake and stays what it was while the page is open, so it is checked again at
every run of the script: after its end the next click leads to a new login.
"""

from __future__ import annotations

import os
from functools import cache

from streamlit_access.development import development_user
from streamlit_access.errors import AccessDeniedError, Reason
from streamlit_access.keys import AccessKeys
from streamlit_access.settings import read_settings
from streamlit_access.user import AccessUser
from streamlit_access.verification import verify

HEADER = "Cf-Access-Jwt-Assertion"


def access_user() -> AccessUser:
    """The verified user, or the end of this run: the page says why, and nothing after this line happens."""
    import streamlit as st

    try:
        return verified_user()
    except AccessDeniedError as denied:
        st.warning(f"**You are not signed in to this app.** {denied}", icon=":material/lock:")
        st.stop()


def verified_user() -> AccessUser:
    """The verified user, or `AccessDeniedError`; for apps that say it in their own words."""
    import streamlit as st

    headers = st.context.headers
    local = development_user(os.environ, headers.get("Host", ""), headers)
    if local is not None:
        return local
    settings = read_settings(os.environ)
    tokens = headers.get_all(HEADER)
    if len(tokens) != 1:
        reason: Reason = "several-tokens" if tokens else "no-token"
        raise AccessDeniedError(reason)
    keys = _keys(settings.team_domain, settings.certs_url, settings.certs_authority)
    return verify(tokens[0], team_domain=settings.team_domain, audience=settings.audience, keys=keys.named)


# One set of keys for all sessions of the app.
_keys = cache(AccessKeys)
