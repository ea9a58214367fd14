"""Rules about the secrets that code asks for: declared, of the type that is asked for, and delivered that way."""

from __future__ import annotations

from infra.checks.app_files.credentials import masked
from infra.checks.app_files.folder import CONFIGURATION, SECRETS_FILE, SnowflakeApp
from infra.checks.app_files.python_reader import ENVIRON, KIT, SNOWFLAKE, ST_SECRETS, Use
from infra.in_snowflake import default_delivery
from infra.problems import Related, did_you_mean
from infra.schema.snowflake import SecretObject

_OAUTH = ("oauth2-client-credentials", "oauth2-authorization-code")
# Which types a function of Snowflake reads, and what the kit calls the same.
_TYPES = {
    "get_generic_secret_string": ("generic-string",),
    "get_username_password": ("password",),
    "get_oauth_access_token": _OAUTH,
    "get_cloud_provider_token": ("cloud-provider-token",),
}
_KIT = {
    "get_generic_secret_string": "secret",
    "get_username_password": "credentials",
    "get_oauth_access_token": "secret",
    "get_cloud_provider_token": "cloud_token",
}
SNOWFLAKE_READER = {kind: function for function, kinds in _TYPES.items() for kind in kinds}
_SNOWPARK = "snowflake.snowpark.secrets"
READERS: dict[str, tuple[str, ...]] = {
    **{f"{module}.{function}": kinds for function, kinds in _TYPES.items() for module in (SNOWFLAKE, _SNOWPARK)},
    f"{KIT}.secret": ("generic-string", *_OAUTH),
    f"{KIT}.credentials": ("password",),
    f"{KIT}.cloud_token": ("cloud-provider-token",),
}
_ANY_TYPE = frozenset(f"{module}.get_secret_type" for module in (SNOWFLAKE, _SNOWPARK))
_PARTS = ("_USERNAME", "_PASSWORD")  # how a container spells a password in the environment


def check_secret_use(app: SnowflakeApp) -> None:
    """Ensure that each secret which code asks for is one that the app gets, in the way in which it gets it."""
    for python in app.folder.python:
        for use in python.uses:
            if use.key is None or use.is_import:
                continue
            if use.name in READERS or use.name in _ANY_TYPE:
                _check_reader(app, use, use.key)
            elif app.is_container and use.name in (ST_SECRETS, ENVIRON):
                _check_attached(app, use, use.key)
    _check_unused(app)


def delivery_of(app: SnowflakeApp, secret: SecretObject) -> str:
    """`object` or `function`."""
    return str(secret.deliver or default_delivery(app.snowflake.runtime, secret.type))


def by_kit(function: str, alias: str) -> str:
    """The call of the kit that does the same as a function of `_snowflake`."""
    return f'`{_KIT[function]}("{alias}")`' if function in _KIT else ""


def asked_for(app: SnowflakeApp, use: Use) -> str | None:
    """The declared secret that is meant, whatever the case of its letters, or whichever part of it."""
    names = {f"{alias}{part}".lower(): alias for alias in app.snowflake.secrets for part in ("", *_PARTS)}
    return names.get((use.key or "").lower())


def _check_reader(app: SnowflakeApp, use: Use, alias: str) -> None:
    secret = app.snowflake.secrets.get(alias)
    if alias not in app.snowflake.secrets.declared:
        if not (app.is_container and use.name == f"{KIT}.secret" and _in_files(app, alias)):
            _unknown(app, use, alias)
    elif secret is None:
        return  # what is wrong with it has been said
    elif use.name in READERS and secret.type not in READERS[use.name]:
        _wrong_type(app, use, alias, secret)
    elif not app.is_container and use.name.startswith(SNOWFLAKE) and delivery_of(app, secret) == "function":
        _not_attached(app, use, alias, secret, f"`{use.name}` does not find it")


def _check_attached(app: SnowflakeApp, use: Use, key: str) -> None:
    """`st.secrets` and the environment of a container hold what is attached to the STREAMLIT object."""
    alias = asked_for(app, use)
    secret = app.snowflake.secrets.get(alias) if alias else None
    if secret is None or alias is None:
        if use.name == ST_SECRETS and not use.is_optional and not _in_files(app, key):
            _unknown(app, use, key)
    elif _in_files(app, key):
        return
    elif delivery_of(app, secret) == "function":
        where = "`st.secrets` does not have it" if use.name == ST_SECRETS else "the environment does not have it"
        _not_attached(app, use, alias, secret, where)
    elif use.name == ST_SECRETS:
        if key != alias:
            _unknown(app, use, key)
    elif key not in _variables(alias, secret):
        if key != alias:
            _unknown(app, use, key)
        else:
            _wrong_type(app, use, alias, secret)


def _variables(alias: str, secret: SecretObject) -> tuple[str, ...]:
    """What the environment of a container calls a secret."""
    return tuple(f"{alias}{part}" for part in _PARTS) if secret.type == "password" else (alias,)


def _in_files(app: SnowflakeApp, key: str) -> bool:
    """Whether `secrets.toml` has it. One that cannot be parsed may have anything."""
    toml = app.folder.toml(SECRETS_FILE)
    if toml is None:
        return SECRETS_FILE in app.folder.texts
    configuration = app.folder.toml(CONFIGURATION)
    below = configuration.at("secrets") if configuration else None
    return key in toml.values or (isinstance(below, dict) and key in below)


def _unknown(app: SnowflakeApp, use: Use, key: str) -> None:
    names = list(app.snowflake.secrets.declared)
    if use.name == ENVIRON:
        names = [name for alias, secret in app.snowflake.secrets.items() for name in _variables(alias, secret)]
    if use.name == ST_SECRETS and (toml := app.folder.toml(SECRETS_FILE)):
        names += toml.values
    advice = did_you_mean(key, names)
    if not advice:
        advice = (f"declare it under `secrets` of `{app.name}` in apps.yaml",)
    message = f"`{app.name}` has no secret `{masked(key)}`"
    app.problems.add("unknown-secret", message, use.key_span, advice=advice)


def _wrong_type(app: SnowflakeApp, use: Use, alias: str, secret: SecretObject) -> None:
    function = SNOWFLAKE_READER.get(secret.type)
    if function is None:
        advice = "no function gives an app a secret of this type"
    elif use.name == ENVIRON:
        advice = f"the environment has it in two parts: `{alias}_USERNAME` and `{alias}_PASSWORD`"
    elif use.name.startswith(KIT):
        advice = f"write {by_kit(function, alias)}"
    else:
        advice = f'write `{use.name.rpartition(".")[0]}.{function}("{alias}")`'
    message = f"the secret `{alias}` is of type `{secret.type}`, which is not read like this"
    related = (Related(secret.at["type"], "its type"),)
    app.problems.add("wrong-secret-type", message, use.span, related=related, advice=(advice,))


def _not_attached(app: SnowflakeApp, use: Use, alias: str, secret: SecretObject, where: str) -> None:
    message = f"the secret `{alias}` is delivered by a function, so {where}"
    kit = by_kit(SNOWFLAKE_READER.get(secret.type, ""), alias)
    advice = (f"write {kit} of `{KIT}`",) if kit else ()
    related = (Related(secret.at["deliver"], "it is declared here"),)
    app.problems.add("bad-delivery", message, use.span, related=related, advice=advice)


def _check_unused(app: SnowflakeApp) -> None:
    """A secret that nothing asks for is one more that can be lost. SQL may ask for it in capitals."""
    left = {alias for alias in app.snowflake.secrets if not alias.upper().startswith("UV_INDEX_")}
    for path, file in app.folder.texts.items() if left else ():
        if path not in (SECRETS_FILE, CONFIGURATION):
            text = file.text.lower()
            left = {alias for alias in left if alias.lower() not in text}
    for alias in sorted(left):
        message = f"nothing in `{app.source}` asks for the secret `{alias}`"
        span = app.snowflake.secrets.declared[alias]
        app.problems.add("unused-secret", message, span, advice=("remove it, or use it",), severity="warning")
