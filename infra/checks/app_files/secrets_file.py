"""Rules about `.streamlit/secrets.toml` and about `[secrets]` of `config.toml`: plain text, for what is no secret."""

from __future__ import annotations

import re

from infra.checks.app_files.credentials import named_credential
from infra.checks.app_files.folder import CONFIGURATION, SECRETS_FILE, SnowflakeApp
from infra.checks.app_files.plain_secrets import hide_values, overlaps, report, shapes_of
from infra.checks.app_files.text_file import TextFile
from infra.checks.app_files.toml_places import Path, Toml
from infra.problems import Related

# Variables that a runtime, Python or a library goes by, and what they would do.
_EFFECTS = (
    (re.compile(r"SNOWFLAKE_|(PATH|HOME)$"), "take the place of a variable that the runtime sets"),
    (re.compile(r"PYTHON|LD_|(BASH_ENV|GLIBC_TUNABLES|GCONV_PATH)$"), "change what code the app runs"),
    (re.compile(r"(?i:https?|ftp|all|no|grpc)_(?i:proxy)$"), "change which way the app's requests take"),
    (
        re.compile(
            r"(SSL_CERT_(FILE|DIR)|SSLKEYLOGFILE|(REQUESTS|CURL|AWS)_CA_BUNDLE|OPENSSL_(CONF|MODULES|ENGINES)|NETRC"
            r"|GRPC_DEFAULT_SSL_ROOTS_FILE_PATH)$"
        ),
        "change whom the app's requests trust",
    ),
)


def check_secrets_file(app: SnowflakeApp) -> None:
    """Ensure that values for everybody's eyes are all that these files hold, and only where the runtime reads them."""
    file = app.folder.texts.get(SECRETS_FILE)
    if file is not None and not app.is_container:
        advice = (
            "declare what the app needs under `secrets` in apps.yaml",
            "for work on your own machine, `~/.streamlit/secrets.toml` does the same",
        )
        message = f"`{SECRETS_FILE}` is not read in a warehouse app"
        app.problems.add("unread-file", message, file.whole, related=app.because, advice=advice)
    elif file is not None:
        toml = app.folder.toml(SECRETS_FILE)
        if toml is None:
            hide_values(file, every=True)
        else:
            _check_values(app, file, toml)
    configuration = app.folder.toml(CONFIGURATION)
    if configuration is not None and app.is_container:
        _check_values(app, app.folder.texts[CONFIGURATION], configuration, "secrets")


def _check_values(app: SnowflakeApp, file: TextFile, toml: Toml, *table: str) -> None:
    known = [span for span, _ in shapes_of(file)]
    taken = _taken(app)
    for path, value in toml.leaves(*table):
        if path[len(table)] in taken or not isinstance(value, str | int) or isinstance(value, bool):
            continue
        name = ".".join(part for part in path[len(table) :] if isinstance(part, str))
        what = named_credential(name, str(value), in_code=False)
        if what and not overlaps(toml.texts[path], known):
            report(app, toml.texts[path], what)
    values = toml.at(*table)
    values = values if isinstance(values, dict) else {}
    for key in values:
        if key in taken:
            _refuse_taken(app, toml, (*table, key), taken[key])
        elif type(values[key]) in (str, int, float) and (effect := _effect(key)):
            advice = ("give it another name: Streamlit puts what stands here into the environment",)
            app.problems.add("reserved-name", f"`{key}` would {effect}", toml.keys[(*table, key)], advice=advice)


def _effect(key: str) -> str:
    """What a variable of this name does to the app; `` for what is only the app's own."""
    return next((effect for names, effect in _EFFECTS if names.match(key)), "")


def _taken(app: SnowflakeApp) -> dict[str, str]:
    """The names under which the runtime delivers secrets, each with the secret's own."""
    endings = ("", "_USERNAME", "_PASSWORD")
    return {f"{alias}{ending}": alias for alias in app.snowflake.secrets.declared for ending in endings}


def _refuse_taken(app: SnowflakeApp, toml: Toml, path: Path, alias: str) -> None:
    span = toml.texts.get(path)
    if span is not None:
        span.source.hide(span)
    related = (Related(app.snowflake.secrets.declared[alias], "the secret is declared here"),)
    which = "of this name" if path[-1] == alias else f"`{alias}`"
    message = f"`{path[-1]}` takes the place of the secret {which}"
    advice = ("remove it: what stands here wins over the secret, and is not encrypted",)
    app.problems.add("overridden-secret", message, toml.keys[path], related=related, advice=advice)
