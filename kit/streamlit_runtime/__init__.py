"""Secrets, the connection and Cortex for a Streamlit app, with the same call wherever it runs.

    from streamlit_runtime import connection, cortex_message, credentials, secret

    key = secret("fx_api_key")
    session = connection().session()

It works in Snowflake's warehouse runtime, in its container runtime (where a secret is attached to the app or read by a
function), behind Cloudflare, and on a developer's own machine. It needs Streamlit and nothing else, and runs on Python
3.9, the oldest that the warehouse runtime offers.
"""

from streamlit_runtime.cortex import CortexError, CortexMessage, cortex_message
from streamlit_runtime.secrets import CloudToken, Credentials, SecretError, cloud_token, credentials, secret
from streamlit_runtime.surroundings import connection, runtime

__all__ = [
    "CloudToken",
    "CortexError",
    "CortexMessage",
    "Credentials",
    "SecretError",
    "cloud_token",
    "connection",
    "cortex_message",
    "credentials",
    "runtime",
    "secret",
]
