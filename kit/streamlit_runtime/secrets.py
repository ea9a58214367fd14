"""The values of an app's secrets, by the alias that apps.yaml gives them.

`functions.json` beside this file, made when the app is deployed, names the functions of the secrets that are delivered
by function. All others are attached to the app: `_snowflake` has them in the warehouse runtime; environment and
st.secrets have them in containers and on a developer's machine.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import streamlit as st

from streamlit_runtime.surroundings import SnowflakeModule, connection, runtime, snowflake_module

FUNCTIONS = Path(__file__).with_name("functions.json")
FRESH = 300.0  # seconds for which a function is not called again
READ_WITH = {"PASSWORD": "credentials", "CLOUD_PROVIDER_TOKEN": "cloud_token"}  # by type of secret


class SecretError(Exception):
    """A secret cannot be read. The text names its alias and where it was looked for, and holds no value."""


@dataclass(frozen=True)
class Credentials:
    """A user name with its password; `repr` hides the password."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class CloudToken:
    """Temporary credentials at a cloud provider; `repr` shows the key's id alone."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    token: str = field(repr=False)


def secret(alias: str) -> str:
    """The text of a generic string, or the access token of an OAuth2 secret. Raises `SecretError`."""
    functions = _functions().get(alias)
    module = snowflake_module()
    if functions is not None:
        value: object = _called(alias, functions, "get_generic_secret_string", "get_oauth_access_token")
    elif module is not None:
        value = _attached_text(alias, module)
    else:
        value = _set(alias)
    if isinstance(value, Mapping):
        raise SecretError(f"`{alias}` has several parts. Read it with `credentials` or `cloud_token`.")
    if not isinstance(value, str) or not value:
        raise SecretError(f"`{alias}` is {'empty' if value == '' else 'not a text'} in {_place(alias)}.")
    return value


def credentials(alias: str) -> Credentials:
    """The user name and password of a password secret. Raises `SecretError`."""
    return Credentials(*_parts(alias, "get_username_password", "username", "password"))


def cloud_token(alias: str) -> CloudToken:
    """The temporary credentials of a cloud provider token. Raises `SecretError`."""
    return CloudToken(*_parts(alias, "get_cloud_provider_token", "access_key_id", "secret_access_key", "token"))


def _parts(alias: str, getter: str, *names: str) -> tuple[str, ...]:
    functions = _functions().get(alias)
    module = snowflake_module()
    if functions is not None:
        found = _object(_called(alias, functions, getter))
    elif module is not None:
        attached = _attached(alias, module, getter)
        found = {name: getattr(attached, name, None) for name in names}
    else:
        found = _set_parts(alias, names)
    missing = [name for name in names if not isinstance(found.get(name), str) or not found[name]]
    if missing:
        raise SecretError(f"`{alias}` has no {' and no '.join(missing)} in {_place(alias)}.")
    return tuple(str(found[name]) for name in names)


def _attached(alias: str, module: SnowflakeModule, getter: str) -> object:
    try:
        return getattr(module, getter)(alias)
    except Exception as error:  # Snowflake does not say what its functions raise
        raise SecretError(
            f"`{alias}` cannot be read with `_snowflake.{getter}`. "
            "Is a secret of that type attached to the app under this name?"
        ) from error


def _attached_text(alias: str, module: SnowflakeModule) -> object:
    kind = str(_attached(alias, module, "get_secret_type")).upper()
    if kind in READ_WITH:
        raise SecretError(f"`{alias}` has several parts. Read it with `{READ_WITH[kind]}`.")
    return _attached(alias, module, "get_oauth_access_token" if kind == "OAUTH2" else "get_generic_secret_string")


def _set(alias: str) -> object:
    """What the environment or st.secrets holds under a name; Streamlit fails where there is no file at all."""
    if alias in os.environ:
        return os.environ[alias]
    try:
        return st.secrets[alias]
    except (KeyError, FileNotFoundError) as error:
        raise SecretError(f"`{alias}` is neither an environment variable nor in {_place(alias)}.") from error


def _set_parts(alias: str, names: tuple[str, ...]) -> Mapping[str, object]:
    """Snowflake names the variables of a password secret in this way: `crm_USERNAME`, `crm_PASSWORD`."""
    variables = {name: f"{alias}_{name.upper()}" for name in names}
    if any(variable in os.environ for variable in variables.values()):
        return {name: os.environ.get(variable) for name, variable in variables.items()}
    value = _set(alias)
    return value if isinstance(value, Mapping) else {}


def _place(alias: str) -> str:
    if alias in _functions():
        return "what its function returns"
    return {"warehouse": "Snowflake", "container": "st.secrets", "elsewhere": ".streamlit/secrets.toml"}[runtime()]


def _functions() -> Mapping[str, Mapping[str, str]]:
    """The functions of each secret that is delivered so, by the function of `_snowflake` that each of them calls."""
    try:
        found: Mapping[str, Mapping[str, str]] = json.loads(FUNCTIONS.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return found


def _called(alias: str, functions: Mapping[str, str], *getters: str) -> str:
    function = next((functions[getter] for getter in getters if getter in functions), None)
    if function is None:
        raise SecretError(f"`{alias}` is of another type: its functions are {', '.join(sorted(functions))}.")
    try:
        return _result(function)
    except Exception as error:  # whatever a driver raises
        raise SecretError(
            f"`{alias}` cannot be read: {function}() failed with {_code(error)}. "
            "Does the function exist, and may the app's owner role use it?"
        ) from error


# In this process's memory and nowhere else: st.cache_data would pickle the value.
@st.cache_resource(ttl=FRESH, show_spinner=False)
def _result(function: str) -> str:
    try:
        return _selected(function)
    except Exception as error:
        if not _has_ended(error):
            raise
        connection().reset()
        return _selected(function)


def _selected(function: str) -> str:
    with connection().cursor() as cursor:
        cursor.execute(f"SELECT {function}()")
        row = cursor.fetchone()
    return str(row[0]) if row and row[0] is not None else ""


def _has_ended(error: Exception) -> bool:
    """Whether Snowflake has forgotten the session, as it does after hours without a query."""
    number = getattr(error, "errno", None)
    return isinstance(number, int) and 390100 <= number < 390200


def _code(error: Exception) -> str:
    number = getattr(error, "errno", None)
    return f"Snowflake's error {number:06}" if isinstance(number, int) and number > 0 else type(error).__name__


def _object(text: str) -> Mapping[str, object]:
    """An OBJECT arrives as JSON. The error of `json` would carry the whole text, so none is let out."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, Mapping) else {}
