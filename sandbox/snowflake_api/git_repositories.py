"""GIT REPOSITORY objects: CREATE, ALTER .. FETCH, branches and tags."""

from __future__ import annotations

import re
import secrets as randomness
import shutil
import time
from dataclasses import replace

from sandbox.snowflake_api import refusals
from sandbox.snowflake_api.call import Call
from sandbox.snowflake_api.git_files import Ref, check_origin, mirror, refs
from sandbox.snowflake_api.kind import COMMENT, Creation, Kind, changed
from sandbox.snowflake_api.names import dotted, quoted
from sandbox.snowflake_api.patterns import like_pattern
from sandbox.snowflake_api.reader import Property, Reader
from sandbox.snowflake_api.result import Result, columns, status, table
from sandbox.snowflake_api.things import ApiIntegration, GitRepository, Secret, Thing

_SETTABLE: dict[str, Property] = {
    "GIT_CREDENTIALS": ("credentials", Reader.name),
    "API_INTEGRATION": ("api", Reader.name),
    **COMMENT,
}


def _create(creation: Creation) -> Result:
    call = creation.call
    path = call.path(GitRepository, call.reader.name())
    wanted: dict[str, Property] = {**_SETTABLE, "ORIGIN": ("origin", Reader.text)}
    changes = call.reader.properties(wanted, "GIT REPOSITORY")
    call.reader.end()
    for key in ("ORIGIN", "API_INTEGRATION"):
        if wanted[key][0] not in changes:
            raise refusals.missing_property(key)
    check_origin(str(changes["origin"]))
    made = GitRepository(folder=f"repositories/{randomness.token_hex(8)}", fetched=time.time())
    body = _checked(call, None, changed(made, changes))
    placed = creation.place(path, body, changes.get("comment"))
    if placed is not None:
        folder = call.catalogue.folders / body.folder
        try:
            mirror(folder / "mirror.git", body.origin)
        except refusals.Refusal:
            shutil.rmtree(folder)
            raise
    return creation.said(path, placed)


def _checked(call: Call, before: GitRepository | None, after: GitRepository) -> GitRepository:
    if before is None or before.api != after.api:
        integration = call.get(ApiIntegration, call.path(ApiIntegration, after.api), "USAGE")
        if integration.body.category != "API":
            raise refusals.invalid_value(dotted(after.api), "API_INTEGRATION")
    if after.credentials is None:
        return after
    credentials = call.path(Secret, after.credentials)
    if before is None or before.credentials != credentials:
        secret = call.get(Secret, credentials, "USAGE")
        if secret.body.type not in ("PASSWORD", "OAUTH2"):
            raise refusals.invalid_value(dotted(credentials), "GIT_CREDENTIALS")
    return replace(after, credentials=credentials)


def _fetch(call: Call, thing: Thing[GitRepository]) -> Result:
    thing = call.get(GitRepository, thing.path, "WRITE")
    call.reader.end()
    mirror(call.catalogue.folders / thing.body.folder / "mirror.git", thing.body.origin)
    call.catalogue.put(replace(thing, body=replace(thing.body, fetched=time.time())))
    return status(f"Git Repository {quoted(thing.name)} was successfully fetched.")


COLUMNS = columns(
    "created_on:timestamp_ltz name database_name schema_name origin api_integration git_credentials owner "
    "owner_role_type comment last_fetched_at:timestamp_ltz"
)


def _row(_: Call, thing: Thing[GitRepository]) -> tuple[object, ...]:
    body = thing.body
    credentials = None if body.credentials is None else dotted(body.credentials)
    shown = (thing.created, thing.name, *thing.path[:2], body.origin, dotted(body.api), credentials)
    return (*shown, thing.owner, "ROLE", thing.comment, body.fetched)


def _describe(call: Call, thing: Thing[GitRepository]) -> Result:
    return table(COLUMNS, [_row(call, thing)])


def show_branches(call: Call) -> Result:
    """`SHOW GIT BRANCHES [LIKE '..'] IN [GIT REPOSITORY] <name>`."""
    rows = [(one.name, f"/branches/{one.name}", "", one.commit) for one in _refs(call, "branches")]
    return table(columns("name path checkouts commit_hash"), rows)


def show_tags(call: Call) -> Result:
    """`SHOW GIT TAGS [LIKE '..'] IN [GIT REPOSITORY] <name>`."""
    rows = [(one.name, f"/tags/{one.name}", one.commit, one.author, one.message) for one in _refs(call, "tags")]
    return table(columns("name path commit_hash author message"), rows)


def _refs(call: Call, kind: str) -> list[Ref]:
    like = like_pattern(call.reader.text()) if call.reader.accept("LIKE") else ".*"
    call.reader.expect("IN")
    call.reader.accept("GIT REPOSITORY")
    thing = call.named(GitRepository, "READ")
    call.reader.end()
    found = refs(call.catalogue.folders / thing.body.folder / "mirror.git")
    return [one for one in found if one.kind == kind and re.fullmatch(like, one.name, re.IGNORECASE)]


GIT_REPOSITORIES = Kind(
    body=GitRepository,
    words="GIT REPOSITORY",
    plural="GIT REPOSITORIES",
    privileges=frozenset({"READ", "WRITE"}),
    columns=COLUMNS,
    row=_row,
    describe=_describe,
    create=_create,
    settable=_SETTABLE,
    unsettable=("GIT_CREDENTIALS", "COMMENT"),
    checked=_checked,
    actions={"FETCH": _fetch},
)
