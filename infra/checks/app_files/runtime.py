"""Rules about code that runs in one runtime only: each way to secrets and sessions, and what to write instead."""

from __future__ import annotations

from infra.checks.app_files.folder import SnowflakeApp
from infra.checks.app_files.python_reader import ENVIRON, KIT, SESSION, SNOWFLAKE, ST_SECRETS, Use
from infra.checks.app_files.secret_use import SNOWFLAKE_READER, asked_for, by_kit, delivery_of

_CORTEX = f"`cortex_message(…)` of `{KIT}`"


def check_runtime(app: SnowflakeApp) -> None:
    """Ensure that code asks for sessions and secrets in a way that its runtime has."""
    for python in app.folder.python:
        if python.suits_both:
            continue  # it looks for itself where it runs
        called = {use.name for use in python.uses if not use.is_import}
        for use in python.uses:
            if app.is_container:
                _check_in_container(app, use, called)
            else:
                _check_in_warehouse(app, use)
        for span in () if app.is_container else python.token_files:
            message = "a warehouse app has no file with a session token"
            advice = (f"write {_CORTEX}, or `{SNOWFLAKE}.send_snow_api_request(…)`",)
            app.problems.add("not-in-runtime", message, span, related=app.because, advice=advice)


def _check_in_container(app: SnowflakeApp, use: Use, called: set[str]) -> None:
    if use.name == SESSION:
        if use.is_import and SESSION in called:
            return
        message = "`get_active_session` cannot be used in a container app, whose viewers share one process"
        advice = ('write `st.connection("snowflake").session()`',)
        app.problems.add("not-in-runtime", message, use.span, related=app.because, advice=advice)
    elif use.name.partition(".")[0] == SNOWFLAKE and use.is_import:
        message = f"`{SNOWFLAKE}` does not exist in a container app"
        advice = (f"remove the import; `{KIT}` of the kit works in both runtimes",)
        app.problems.add("not-in-runtime", message, use.span, related=app.because, advice=advice)
    elif use.name.startswith(f"{SNOWFLAKE}."):
        message = f"`{use.name}` does not exist in a container app"
        app.problems.add("not-in-runtime", message, use.span, advice=(_replacement(app, use),))


def _replacement(app: SnowflakeApp, use: Use) -> str:
    """What to write in a container instead of a function of `_snowflake`."""
    function = use.name.removeprefix(f"{SNOWFLAKE}.")
    alias = use.key or "…"
    secret = app.snowflake.secrets.get(alias)
    if function == "send_snow_api_request":
        return f"write {_CORTEX}, which sends the session token of the container"
    if function == "get_secret_type":
        known = f": it is `{secret.type}`" if secret else ""
        return f"the type stands in apps.yaml{known}"
    attached = secret is None or delivery_of(app, secret) == "object"
    direct = {
        "get_generic_secret_string": f'`st.secrets["{alias}"]`',
        "get_username_password": f'`st.secrets["{alias}"]["username"]` and `["password"]`',
    }
    kit = by_kit(function, alias)
    if function in direct and attached:
        return f"write {direct[function]}, or {kit} of `{KIT}`"
    return f"write {kit} of `{KIT}`, which calls a secret UDF" if kit else f"`{KIT}` of the kit works in both runtimes"


def _check_in_warehouse(app: SnowflakeApp, use: Use) -> None:
    alias = asked_for(app, use) if use.name in (ST_SECRETS, ENVIRON) else None
    secret = app.snowflake.secrets.get(alias) if alias else None
    if use.name == ENVIRON and alias is None:
        return
    if use.name in (ST_SECRETS, ENVIRON):
        what = "`st.secrets` is empty" if use.name == ST_SECRETS else "secrets are no variables of the environment"
        reader = SNOWFLAKE_READER.get(secret.type if secret else "generic-string")
        named = alias or "…"
        advice = f'write `{SNOWFLAKE}.{reader}("{named}")`, or {by_kit(reader or "", named)} of `{KIT}`'
        app.problems.add("not-in-runtime", f"{what} in a warehouse app", use.span, related=app.because,
                         advice=(advice,) if reader else ())  # fmt: skip
