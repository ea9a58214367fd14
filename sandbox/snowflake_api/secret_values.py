"""What code gets from a secret. Access tokens are made up, and the same as long as the secret is."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from sandbox.snowflake_api.names import dotted
from sandbox.snowflake_api.things import Secret, Thing


def values_of(secret: Thing[Secret]) -> Mapping[str, str]:
    """The values by name, as `_snowflake` and `st.secrets` give them; none where code cannot read the type."""
    body = secret.body
    if body.type == "GENERIC_STRING":
        return {"secret_string": body.secret_string or ""}
    if body.type == "PASSWORD":
        return {"username": body.username or "", "password": body.password or ""}
    if body.type == "OAUTH2":
        return {"access_token": _made_up(secret, "access token")}
    if body.type == "CLOUD_PROVIDER_TOKEN":
        return {
            "access_key_id": f"ASIA{_made_up(secret, 'key id')[:16].upper()}",
            "secret_access_key": _made_up(secret, "key"),
            "token": _made_up(secret, "session token"),
        }
    return {}


def _made_up(secret: Thing[Secret], what: str) -> str:
    body = secret.body
    seed = "\0".join((what, dotted(secret.path), str(body.api), str(body.scopes), body.refresh_token or ""))
    return hashlib.sha256(seed.encode()).hexdigest()
