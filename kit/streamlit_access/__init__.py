"""Who is looking at this Streamlit app, as Cloudflare Access signed it.

    from streamlit_access import access_user

    user = access_user()            # the first line of an app: without a verified user nothing below it runs
    st.title(f"Hello {user.name}")

`verified_user` is the same with an exception instead of a page, and `verify` is the check alone: it knows neither
Streamlit nor the environment.
"""

from streamlit_access.errors import AccessDeniedError, AccessSettingsError
from streamlit_access.keys import AccessKeys
from streamlit_access.session import access_user, verified_user
from streamlit_access.user import AccessUser
from streamlit_access.verification import verify

__all__ = [
    "AccessDeniedError",
    "AccessKeys",
    "AccessSettingsError",
    "AccessUser",
    "access_user",
    "verified_user",
    "verify",
]
