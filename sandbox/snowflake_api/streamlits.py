"""Streamlit objects of both runtimes: CREATE, the properties of ALTER, the live version."""

from __future__ import annotations

import secrets as randomness
from dataclasses import replace

from sandbox.snowflake_api import refusals
from sandbox.snowflake_api.call import Call
from sandbox.snowflake_api.folders import copy_into, entries
from sandbox.snowflake_api.functions import aliases, shown_aliases, shown_names
from sandbox.snowflake_api.integrations import attachments, names
from sandbox.snowflake_api.kind import COMMENT, Creation, Kind, changed
from sandbox.snowflake_api.names import dotted, quoted
from sandbox.snowflake_api.paths import safe
from sandbox.snowflake_api.reader import Property, Reader
from sandbox.snowflake_api.result import Result, columns, status, table
from sandbox.snowflake_api.sources import files_of
from sandbox.snowflake_api.things import ComputePool, Secret, Streamlit, Thing, Warehouse

WAREHOUSE_RUNTIME = "SYSTEM$WAREHOUSE_RUNTIME"
CONTAINER_RUNTIME = "SYSTEM$ST_CONTAINER_RUNTIME_PY3_11"
_AS_OBJECTS = ("GENERIC_STRING", "PASSWORD")
"""The types of secrets that an app in a container can read without a function."""
_DEFAULT_APP = "import streamlit as st\n\nst.title('Example Streamlit App')\nst.write('Replace this file.')\n"


def _texts(reader: Reader) -> tuple[str, ...]:
    return reader.listed(reader.text)


def _dotted_names(reader: Reader) -> tuple[str, ...]:
    return tuple(dotted(one) for one in reader.listed(reader.name))


def _one(reader: Reader) -> str:
    return reader.name(1)[0]


_SETTABLE: dict[str, Property] = {
    "MAIN_FILE": ("main_file", Reader.text),
    "QUERY_WAREHOUSE": ("warehouse", _one),
    "RUNTIME_NAME": ("runtime", Reader.text),
    "COMPUTE_POOL": ("pool", _one),
    "TITLE": ("title", Reader.text),
    "IMPORTS": ("imports", _texts),
    "EXTERNAL_ACCESS_INTEGRATIONS": ("integrations", names),
    "SECRETS": ("secrets", aliases),
    "ARTIFACT_REPOSITORIES": ("repositories", _dotted_names),
    **COMMENT,
}


def _create(creation: Creation) -> Result:
    """`FROM` copies the files once; without it the app is Snowflake's example."""
    call = creation.call
    if creation.replace and creation.lenient:
        raise refusals.syntax("OR REPLACE and IF NOT EXISTS exclude each other.")
    path = call.path(Streamlit, call.reader.name())
    source = call.reader.location() if call.reader.accept("FROM") else None
    changes = call.reader.properties(_SETTABLE, "STREAMLIT")
    call.reader.end()
    account = call.catalogue.account.body
    made = Streamlit(
        folder=f"streamlits/{randomness.token_hex(8)}",
        url_id=randomness.token_hex(10),
        token=randomness.token_urlsafe(48),
        runtime=CONTAINER_RUNTIME,
        pool=None if "pool" in changes else account.default_pool,
        source=source,
    )
    body = _checked(call, None, changed(made, changes))
    copied = () if source is None else files_of(call, source)
    placed = creation.place(path, body, changes.get("comment"))
    if placed is not None:
        folder = call.catalogue.folders / placed.body.folder / "version1"
        copy_into(folder, copied)
        if source is None:
            folder.mkdir(parents=True)
            (folder / "streamlit_app.py").write_text(_DEFAULT_APP, encoding="utf-8")
    return creation.said(path, placed)


def _checked(call: Call, before: Streamlit | None, after: Streamlit) -> Streamlit:
    if after.runtime not in (WAREHOUSE_RUNTIME, CONTAINER_RUNTIME):
        raise refusals.invalid_value(after.runtime, "RUNTIME_NAME")
    known = before or Streamlit()
    if after.warehouse is not None and after.warehouse != known.warehouse:
        call.get(Warehouse, (after.warehouse,), "USAGE")
    integrations, secrets = attachments(call, (known.integrations, known.secrets), (after.integrations, after.secrets))
    body = changed(after, {"integrations": integrations, "secrets": secrets})
    if not body.main_file or safe(body.main_file) != body.main_file:
        raise refusals.invalid_value(body.main_file, "MAIN_FILE")
    if body.runtime == CONTAINER_RUNTIME:
        _check_container(call, known, body)
    elif "/" in body.main_file:
        raise refusals.invalid_value(body.main_file, "MAIN_FILE", "A warehouse app has it beside everything else")
    elif body.repositories:
        raise refusals.invalid_property("ARTIFACT_REPOSITORIES", "STREAMLIT of a warehouse")
    return body


def _check_container(call: Call, known: Streamlit, body: Streamlit) -> None:
    """The pool may be used and wakes by itself; nothing is attached that containers cannot have.

    The words in capitals are the vendor's names of these refusals (behaviour change 2342); it publishes no numbers.
    """
    if body.imports:
        raise refusals.not_possible("STREAMLIT_NO_IMPORTS_CONTAINER_RUNTIME: IMPORTS are for warehouse apps.")
    if body.pool is None:
        raise refusals.not_possible("STREAMLIT_COMPUTE_POOL_NOT_SET: an app in a container needs a COMPUTE_POOL.")
    if body.pool != known.pool or known.runtime != body.runtime:
        pool = call.get(ComputePool, (body.pool,))
        if not call.may(pool, "USAGE"):
            message = f"STREAMLIT_VALIDATION_FAILURE_NO_USAGE_ON_COMPUTE_POOL: no USAGE on '{quoted(body.pool)}'."
            raise refusals.Refusal("003001", "42501", f"SQL access control error:\n{message}")
        if not pool.body.auto_resume:
            message = f"STREAMLIT_COMPUTE_POOL_NO_AUTO_RESUME: '{quoted(body.pool)}' has AUTO_RESUME = FALSE."
            raise refusals.not_possible(message)
    for alias, path in body.secrets:
        secret = call.catalogue.find(Secret, path)
        if secret is not None and secret.body.type not in _AS_OBJECTS:
            message = (
                f"Secret '{alias}' of type {secret.body.type} is read by a function in a container, not by SECRETS."
            )
            raise refusals.not_possible(message)


def _add_live_version(call: Call, thing: Thing[Streamlit]) -> Result:
    thing = call.get(Streamlit, thing.path, "OWNERSHIP")
    call.reader.end()
    if thing.body.live:
        raise refusals.Refusal(
            "099106", "42710", f"There is already a live version for Streamlit '{quoted(thing.name)}'."
        )
    folder = call.catalogue.folders / thing.body.folder
    copy_into(folder / "live", [(one.path, one.file) for one in entries(folder / "version1", "")])
    call.catalogue.put(replace(thing, body=replace(thing.body, live=True)))
    return status()


COLUMNS = columns(
    "created_on:timestamp_ltz name database_name schema_name title owner comment query_warehouse url_id owner_role_type"
)


def _row(_: Call, thing: Thing[Streamlit]) -> tuple[object, ...]:
    body = thing.body
    shown = (thing.created, thing.name, *thing.path[:2], body.title, thing.owner, thing.comment)
    return (*shown, body.warehouse, body.url_id, "ROLE")


_VERSION = ("name", "alias", "location_uri", "source_location_uri", "git_commit_hash")
_DESCRIBED = columns(
    "title main_file query_warehouse runtime_name compute_pool url_id default_packages user_packages import_urls "
    "external_access_integrations external_access_secrets name comment default_version "
    + " ".join(f"{which}_version_{one}" for which in ("default", "last") for one in _VERSION)
    + " live_version_location_uri"
)


def _describe(_: Call, thing: Thing[Streamlit]) -> Result:
    body = thing.body
    home = f"snow://streamlit/{dotted(thing.path)}/versions"
    version = ("VERSION$1", None, f"{home}/version$1/", body.source, None)
    row = (
        *(
            body.title,
            body.main_file,
            body.warehouse,
            body.runtime,
            body.pool,
            body.url_id,
            "",
            "",
            str([*body.imports]),
        ),
        *(shown_names(body.integrations) or "[]", shown_aliases(body.secrets), thing.name, thing.comment, "LAST"),
        *(*version, *version, f"{home}/live/" if body.live else None),
    )
    return table(_DESCRIBED, [row])


def restart(call: Call, name: str) -> Result:
    """`CALL SYSTEM$RESTART_STREAMLIT('<name>')`: whoever runs the app begins again."""
    path = call.path(Streamlit, Reader(name).name())
    thing = call.get(Streamlit, path, "OWNERSHIP")
    call.catalogue.put(replace(thing, body=replace(thing.body, restarts=thing.body.restarts + 1)))
    return status()


def show_versions(call: Call) -> Result:
    """`SHOW VERSIONS IN STREAMLIT <name>`: the one made at CREATE, and the live one."""
    call.reader.expect("IN STREAMLIT")
    thing = call.named(Streamlit)
    call.reader.end()
    shape = columns(
        "created_on:timestamp_ltz name alias location_uri source_location_uri is_default is_live is_first is_last "
        "comment git_commit_hash"
    )
    home = f"snow://streamlit/{dotted(thing.path)}/versions"
    first = (thing.created, "VERSION$1", None, f"{home}/version$1/", thing.body.source, "true", "false", "true", "true")
    live = (thing.created, "LIVE", None, f"{home}/live/", None, "false", "true", "false", "false")
    return table(shape, [(*one, None, None) for one in ((first, live) if thing.body.live else (first,))])


STREAMLITS = Kind(
    body=Streamlit,
    words="STREAMLIT",
    plural="STREAMLITS",
    privileges=frozenset({"USAGE", "EMBED"}),
    columns=COLUMNS,
    row=_row,
    describe=_describe,
    create=_create,
    settable=_SETTABLE,
    unsettable=(
        *("SECRETS", "EXTERNAL_ACCESS_INTEGRATIONS", "QUERY_WAREHOUSE", "TITLE", "COMMENT", "ARTIFACT_REPOSITORIES"),
    ),
    checked=_checked,
    actions={"ADD LIVE VERSION FROM LAST": _add_live_version},
)
