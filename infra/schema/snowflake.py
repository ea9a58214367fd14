"""`snowflake` of an app: how it runs there, what it may call, and which secrets it gets."""

from __future__ import annotations

from dataclasses import dataclass

from infra.records import MapOf, Record, Table, key
from infra.schema.words import IDENTIFIER, QUALIFIED, SECRET_TYPES, SEGMENT, VALUE
from infra.shapes import Flag, ListOf, OneOf, Place, Text, Word

# Snowflake takes one `*`, for a single label, and no addresses (docs.snowflake.com, CREATE NETWORK RULE).
EXTERNAL_HOST = Text(
    "a host name, with a port if it is not 443",
    r"(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]([a-z0-9-]*[a-z0-9])?(:[0-9]{1,5})?",
    "api.example.com",
)
PYTHON_FILE = Text(
    "a Python file, by its path in `source`", rf"({SEGMENT}/)*[A-Za-z0-9_][A-Za-z0-9_.-]*\.py", "streamlit_app.py"
)
REPOSITORY = Text("an https URL of a Git repository", r"https://[^\s@]+", "https://github.com/example/apps.git")
COMMIT = Text("a commit id of 40 hexadecimal digits", r"[0-9a-f]{40}", "5f0c9b1e7a3d4c2f8e6b0a9d1c3e5f70a1b2c3d4")
TAG = Text("a tag", r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", "v1.4.0")


@dataclass(frozen=True)
class SecretObject:
    """A secret of a Snowflake app. Its value is in the stack files, encrypted."""

    at: Place
    type: Word = key(OneOf(SECRET_TYPES), "The type of the Snowflake secret.", required=True)
    deliver: Word | None = key(
        OneOf(("object", "function")),
        "`object`: attached to the STREAMLIT object; `function`: read by a secret UDF, which only the role of the app "
        "may call. If left out, `object` wherever the runtime can read it, else `function`.",
    )
    integration: Word | None = key(
        IDENTIFIER, "The security integration that stands behind it (oauth2-…, cloud-provider-token); it must exist."
    )
    scopes: tuple[Word, ...] = key(ListOf(VALUE), "What to ask for (oauth2-client-credentials).", default=())
    rotated_outside: bool | None = key(
        Flag(),
        "`true`: somebody else sets the value in Snowflake. It is created with a placeholder, and never set again.",
    )


@dataclass(frozen=True)
class Git:
    """Where Snowflake itself fetches an app's files from; either `commit` or `tag` is written (held by `checks`)."""

    at: Place
    repository: Word = key(REPOSITORY, "The repository; `source` is the folder in it.", required=True)
    commit: Word | None = key(COMMIT, "The commit that is deployed.")
    tag: Word | None = key(TAG, "The tag that is deployed.")


@dataclass(frozen=True)
class Snowflake:
    """How an app runs in Snowflake."""

    at: Place
    runtime: Word = key(OneOf(("warehouse", "container")), "Where the app runs.", required=True)
    query_warehouse: Word = key(
        IDENTIFIER, "The warehouse that runs its queries: one of the stack's `warehouses`, or one that exists.",
        required=True, apart=True,
    )  # fmt: skip
    compute_pool: Word | None = key(
        IDENTIFIER, "The compute pool of a container app: one of the stack's `computePools`, or one that exists."
    )
    main_file: Word | None = key(PYTHON_FILE, "The file to run; `streamlit_app.py` if left out.")
    git: Git | None = key(Record(Git), "Fetch the files from a Git repository instead of uploading them from here.")
    artifact_repositories: tuple[Word, ...] = key(
        ListOf(QUALIFIED), "Where a container app's packages come from; those of the image if left out.", default=()
    )
    external_hosts: tuple[Word, ...] = key(
        ListOf(EXTERNAL_HOST), "Hosts outside Snowflake that the app calls; nothing else is open to it.", default=()
    )
    secrets: Table[SecretObject] = key(
        MapOf(IDENTIFIER, Record(SecretObject)), "Secrets by the name that the app asks for them with.", default=Table()
    )
