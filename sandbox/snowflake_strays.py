"""What became of interrupted creations in Snowflake, looked up in the local account."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping

from sandbox.invocation import command
from sandbox.local_api import Json
from sandbox.local_snowflake import Snowflake
from sandbox.pending import PendingCreation

# By the resource's type: the kind as the account lists it, and the words of its DROP where they are others.
_KINDS = {
    "AccountRole": "ROLE",
    "ComputePool": "COMPUTE POOL",
    "ExternalAccessIntegration": "INTEGRATION",
    "FunctionPython": "FUNCTION",
    "GitRepository": "GIT REPOSITORY",
    "NetworkRule": "NETWORK RULE",
    "Schema": "SCHEMA",
    "StageInternal": "STAGE",
    "Warehouse": "WAREHOUSE",
}
_CREATED = re.compile(r'CREATE (?P<kind>STREAMLIT|SECRET) (?P<name>"[^"]+"\."[^"]+"\."[^"]+")')
_LIVE = re.compile(r'ALTER STREAMLIT (?P<name>"[^"]+"\."[^"]+"\."[^"]+") ADD LIVE VERSION')


def fates(snowflake: Snowflake, pending: Iterable[PendingCreation]) -> Iterable[str]:
    """For each creation that must not run twice, whether the object exists, and what to do about it."""
    objects = snowflake.objects() or {}
    for creation in pending:
        if (kind_and_name := _object(creation)) is not None:
            yield _fate(*kind_and_name, objects)
        elif live := _LIVE.match(_statement(creation)):
            yield _anew(live["name"])


def _object(creation: PendingCreation) -> tuple[str, str] | None:
    """Kind and name of what was being created, `DATABASE.SCHEMA.NAME`; None for what may run twice."""
    kind = creation.kind.rpartition(":")[2]
    if created := _CREATED.match(_statement(creation)):
        return created["kind"], created["name"].replace('"', "")
    listed = "SECRET" if kind.startswith("SecretWith") else _KINDS.get(kind)
    if listed is None:
        return None
    parts = (creation.inputs.get(part) for part in ("database", "schema", "name"))
    return listed, ".".join(str(part) for part in parts if part)


def _statement(creation: PendingCreation) -> str:
    return str(creation.inputs.get("execute") or "")


def _fate(kind: str, name: str, objects: Mapping[str, list[Json]]) -> str:
    # Functions are listed with their arguments and what they return.
    if not any(one["name"].partition("(")[0] == name for one in objects.get(kind, [])):
        return f"The {kind.lower()} `{name}` does not exist: it was not created."
    words = "EXTERNAL ACCESS INTEGRATION" if kind == "INTEGRATION" else kind
    drop = shlex.quote(f"DROP {words} {name}{'()' if kind == 'FUNCTION' else ''}")
    return (
        f"There is the {kind.lower()} `{name}`, which the state does not know. Drop it and run again:\n"
        f'  eval "$({command()} env)"; .venv/snowflake/bin/snow sql --temporary-connection -q {drop}'
    )


def _anew(name: str) -> str:
    app = name.replace('"', "").rpartition(".")[2].lower().replace("_", "-")
    return (
        f"The live version of {name} may exist, and cannot be made twice. Make the object anew afterwards:\n"
        f"  {command()} pulumi up --yes --replace '**StreamlitApp$snowflake:index/execute:Execute::{app}'"
    )
