"""The files that a statement copies from: a stage, a version of an app, or a Git repository."""

from __future__ import annotations

from pathlib import Path as File

from sandbox.snowflake_api import refusals
from sandbox.snowflake_api.addresses import Address, address
from sandbox.snowflake_api.call import Call
from sandbox.snowflake_api.folders import entries, root
from sandbox.snowflake_api.git_files import files_at
from sandbox.snowflake_api.names import quoted
from sandbox.snowflake_api.things import GitRepository, Stage, Streamlit


def files_of(call: Call, text: str) -> tuple[tuple[str, File], ...]:
    """Every file below an address, by its path relative to it."""
    if not text.startswith(("@", "snow://")):
        text = f"@{text}"
    return below(call, address(call, text.rstrip("/") + "/"))


def below(call: Call, at: Address) -> tuple[tuple[str, File], ...]:
    """The files at an address that may be read: relative to it where it is a folder, else by their own names."""
    may_read(call, at)
    if isinstance(at.holder.body, GitRepository):
        return files_at(call.catalogue, at.holder, at.path)
    folder, prefix = root(call.catalogue, at)
    start = prefix.rpartition("/")[0] + "/" if "/" in prefix else ""
    return tuple((one.path.removeprefix(start), one.file) for one in entries(folder, prefix))


def may_read(call: Call, at: Address) -> None:
    needed = "OWNERSHIP" if isinstance(at.holder.body, Streamlit) else "READ"
    if not call.may(at.holder, needed):
        raise refusals.insufficient(at.holder.kind, quoted(at.holder.name))


def may_write(call: Call, at: Address) -> None:
    needed = "WRITE" if isinstance(at.holder.body, Stage) else "OWNERSHIP"
    if not call.may(at.holder, needed):
        raise refusals.insufficient(at.holder.kind, quoted(at.holder.name))
