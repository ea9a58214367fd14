"""Secret UDFs: functions whose only job is to read one secret, for runtimes that cannot read it themselves.

Source: docs.snowflake.com, "Python API for Secret Access" (external-network-access/secret-api-reference).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from infra import names
from infra.estate import SecretObject

HANDLER = "read"
RUNTIME_VERSION = "3.12"
_PLAIN = """\
import _snowflake


def read():
    return _snowflake.{function}('secret')
"""
_PAIR = """\
import _snowflake


def read():
    found = _snowflake.get_username_password('secret')
    return {'username': found.username, 'password': found.password}
"""
_CLOUD = """\
import _snowflake


def read():
    found = _snowflake.get_cloud_provider_token('secret')
    return {
        'access_key_id': found.access_key_id,
        'secret_access_key': found.secret_access_key,
        'token': found.token,
    }
"""
# By type: the function of `_snowflake` that reads it, what the UDF returns, and its text.
_READERS = {
    "generic-string": ("get_generic_secret_string", "VARCHAR", _PLAIN),
    "password": ("get_username_password", "OBJECT", _PAIR),
    "oauth2-client-credentials": ("get_oauth_access_token", "VARCHAR", _PLAIN),
    "oauth2-authorization-code": ("get_oauth_access_token", "VARCHAR", _PLAIN),
    "cloud-provider-token": ("get_cloud_provider_token", "OBJECT", _CLOUD),
}
_TYPE = "get_secret_type"


@dataclass(frozen=True)
class SecretFunction:
    """One secret UDF. `reads` is the function of `_snowflake` that it stands for, `secret` the object it reads."""

    name: str
    reads: str
    returns: str
    body: str
    secret: SecretObject


def secret_functions(secret: SecretObject) -> Iterable[SecretFunction]:
    """The functions that a secret needs: one for its value, if its type has one to read, and one for its type."""
    if reader := _READERS.get(secret.type):
        function, returns, body = reader
        name = names.secret_function(secret.name, of_type=False)
        yield SecretFunction(name, function, returns, body.replace("{function}", function), secret)
    name = names.secret_function(secret.name, of_type=True)
    yield SecretFunction(name, _TYPE, "VARCHAR", _PLAIN.replace("{function}", _TYPE), secret)
